/** The BKN connector: ASN data from SIASN, and proposals to it. */
import type { Connector } from '../../hub/connector.js';
import { readAsn } from './asn.js';
import { createClient } from './client.js';
import { bknSettings, type BknSettings } from './settings.js';
import { writeUsulan } from './usulan.js';

export const bkn: Connector<BknSettings> = {
  name: 'bkn',
  version: '1.0.0',
  summary: 'SIASN BKN: data utama dan riwayat ASN per NIP, dan pengiriman usulan jabatan.',
  settings: bknSettings,
  idempotent: 'key',
  async check(settings, context) {
    // Any NIP proves that both tokens are accepted; nobody has this one.
    await createClient(settings, context.now).get('/pns/data-utama/000000000000000000', context.signal);
  },
  read: readAsn,
  write: writeUsulan,
};
