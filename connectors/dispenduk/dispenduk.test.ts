import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ConnectorContext, SourceBatch } from '../../hub/connector.js';
import { CredentialError, RetriableError } from '../../hub/errors.js';
import type { Json, JsonObject } from '../../hub/record.js';
import { testReadme } from '../../test/contract/readme.js';
import { testSink } from '../../test/contract/sink.js';
import { testSource } from '../../test/contract/source.js';
import { dispenduk } from './dispenduk.js';
import { dispendukSettings, type DispendukSettings } from './settings.js';
import { type DispendukSimulator, startDispendukSimulator } from './simulator.js';

/** One of them registered in Papua: its NIK does not fit a JavaScript number. */
const NIKS = ['5371014107900001', '9171014107900003', '9999999999999999'];
let simulator: DispendukSimulator;
let settings: DispendukSettings;
let context: ConnectorContext;
let clock: Date;

const settingsOf = (of: DispendukSimulator) => ({ url: `${of.url}/dukcapil/get_json/53-71/kominfo`, userId: of.credentials.userId, password: of.credentials.password, ip: of.credentials.ip });
const FAULTY = { settings: { url: 'x', userId: 'u', password: '', ipField: 'ip', threshold: 101, quota: 0, call: 'A B', PKS: 1 }, paths: ['url', 'password', 'ip', 'ipField', 'threshold', 'quota', 'call', 'PKS'].map((path) => `settings.${path}`) };
const nikOf = (n: number): string => `53710141079000${String(n + 1).padStart(2, '0')}`;
const peopleOf = (count: number) => new Map(Array.from({ length: count }, (_, n) => [nikOf(n), { NIK: nikOf(n), NAMA_LGKP: `UJI ${n}` } as JsonObject]));
const faultsOf = (other: DispendukSimulator) => ({
  refuse: async () => void (other.credentials.password = 'lain'),
  async overload() {
    // As the service says it: HTTP 200 with a text. From 10.00 WITA it is 14 hours and a minute until the next day.
    other.dukcapil.quota = 0;
    return { retryAfter: 14 * 3600 + 60 };
  },
  stall: async () => void (other.faults.silent = true),
  breakOff: async () => void (other.faults.breakOff = 3),
  close: other.close,
});

testReadme(dispenduk, new URL('./README.md', import.meta.url));

testSource('dispenduk', {
  connector: dispenduk,
  rereads: true,
  faulty: FAULTY,
  async open(count) {
    const people = peopleOf(count);
    const other = await startDispendukSimulator({ residents: people });
    return {
      settings: settingsOf(other),
      keys: async (_topic, after, limit) => [...people.keys()].filter((nik) => nik > (after ?? '')).slice(0, limit),
      expected: [...people.keys()],
      identity: (record) => String(record.value.NIK),
      async breakOne() {
        people.set(nikOf(6), 'rusak' as unknown as JsonObject);
        return count - 1;
      },
      ...faultsOf(other),
    };
  },
}, ['preview']);

testSink('dispenduk', {
  connector: dispenduk,
  faulty: FAULTY,
  async open() {
    const other = await startDispendukSimulator({ residents: peopleOf(15) });
    return {
      settings: settingsOf(other),
      value: (n) => ({ id: `P${n}`, NIK: nikOf(n), NAMA_LGKP: `Uji ${n}` }),
      stored: async () => [...other.verified].map((nik) => `k${Number(nik.slice(-2)) - 1}`),
      ...faultsOf(other),
    };
  },
}, ['bad', 'deletes']);

beforeEach(async () => {
  clock = new Date('2026-11-24T02:00:00Z'); // 10.00 WITA
  simulator = await startDispendukSimulator({ residents: new Map(NIKS.slice(0, 2).map((NIK) => [NIK, { NIK, NO_KK: '5371010101200001', NAMA_LGKP: 'UJI SATU', TGL_LHR: '1990-07-01', NO_KEC: 2 }])), now: () => clock });
  settings = dispendukSettings.parse(settingsOf(simulator));
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
    // A hub that starts anew on the same day asks nothing, and does not begin the round again.
    const again = dispenduk.read!(settings, seen[0]!.position, context)[Symbol.asyncIterator]();
    await expect(again.next()).rejects.toMatchObject({ constructor: RetriableError, retryAfter: 14 * 3600 + 60 });
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
