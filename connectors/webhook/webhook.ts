/** The webhook receiver: an agency calls the hub whenever something happens. */
import type { Connector } from '../../hub/connector.js';
import { receiveRequest } from './receive.js';
import { webhookSettings, type WebhookSettings } from './settings.js';

export const webhook: Connector<WebhookSettings> = {
  name: 'webhook',
  version: '1.0.0',
  summary: 'Penerima panggilan HTTP bertanda tangan dari sistem perangkat daerah.',
  settings: webhookSettings,
  // There is no other side to reach: the agency comes to the hub.
  check: () => Promise.resolve(),
  receive: receiveRequest,
};
