import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ConnectorContext, SourceBatch } from '../../hub/connector.js';
import { CredentialError, RetriableError } from '../../hub/errors.js';
import type { Json, JsonObject } from '../../hub/record.js';
import { testReadme } from '../../test/contract/readme.js';
import { testSink } from '../../test/contract/sink.js';
import { testSource } from '../../test/contract/source.js';
import { bkn } from './bkn.js';
import { bknSettings, type BknSettings } from './settings.js';
import { type BknSimulator, type SiasnFile, startBknSimulator } from './simulator.js';

const NIPS = ['197001011995031001', '198502022010012002', '199003032020121003'];
let simulator: BknSimulator;
let settings: BknSettings;
let context: ConnectorContext;
let clock: Date;

const fileOf = (nip: string): SiasnFile => ({
  dataUtama: { id: `pns-${nip}`, nipBaru: nip, nama: `Uji ${nip.slice(-1)}`, tglLahir: '01-01-1970', tglMeninggal: '01-01-0001' },
  riwayatJabatan: [{ id: `rj-${nip}`, idPns: `pns-${nip}`, nipBaru: nip, nomorSk: '821/01', tanggalSk: '01-02-2020', tmtJabatan: '01-03-2020' }],
  riwayatGolongan: [],
});

const settingsOf = (of: BknSimulator) => ({ url: `${of.url}/apisiasn/1.0`, gatewayTokenUrl: `${of.url}/oauth2/token`, ssoTokenUrl: `${of.url}/auth/token`, ...of.credentials, perMinute: 6000 });
const FAULTY = { settings: { ...settingsOf({ url: 'http://x', credentials: {} } as BknSimulator), ssoTokenUrl: 'x', perMinute: 0, feeds: ['keluarga'], kunci: 'x' }, paths: ['consumerKey', 'consumerSecret', 'ssoClientId', 'username', 'password', 'ssoTokenUrl', 'perMinute', 'feeds.0', 'kunci'].map((path) => `settings.${path}`) };
const nipOf = (n: number): string => `1990010120150110${String(n).padStart(2, '0')}`;
const filesOf = (count: number) => new Map(Array.from({ length: count }, (_, n) => [nipOf(n), fileOf(nipOf(n))]));
const faultsOf = (other: BknSimulator, breakOff: number) => ({
  refuse: async () => void (other.credentials.password = 'lain'),
  async overload() {
    other.faults.retryAfter = 7;
    return { retryAfter: 7 };
  },
  stall: async () => void (other.faults.silent = true),
  breakOff: async () => void (other.faults.breakOff = breakOff),
  close: other.close,
});

testReadme(bkn, new URL('./README.md', import.meta.url));

testSource('bkn', {
  connector: bkn,
  rereads: true,
  faulty: FAULTY,
  async open(count) {
    const files = filesOf(count);
    const other = await startBknSimulator({ files, now: () => new Date('2026-11-24T02:00:00Z') });
    return {
      settings: { ...settingsOf(other), feeds: ['asn'] },
      keys: async (_topic, after, limit) => [...files.keys()].filter((nip) => nip > (after ?? '')).slice(0, limit),
      expected: [...files.keys()],
      identity: (record) => String(record.value.nipBaru),
      async breakOne() {
        files.set(nipOf(6), { ...fileOf(nipOf(6)), dataUtama: 'rusak' as unknown as JsonObject });
        return count - 1;
      },
      ...faultsOf(other, 5),
    };
  },
}, ['preview']);

testSink('bkn', {
  connector: bkn,
  faulty: FAULTY,
  async open() {
    const files = filesOf(15);
    const other = await startBknSimulator({ files, now: () => new Date('2026-11-24T02:00:00Z') });
    const value = (n: number): JsonObject => ({ id_usulan: `k${n}`, nip: nipOf(n), pnsId: `pns-${nipOf(n)}`, nomorSk: `k${n}`, tanggalSk: '02-11-2026', tmtJabatan: '01-12-2026' });
    return {
      settings: settingsOf(other),
      value,
      bad: (n) => ({ ...value(n), pnsId: 'siapa' }),
      stored: async () => [...files.values()].flatMap((file) => file.riwayatJabatan.map((row) => String(row.nomorSk)).filter((number) => number.startsWith('k'))),
      // Two tokens, then history and save of each: the second proposal is saved and its answer is lost.
      ...faultsOf(other, 6),
    };
  },
}, ['deletes']);

