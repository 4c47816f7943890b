import { appendFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import type { ConnectorContext, Receipt } from '../../hub/connector.js';
import type { JsonObject } from '../../hub/record.js';
import { testContext } from '../../test/contract/context.js';
import { testReadme } from '../../test/contract/readme.js';
import { testSink } from '../../test/contract/sink.js';
import { bank } from './bank.js';

testReadme(bank, new URL('./README.md', import.meta.url));

testSink('bank', {
  connector: bank,
  faulty: { settings: { prefix: 'a/b', nama: 'x' }, paths: ['settings.folder', 'settings.prefix', 'settings.nama'] },
  async open() {
    const files = await mkdtemp(join(tmpdir(), 'sasando-bank-'));
    // The heads of fifteen batches of one line are there already: each record completes a batch, which is issued.
    const heads = Array.from({ length: 15 }, (_, n) => header({ id_batch: `B${n}`, nomor_sp2d: `k${n}`, jumlah_baris: 1, total: '100.00', nilai_sp2d: '100.00' }));
    await bank.write!({ folder: 'bank', prefix: 'BNTT' }, { topic: 'uji.catatan', partition: 1, nextOffset: 15, records: heads.map((value, at) => ({ topic: 'uji.catatan', partition: 1, offset: at, key: `B${at}`, id: `b${at}`, time: 0, value })) }, testContext({ files }));
    return {
      settings: { folder: 'bank' },
      files,
      value: (n) => line(1, { id_batch: `B${n}` }),
      bad: (n) => line(1, { id_batch: `B${n}`, jumlah: '99.00' }),
      badPath: 'total',
      async stored() {
        const names = (await readdir(join(files, 'bank'))).filter((name) => name.endsWith('.csv'));
        return names.map((name) => name.slice('BNTT-'.length, -'.csv'.length)).sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
      },
      close: () => rm(files, { recursive: true }),
    };
  },
}, ['deletes', 'refuse', 'overload', 'stall', 'breakOff']);

let context: ConnectorContext;
let folder: string;
const settings = { folder: 'bank', prefix: 'BNTT' };

beforeEach(async () => {
  const files = await mkdtemp(join(tmpdir(), 'sasando-bank-'));
  folder = join(files, 'bank');
  context = { instance: 'bank-batch', owner: 'bkd', signal: new AbortController().signal, logger: { debug() {}, info() {}, warn() {}, error() {} }, now: () => new Date(), files, keys: async () => [] };
});

const header = (more: JsonObject = {}): JsonObject => ({ jenis: 'KEPALA', id_batch: 'B1', nomor_sp2d: '53.71/04.0/000003/LS', tanggal: '2026-11-02', rekening_sumber: '0010000001', jumlah_baris: 2, total: '300.00', nilai_sp2d: '300.00', ...more });
const line = (n: number, more: JsonObject = {}): JsonObject => ({ jenis: 'BARIS', id_batch: 'B1', nomor_urut: n, nip: `19900101201501100${n}`, nama: `Uji ${n}`, kode_bank: '130', rekening: `000000000${n}`, jumlah: n === 1 ? '100.00' : '200.00', keterangan: 'Gaji', ...more });

let offset = 0;
async function send(...values: JsonObject[]): Promise<Receipt[]> {
  const records = values.map((value) => ({ topic: 'keuangan.perintah_bayar', partition: 0, offset: offset++, key: 'B1', id: `r${offset}`, time: 0, value }));
  return bank.write!(settings, { topic: 'keuangan.perintah_bayar', partition: 0, records, nextOffset: offset }, context);
}
const issued = async () => (await readdir(folder)).filter((name) => name.endsWith('.csv'));

test('a batch equal to its SP2D is written once, with count and total, when its last line is there', async () => {
  expect(await send(header(), line(1))).toEqual([{ outcome: 'delivered' }, { outcome: 'delivered' }]);
  expect(await issued()).toEqual([]);
  expect(await send(line(2))).toEqual([{ outcome: 'delivered' }]);
  expect(await issued()).toEqual(['BNTT-53.71-04.0-000003-LS.csv']);
  expect(await readFile(join(folder, 'BNTT-53.71-04.0-000003-LS.csv'), 'utf8')).toBe(
    'P;20261102;0010000001;2;300.00;53.71/04.0/000003/LS\r\n1;130;0000000001;Uji 1;100.00;Gaji;199001012015011001\r\n2;130;0000000002;Uji 2;200.00;Gaji;199001012015011002\r\n',
  );
});

test('the same batch sent again, whole or cut otherwise, is not issued again', async () => {
  await send(header(), line(1), line(2));
  const before = await readFile(join(folder, 'BNTT-53.71-04.0-000003-LS.csv.kontrol.json'), 'utf8');
  expect(await send(header())).toEqual([{ outcome: 'delivered' }]);
  expect(await send(line(1), line(2))).toEqual([{ outcome: 'delivered' }, { outcome: 'delivered' }]);
  expect(await issued()).toHaveLength(1);
  expect(await readFile(join(folder, 'BNTT-53.71-04.0-000003-LS.csv.kontrol.json'), 'utf8')).toBe(before);
});

test.each([
  ['no line at all', [header({ jumlah_baris: 0, total: '0.00', nilai_sp2d: '0.00' })], 'kepala batch menyebut tidak ada baris'],
  ['a line too many', [header(), line(1), line(2), line(3, { jumlah: '0.00' })], 'kepala batch menyebut 2 baris, yang datang 3'],
  ['another total than its lines', [header({ total: '301.00', nilai_sp2d: '301.00' }), line(1), line(2)], 'jumlah semua baris Rp 300,00, kepala batch menyebut Rp 301,00'],
  ['another total than the SP2D', [header({ nilai_sp2d: '299.99' }), line(1), line(2)], 'total batch Rp 300,00, nilai SP2D Rp 299,99'],
  ['an SP2D nobody knows', [header({ nilai_sp2d: null }), line(1), line(2)], 'SP2D 53.71/04.0/000003/LS tidak dikenal'],
  ['a line that takes back', [header(), line(1, { jumlah: '-100.00' }), line(2, { jumlah: '400.00' })], 'baris nomor 1 bernilai negatif'],
  ['a line of another SP2D', [header(), line(1, { nomor_sp2d: 'S9' }), line(2)], 'baris nomor 1 untuk SP2D S9, kepala batch untuk SP2D 53.71/04.0/000003/LS'],
  ['an SP2D that was cancelled', [header({ sp2d_dibatalkan: '2026-11-01T00:00:00.000Z' }), line(1), line(2)], 'SP2D 53.71/04.0/000003/LS sudah dibatalkan'],
  ['a head that contradicts itself', [header(), line(1), header({ nomor_sp2d: 'S2' }), line(2)], 'kepala batch datang dua kali dengan isi berbeda'],
  ['a line that contradicts itself', [header(), line(1), line(1, { jumlah: '200.00' })], 'baris nomor 1 datang dua kali dengan isi berbeda'],
])('a batch with %s is refused whole', async (_, records, reason) => {
  const receipts = await send(...records);
  expect(receipts.at(-1)).toMatchObject({ outcome: 'rejected', faults: [{ message: `seluruh batch ditolak: ${reason}` }] });
  expect(receipts.slice(0, -1).every((receipt) => receipt.outcome === 'delivered')).toBe(true);
  expect(await issued()).toEqual([]);
});

test('a refused batch stays refused when the rest of it arrives', async () => {
  await send(header(), line(1));
  await send(line(1, { jumlah: '200.00' }));
  expect(await send(line(2))).toMatchObject([{ outcome: 'rejected' }]);
  expect(await issued()).toEqual([]);
});

test('a second batch for an SP2D that was already sent to the bank is refused', async () => {
  await send(header(), line(1), line(2));
  const receipts = await send(header({ id_batch: 'B2' }), line(1, { id_batch: 'B2', rekening: '9999999999' }), line(2, { id_batch: 'B2' }));
  expect(receipts[2]).toMatchObject({ outcome: 'rejected', faults: [{ message: 'seluruh batch ditolak: SP2D 53.71/04.0/000003/LS sudah dikirim ke bank dengan batch B1' }] });
});

test('a head that comes again for another SP2D does not pay the same lines once more', async () => {
  await send(header(), line(1), line(2));
  expect(await send(header({ nomor_sp2d: 'S2' }))).toMatchObject([{ outcome: 'rejected', faults: [{ message: 'batch ini sudah menjadi berkas untuk bank dan tidak diubah: kepala batch datang dua kali dengan isi berbeda' }] }]);
  expect(await issued()).toEqual(['BNTT-53.71-04.0-000003-LS.csv']);
});

test('what comes late for a batch that is out is told, and the batch is not called refused', async () => {
  await send(header(), line(1), line(2));
  expect(await send(line(1, { rekening: '9999999999' }), line(3, { jumlah: '1.00' }))).toMatchObject([
    { outcome: 'delivered' },
    { outcome: 'rejected', faults: [{ message: expect.stringMatching(/^batch ini sudah menjadi berkas .*: baris nomor 1 datang dua kali/) }, { message: expect.stringMatching(/^batch ini sudah menjadi berkas .*: baris nomor 3 tidak ada di dalamnya$/) }] },
  ]);
  expect(await send(header({ nilai_sp2d: '999.00' }), line(2))).toEqual([{ outcome: 'delivered' }, { outcome: 'delivered' }]);
});

test('a batch that the bank took away with its control file is not issued again, nor is its SP2D to another batch', async () => {
  await send(header(), line(1), line(2));
  for (const name of await readdir(folder)) if (name.startsWith('BNTT')) await rm(join(folder, name));
  expect(await send(header(), line(1), line(2))).toMatchObject([{ outcome: 'delivered' }, { outcome: 'delivered' }, { outcome: 'delivered' }]);
  expect((await send(header({ id_batch: 'B2' }), line(1, { id_batch: 'B2', rekening: '9999999999' }), line(2, { id_batch: 'B2' })))[2]).toMatchObject({ outcome: 'rejected' });
  expect(await issued()).toEqual([]);
});

test('killed before the control file, the hub writes it for the file that lies there', async () => {
  await send(header(), line(1), line(2));
  const control = join(folder, 'BNTT-53.71-04.0-000003-LS.csv.kontrol.json');
  const before = await readFile(control, 'utf8');
  await rm(control);
  await send(line(2));
  expect(await readFile(control, 'utf8')).toBe(before);
});

test('two SP2D whose numbers give one name of a file: the second waits for people', async () => {
  await send(header({ nomor_sp2d: 'S/1' }), line(1), line(2));
  const receipts = await send(header({ id_batch: 'B2', nomor_sp2d: 'S-1' }), line(1, { id_batch: 'B2' }), line(2, { id_batch: 'B2' }));
  expect(receipts[2]).toMatchObject({ outcome: 'rejected', faults: [{ message: 'seluruh batch ditolak: berkas BNTT-S-1.csv sudah dipakai untuk SP2D S/1' }] });
});

test('no name ends a line of the file early, or turns what follows', async () => {
  await send(header({ jumlah_baris: 1, total: '100.00', nilai_sp2d: '100.00' }), line(1, { nama: 'A\u2028B\u0085C\u000bD\u202eE;F\u0000G' }));
  expect((await readFile(join(folder, 'BNTT-53.71-04.0-000003-LS.csv'), 'utf8')).split('\r\n')[1]).toBe('1;130;0000000001;A B C D E F G;100.00;Gaji;199001012015011001');
});

test('a store cut short by a power failure is completed by the records that come again', async () => {
  await send(header(), line(1));
  const [store] = await readdir(join(folder, '.batch'));
  await appendFile(join(folder, '.batch', store!), '{"jenis":"BARIS","id_batch":"B1","nomor_u');
  await send(header(), line(1), line(2));
  expect(await issued()).toHaveLength(1);
});
