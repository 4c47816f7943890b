/** What a full disk leaves behind. `/dev/full` is a device of Linux that takes nothing. */
import { createHash } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, readdir, readFile, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import type { ConnectorContext, Receipt } from '../../hub/connector.js';
import { RetriableError } from '../../hub/errors.js';
import type { JsonObject } from '../../hub/record.js';
import { testContext } from '../../test/contract/context.js';
import { bank } from './bank.js';

let files: string;
let folder: string;
let context: ConnectorContext;
beforeEach(async () => {
  files = await mkdtemp(join(tmpdir(), 'sasando-bank-disk-'));
  folder = join(files, 'bank');
  await mkdir(folder);
  context = testContext({ files });
});
const HEAD = { jenis: 'KEPALA', id_batch: 'B1', nomor_sp2d: 'S1', tanggal: '2026-11-24', rekening_sumber: '001', jumlah_baris: 1, total: '100.00', nilai_sp2d: '100.00' };
const LINE = { jenis: 'BARIS', id_batch: 'B1', nomor_urut: 1, nip: '199001012015011001', nama: 'Uji}', kode_bank: '130', rekening: '002', jumlah: '100.00', keterangan: 'Gaji' };
const write = (...values: JsonObject[]): Promise<Receipt[]> =>
  bank.write!({ folder: 'bank', prefix: 'BNTT' }, { topic: 'keuangan.bayar', partition: 0, nextOffset: values.length, records: values.map((value, offset) => ({ topic: 'keuangan.bayar', partition: 0, offset, key: 'B1', id: `id-${offset}`, time: 0, value })) }, context);

(process.platform === 'linux' ? test : test.skip)('a full disk is waited for, and then the batch is issued once', async () => {
  await symlink('/dev/full', join(folder, `.${process.pid}-${createHash('sha256').update(join(folder, 'BNTT-S1.csv')).digest('hex').slice(0, 12)}.tmp`));
  const failure = await write(HEAD, LINE).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(RetriableError);
  expect((failure as Error).message).toBe('Folder bank: disk penuh; kosongkan ruang.');
  expect(await write(HEAD, LINE)).toEqual([{ outcome: 'delivered' }, { outcome: 'delivered' }]);
  expect((await readdir(folder)).sort()).toEqual(['.batch', 'BNTT-S1.csv', 'BNTT-S1.csv.kontrol.json']);
});

test('a line that a full disk cut short, even right behind a brace, comes again', async () => {
  await write(HEAD);
  const [store] = await readdir(join(folder, '.batch'));
  await appendFile(join(folder, '.batch', store!), '\n{"jenis":"BARIS","id_batch":"B1","nomor_urut":1,"nama":"Uji}');
  expect(await write(LINE)).toEqual([{ outcome: 'delivered' }]);
  expect((await readFile(join(folder, 'BNTT-S1.csv'), 'utf8')).split('\r\n')).toEqual(['P;20261124;001;1;100.00;S1', '1;130;002;Uji};100.00;Gaji;199001012015011001', '']);
});