beforeEach(async () => {
  clock = new Date('2026-11-24T00:00:00Z');
  simulator = await startBknSimulator({ files: new Map(NIPS.slice(0, 2).map((nip) => [nip, fileOf(nip)])), now: () => clock });
  settings = bknSettings.parse(settingsOf(simulator));
  context = {
    instance: 'bkn-asn', owner: 'bkn', signal: new AbortController().signal, logger: { debug() {}, info() {}, warn() {}, error() {} }, now: () => clock, files: '/nonexistent',
    keys: async (_topic, after, limit) => NIPS.filter((nip) => nip > (after ?? '')).slice(0, limit),
  };
});
afterEach(() => simulator.close());

async function readAll(position?: Json): Promise<SourceBatch[]> {
  const batches: SourceBatch[] = [];
  for await (const batch of bkn.read!(settings, position, context)) batches.push(batch);
  return batches;
}

describe('reading', () => {
  test('asks for every NIP and all feeds; a NIP that BKN does not know gives nothing', async () => {
    const batches = await readAll();
    expect(batches.flatMap((batch) => batch.records.map((record) => [record.stream, record.value.nipBaru]))).toEqual([
      ['asn', NIPS[0]], ['riwayat_jabatan', NIPS[0]], ['asn', NIPS[1]], ['riwayat_jabatan', NIPS[1]],
    ]);
    expect(batches.at(-1)!.position).toEqual({});
  });

  test('goes on after the NIP that was done', async () => {
    expect((await readAll({ after: NIPS[0]! })).flatMap((batch) => batch.records.map((record) => record.value.nipBaru))).toEqual([NIPS[1], NIPS[1]]);
  });

  test('two tokens serve a whole round; expired ones are renewed without a fault', async () => {
    await readAll();
    expect(simulator.calls.token).toBe(2);
    simulator.expireTokens();
    await readAll();
    expect(simulator.calls.token).toBe(4);
  });

  test('keeps to the agreed pace', async () => {
    settings = { ...settings, perMinute: 600 };
    const start = Date.now();
    await readAll();
    expect(simulator.calls.data).toBe(9);
    expect(Date.now() - start).toBeGreaterThanOrEqual(800);
  });

  test('a used-up quota is waited for as long as BKN says', async () => {
    simulator.siasn.quota = 3;
    await expect(readAll()).rejects.toMatchObject({ constructor: RetriableError, retryAfter: 3600, message: 'Kuota BKN sementara habis; menunggu.' });
  });

  test('a refused secret stops the connector', async () => {
    settings = { ...settings, consumerSecret: 'salah' };
    await expect(bkn.check(settings, context)).rejects.toBeInstanceOf(CredentialError);
  });

  test('a machine that is gone is waited for', async () => {
    simulator.faults.down = true;
    await expect(readAll()).rejects.toBeInstanceOf(RetriableError);
  });

  test('stops within a second when told to', async () => {
    settings = { ...settings, perMinute: 1 };
    const controller = new AbortController();
    context = { ...context, signal: controller.signal };
    const reading = readAll();
    const start = Date.now();
    setTimeout(() => controller.abort(), 100);
    await expect(reading).rejects.toThrow();
    expect(Date.now() - start).toBeLessThan(1000);
  });
});

describe('proposals', () => {
  const proposal: JsonObject = { id_usulan: 'U1', nip: NIPS[0]!, pnsId: `pns-${NIPS[0]}`, nomorSk: '821/77', tanggalSk: '02-11-2026', tmtJabatan: '01-12-2026', jenisJabatan: '1', unorId: 'unor-9' };
  const send = (value: JsonObject) => bkn.write!(settings, { topic: 'kepegawaian.usulan', partition: 0, nextOffset: 1, records: [{ topic: 'kepegawaian.usulan', partition: 0, offset: 0, key: 'U1', id: 'e1', time: 0, value }] }, context);

  test('an accepted one returns the id BKN gave it', async () => {
    const [receipt] = await send(proposal);
    expect(receipt).toMatchObject({ outcome: 'delivered', reply: { value: { id_usulan: 'U1', nip: NIPS[0], status: 'DITERIMA', pesan: 'Berhasil disimpan', id_riwayat: expect.stringMatching(/^rwj-/) } } });
  });

  test('the same one again is not saved twice', async () => {
    const [first] = await send(proposal);
    const [again] = await send(proposal);
    expect(simulator.calls.save).toBe(1);
    expect(again!.reply!.value.id_riwayat).toBe(first!.reply!.value.id_riwayat);
  });

  test('a refused one becomes a case and the refusal goes back', async () => {
    simulator.siasn.refuseProposals = true;
    expect(await send(proposal)).toMatchObject([{ outcome: 'rejected', faults: [{ message: 'ditolak BKN: Gagal menyimpan' }], reply: { value: { id_usulan: 'U1', status: 'DITOLAK' } } }]);
  });
});
