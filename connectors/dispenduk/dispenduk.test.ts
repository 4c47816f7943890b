import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ConnectorContext, SourceBatch } from '../../hub/connector.js';
import { CredentialError, RetriableError } from '../../hub/errors.js';
import type { Json, JsonObject } from '../../hub/record.js';
import { dispenduk } from './dispenduk.js';
import { dispendukSettings, type DispendukSettings } from './settings.js';
import { type DispendukSimulator, startDispendukSimulator } from './simulator.js';

/** One of them registered in Papua: its NIK does not fit a JavaScript number. */
const NIKS = ['5371014107900001', '9171014107900003', '9999999999999999'];
let simulator: DispendukSimulator;
let settings: DispendukSettings;
let context: ConnectorContext;
let clock: Date;

beforeEach(async () => {
  clock = new Date('2026-11-24T02:00:00Z'); // 10.00 WITA
  simulator = await startDispendukSimulator({ residents: new Map(NIKS.slice(0, 2).map((NIK) => [NIK, { NIK, NO_KK: '5371010101200001', NAMA_LGKP: 'UJI SATU', TGL_LHR: '1990-07-01', NO_KEC: 2 }])), now: () => clock });
  settings = dispendukSettings.parse({ url: `${simulator.url}/dukcapil/get_json/53-71/kominfo`, userId: simulator.credentials.userId, password: simulator.credentials.password, ip: simulator.credentials.ip });
  context = {
    instance: 'dispenduk-nik', owner: 'dispenduk', signal: new AbortController().signal, logger: { debug() {}, info() {}, warn() {}, error() {} }, now: () => clock, files: '/nonexistent',
    keys: async (_topic, after, limit) => NIKS.filter((nik) => nik > (after ?? '')).slice(0, limit),
  };
});
afterEach(() => simulator.close());

async function readAll(position?: Json): Promise<SourceBatch[]> {
  const batches: SourceBatch[] = [];
  for await (const batch of dispenduk.read!(settings, position, context)) batches.push(batch);
  return batches;
}

describe('residents by NIK', () => {
  test('numbers keep their digits, also those that a JavaScript number cannot hold; an unknown NIK gives nothing', async () => {
    const [batch] = await readAll();
    expect(batch!.records.map((record) => String(record.value.NIK))).toEqual(['5371014107900001', '9171014107900003']);
  });

  test('the quota of the agreement is never exceeded, and goes on the next day in WITA', async () => {
    settings = { ...settings, quota: 2 };
    const seen: SourceBatch[] = [];
    const first = (async () => {
      for await (const batch of dispenduk.read!(settings, undefined, context)) seen.push(batch);
    })();
    // 14 hours and a minute until 00.01 WITA
    await expect(first).rejects.toMatchObject({ constructor: RetriableError, retryAfter: 14 * 3600 + 60 });
    expect(seen[0]!.position).toEqual({ after: '9171014107900003', day: '2026-11-24', calls: 2 });
    clock = new Date('2026-11-24T16:01:00Z');
    expect((await readAll(seen[0]!.position)).at(-1)!.position).toEqual({ day: '2026-11-25', calls: 1 });
  });

  test.each([
    ['the service says that the quota is used up', () => (simulator.dukcapil.quota = 0), RetriableError],
    ['the address is not registered', () => (simulator.dukcapil.wrongIp = true), CredentialError],
    ['the password is wrong', () => (settings = { ...settings, password: 'salah' }), CredentialError],
    ['the VPN is down', () => (simulator.faults.down = true), RetriableError],
  ])('when %s, the runtime is told by class', async (_, fault, kind) => {
    fault();
    await expect(readAll()).rejects.toBeInstanceOf(kind);
  });
});

test('a city that may only verify learns sesuai or tidak sesuai, and nothing else', async () => {
  const value: JsonObject = { id: 'P1', NIK: NIKS[0]!, NAMA_LGKP: 'Uji Satu', TGL_LHR: '1991-01-01' };
  const receipts = await dispenduk.write!(settings, { topic: 'layanan.permohonan', partition: 0, nextOffset: 1, records: [{ topic: 'layanan.permohonan', partition: 0, offset: 0, key: 'P1', id: 'e1', time: 0, value }] }, context);
  expect(receipts).toMatchObject([{ outcome: 'delivered', reply: { value: { id: 'P1', NIK: NIKS[0], ditemukan: true, NAMA_LGKP: 'SESUAI', TGL_LHR: 'TIDAK_SESUAI' } } }]);
});
