import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ConnectorContext, SourceBatch } from '../../hub/connector.js';
import { CredentialError, RetriableError } from '../../hub/errors.js';
import type { Json } from '../../hub/record.js';
import { testReadme } from '../../test/contract/readme.js';
import { testSource } from '../../test/contract/source.js';
import { bkd } from './bkd.js';
import { type BkdSimulator, type PaymentOrder, startBkdSimulator } from './simulator.js';

let simulator: BkdSimulator;
const context: ConnectorContext = { instance: 'bkd-perintah-bayar', owner: 'bkd', signal: new AbortController().signal, logger: { debug() {}, info() {}, warn() {}, error() {} }, now: () => new Date(), files: '/nonexistent', keys: async () => [] };
const order = (id: string, lines: number, count = lines): PaymentOrder => ({ id_batch: id, nomor_sp2d: 'S1', tanggal: '2026-11-02', rekening_sumber: '001', jumlah_baris: count, total: '10.00', baris: Array.from({ length: lines }, (_, i) => ({ nip: `N${i + 1}`, jumlah: '5.00' })) });

testReadme(bkd, new URL('./README.md', import.meta.url));

testSource('bkd', {
  connector: bkd,
  faulty: { settings: { url: 'x', password: '', akun: 'hub' }, paths: ['settings.url', 'settings.username', 'settings.password', 'settings.akun'] },
  async open(count) {
    const other = await startBkdSimulator();
    // Each order is its head and four lines.
    for (let n = 0; n < count / 5; n++) other.orders.push(order(`B${n}`, 4));
    return {
      settings: { url: other.url, ...other.credentials },
      expected: Array.from({ length: count }, (_, n) => `B${Math.floor(n / 5)}:${n % 5}`),
      identity: (record) => record.id!,
      async breakOne() {
        other.orders[1] = order('B1', 3, 4);
        return count - 5;
      },
      refuse: async () => void (other.credentials.password = 'lain'),
      async overload() {
        other.faults.retryAfter = 7;
        return { retryAfter: 7 };
      },
      stall: async () => void (other.faults.silent = true),
      breakOff: async () => void (other.faults.breakOff = 2),
      close: other.close,
    };
  },
}, ['preview']);

beforeEach(async () => {
  simulator = await startBkdSimulator();
});
afterEach(() => simulator.close());

async function readAll(position?: Json, settings = { url: simulator.url, ...simulator.credentials }): Promise<SourceBatch[]> {
  const batches: SourceBatch[] = [];
  for await (const batch of bkd.read!(settings, position, context)) batches.push(batch);
  return batches;
}

test('an order becomes its head and its lines, in one batch; reading goes on with the next order', async () => {
  simulator.orders.push(order('B1', 2), order('B2', 1));
  const batches = await readAll();
  expect(batches[0]!.records.map(({ id, value }) => [id, value.jenis, value.id_batch, value.nomor_urut, value.nip])).toEqual([
    ['B1:0', 'KEPALA', 'B1', undefined, undefined],
    ['B1:1', 'BARIS', 'B1', 1, 'N1'],
    ['B1:2', 'BARIS', 'B1', 2, 'N2'],
  ]);
  expect((await readAll(batches[0]!.position)).flatMap((batch) => batch.records.map((record) => record.id))).toEqual(['B2:0', 'B2:1']);
  expect(await readAll(batches[1]!.position)).toEqual([]);
});

test('an order with fewer lines than its head says is one broken record, and none of its lines passes', async () => {
  simulator.orders.push(order('B1', 1, 2), order('B2', 1));
  const records = (await readAll()).flatMap((batch) => batch.records);
  expect(records.map((record) => record.id)).toEqual(['B1:0', 'B2:0', 'B2:1']);
  expect(records[0]!.faults![0]!.message).toBe('seluruh batch ditolak: kepala batch menyebut 2 baris, isinya 1');
});

test('refused credentials, a busy service and a lost network are told apart', async () => {
  await expect(readAll(undefined, { url: simulator.url, username: 'hub', password: 'salah' })).rejects.toBeInstanceOf(CredentialError);
  simulator.faults.retryAfter = 30;
  await expect(readAll()).rejects.toMatchObject({ constructor: RetriableError, retryAfter: 30 });
  simulator.faults.down = true;
  await expect(readAll()).rejects.toBeInstanceOf(RetriableError);
});
