/** The REST connector: JSON services in both directions, configured only. */
import type { Connector, ConnectorContext } from '../../hub/connector.js';
import type { SourceRecord } from '../../hub/record.js';
import { clientOf } from './client.js';
import { exchange, judge } from './exchange.js';
import { firstPage } from './page.js';
import { restSettings, type RestSettings } from './settings.js';
import { createSince } from './since.js';
import { writeService } from './sink.js';
import { pageOf, readService, request } from './source.js';
import { authHeaders } from './token.js';

export const rest: Connector<RestSettings> = {
  name: 'rest',
  version: '1.0.0',
  summary: 'Layanan JSON melalui HTTP: dibaca halaman demi halaman, atau dikirimi catatan satu per satu maupun berkelompok.',
  settings: restSettings,
  idempotent: 'key',
  async check(settings, context) {
    if (settings.read) {
      const answer = await request(settings, settings.read, firstPage(settings.read.paging), createSince(settings.read.since, undefined, undefined, context.now()), context);
      pageOf(settings, settings.read, answer);
      return;
    }
    // Nothing may be written to prove a sink: its tokens and the way there are what can be proved.
    const client = clientOf(settings);
    await authHeaders(client.http, client.tokens, settings, context);
    const base = { method: 'GET', url: settings.baseUrl, shown: `GET ${new URL(settings.baseUrl).origin}` };
    const answer = await exchange(client.http, base, context);
    if (answer.status >= 500 || answer.status === 429) judge(answer, base, [], context);
  },
  read: readService,
  write: writeService,
  preview,
};

async function preview(settings: RestSettings, n: number, context: ConnectorContext): Promise<SourceRecord[]> {
  const records: SourceRecord[] = [];
  for await (const batch of readService(settings, undefined, context)) {
    records.push(...batch.records);
    if (records.length >= n) break;
  }
  return records.slice(0, n);
}
