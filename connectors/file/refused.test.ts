/** Files that are refused as a whole, and looks that change nothing. */
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { file } from './file.js';
import { folderPerTest, settings } from '../../test/file-folder.js';

const folder = folderPerTest();
const { put, putSheets, readAll } = folder;

describe('a refused file is a case, and the next files are read', () => {
  test.each([
    ['an exponent', 'NIK\n"5,37101E+15"\n', 'baris 2: angka telah rusak oleh Excel (tertulis "5,37101E+15"); seluruh berkas ditolak'],
    ['zeros in every NIK', `NIK\n${[1, 2, 3, 4].map((n) => `537101410790${n}000`.padEnd(16, '0')).join('\n')}\n`, 'baris 2 dan 3 lagi: angka telah rusak oleh Excel (4 dari 4 nomor berakhiran nol, wajarnya 1 dari 10); seluruh berkas ditolak'],
  ])('a file with %s is one case that explains the repair, and is moved aside; the next file is read', async (_, content, message) => {
    await put('rusak.csv', content);
    await put('sehat.csv', 'NIK\n5371014107900001\n');
    const { batches } = await readAll();
    expect(batches.map(({ records }) => records)).toEqual([
      [{ value: { _berkas: 'rusak.csv', _sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }, origin: 'rusak.csv', faults: [{ path: 'NIK', rule: 'digits', message, repair: expect.stringContaining('ubah dahulu format kolom menjadi "Text"'), severity: 'reject' }] }],
      [expect.objectContaining({ value: { NIK: '5371014107900001', _berkas: 'sehat.csv', _jumlah_baris: 1 } })],
    ]);
    expect(await readdir(join(folder.files, 'masuk', 'gagal'))).toEqual(['rusak.csv', 'rusak.csv-alasan.txt']);
  });

  test('a refused file that is looked at stays; stopped before it was moved, the next run moves it; sent again mended it names its case', async () => {
    await put('rusak.csv', 'NIK\n"5,37101E+15"\n');
    expect(await file.preview!(settings(), 5, folder.context)).toHaveLength(1);
    const { position } = await readAll({}, undefined, 1);
    expect(await readdir(join(folder.files, 'masuk'))).toEqual(['rusak.csv']);
    expect((await readAll({}, position)).batches).toEqual([]);
    expect(await readdir(join(folder.files, 'masuk', 'gagal'))).toEqual(['rusak.csv', 'rusak.csv-alasan.txt']);

    await put('lain.csv', 'NIK\n"5,37101E+15"\n');
    for await (const batch of file.read!(settings(), undefined, folder.context)) await batch.committed!(new Map([[0, { caseId: 'kasus-2', faults: [] }]]));
    await put('lain.csv', 'NIK\n5371014107900001\n5371014107900002\n');
    expect((await readAll()).batches[0]!.records.map(({ mends }) => mends)).toEqual(['kasus-2', undefined]);
    await put('lain.csv', 'NIK\n5371014107900003\n');
    expect((await readAll()).batches[0]!.records.map(({ mends }) => mends)).toEqual([undefined]);
  });

  test('beside a refused file stands why, with its case, and how to send it again; brought back by mistake, the text is no data', async () => {
    await put('gaji.csv', 'NIP,NAMA,GAJI BERSIH\n199001012015011001,Uji,100\n');
    for await (const batch of file.read!(settings({ headers: ['NIP', 'BERSIH'] }), undefined, folder.context)) await batch.committed!(new Map([[0, { caseId: 'kasus-7', faults: [] }]]));
    const report = await readFile(join(folder.files, 'masuk', 'gagal', 'gaji.csv-alasan.txt'), 'utf8');
    expect(report.split('\r\n')).toEqual([
      'Berkas gaji.csv ditolak seluruhnya; tidak satu pun barisnya masuk.',
      'Waktu: 2026-11-24 12:00 WITA',
      'Nomor kasus: kasus-7',
      '',
      'Alasan: BERSIH: baris 1: kolom "BERSIH" tidak ada; yang ada: NIP, NAMA, GAJI BERSIH',
      'Perbaikan: Tulis judul kolom "BERSIH" seperti semula, lalu kirim lagi. Bila judulnya memang berganti, minta pengelola hub menyesuaikan setelan "headers" dan pemetaannya.',
      '',
      'Taruh berkas yang sudah benar di folder semula dengan nama gaji.csv; kasusnya tertutup sendiri.',
      '',
    ]);
    await put('gaji.csv-alasan.txt', report);
    await put('gaji.csv', 'NIP,NAMA,BERSIH\n199001012015011001,Uji,100\n');
    const { batches } = await readAll({ headers: ['NIP', 'BERSIH'] });
    expect(batches.flatMap(({ records }) => records.map(({ value, mends }) => [value._berkas, value.BERSIH, mends]))).toEqual([['gaji.csv', '100', 'kasus-7']]);
  });

  test('a file of old Excel is refused with what to do', async () => {
    await put('a.xls', 'apa saja');
    expect((await readAll()).batches[0]!.records[0]!.faults).toEqual([expect.objectContaining({ message: 'bentuk .xls tidak dapat dibaca', repair: 'Buka di Excel, simpan sebagai .xlsx, lalu kirim lagi.' })]);
  });

  test('a file that is no workbook is refused with what to do', async () => {
    await put('a.xlsx', 'bukan xlsx');
    expect((await readAll()).batches[0]!.records[0]!.faults).toEqual([{ path: '', rule: 'file', message: 'bukan berkas XLSX yang utuh', repair: 'Buka di Excel, simpan ulang sebagai .xlsx, lalu kirim lagi.', severity: 'reject' }]);
  });
});

describe('digits that Excel destroyed, in a workbook', () => {
  test.each([
    ['typed', 199001012015011001],
    ['computed', { formula: 'A9*1', result: 199001012015011001 }],
  ])('an 18-digit NIP %s as a number stops the file and says which cell; a number in the total does not', async (_, cell) => {
    await putSheets('a.xlsx', { Data: [['NIP', 'NAMA'], [cell, 'Uji']], Lain: [['NIP', 'NAMA']] });
    await putSheets('b.xlsx', { Data: [['NIP', 'BERSIH'], ['199001012015011001', 4200000], ['TOTAL', 5371014107900010]] });
    expect((await readAll()).batches.flatMap(({ records }) => records.map(({ faults }) => faults))).toEqual([
      [expect.objectContaining({ path: 'NIP', rule: 'digits', message: 'lembar Data, baris 2: angka telah rusak oleh Excel (disimpan sebagai angka, Excel hanya menyimpan 15 digit); seluruh berkas ditolak' })],
      undefined,
    ]);
  });

  test('text cells that end in zeros stay as they are', async () => {
    await putSheets('a.xlsx', { Data: [['NOREK'], ...[1, 2, 3, 4, 5].map((n) => [`13000123456789${n}0`])] });
    expect((await readAll()).values).toEqual([1, 2, 3, 4, 5].map((n) => ({ NOREK: `13000123456789${n}0` })));
  });
});

describe('a header that is missing or renamed makes its file a case; the next files are read', () => {
  const BASE = { rule: 'header', severity: 'reject', repair: expect.stringMatching(/^(Tulis judul kolom|Periksa apakah ini berkas yang benar).*setelan "headers" dan pemetaannya\.$/) };
  const headers = ['NIP', 'BERSIH'];

  test.each([
    ['renamed columns', 'DAFTAR GAJI\nNO;NIP BARU;GAJI BERSIH;NAMA\n1;199001012015011001;100;Uji\n', [{ path: '', message: 'baris judul dengan kolom NIP, BERSIH tidak ditemukan dalam 30 baris pertama' }]],
    ['one renamed column', 'DAFTAR GAJI\n\nNO;nip;GAJI BERSIH\n1;199001012015011001;100\n', [{ path: 'BERSIH', message: 'baris 3: kolom "BERSIH" tidak ada; yang ada: NO, nip, GAJI BERSIH' }]],
    ['no header', '199001012015011001;100\n', [{ path: '', message: 'baris judul dengan kolom NIP, BERSIH tidak ditemukan dalam 30 baris pertama' }]],
    ['nothing in it', '', [{ path: '', message: 'baris judul dengan kolom NIP, BERSIH tidak ditemukan dalam 30 baris pertama' }]],
  ])('%s', async (_, content, faults) => {
    await put('a.csv', content);
    await put('b.csv', 'NIP;BERSIH\n199001012015011001;100\n');
    const { batches } = await readAll({ headers });
    expect(batches[0]!.records).toEqual([{ value: { _berkas: 'a.csv', _sha256: expect.any(String) }, origin: 'a.csv', faults: faults.map((fault) => ({ ...BASE, ...fault })) }]);
    expect(batches[1]!.records.map(({ value }) => value)).toEqual([{ NIP: '199001012015011001', BERSIH: '100', _berkas: 'b.csv', _jumlah_baris: 1 }]);
    expect((await readdir(join(folder.files, 'masuk', 'gagal'))).filter((name) => !name.startsWith('.'))).toEqual(['a.csv', 'a.csv-alasan.txt']);
    expect(await readdir(join(folder.files, 'masuk', 'arsip'))).toEqual([expect.stringMatching(/-b\.csv$/)]);
  });

  test('a workbook names every sheet that lacks it', async () => {
    await putSheets('a.xlsx', { Alak: [['NIP', 'BERSIH'], ['199001012015011001', 1]], Oebobo: [['NIP', 'NETTO'], ['199001012015011002', 1]], Maulafa: [['catatan']], Kosong: [] });
    expect((await readAll({ headers })).batches[0]!.records[0]!.faults).toEqual([
      { ...BASE, path: 'BERSIH', message: 'lembar Oebobo, baris 1: kolom "BERSIH" tidak ada; yang ada: NIP, NETTO' },
      { ...BASE, path: '', message: 'lembar Maulafa, baris judul dengan kolom NIP, BERSIH tidak ditemukan dalam 30 baris pertama' },
    ]);
  });

  test('a workbook without a wanted sheet', async () => {
    await putSheets('a.xlsx', { Alak: [['NIP']] });
    expect((await readAll({ sheets: ['Alak', 'Oebobo'] })).batches[0]!.records[0]!.faults).toEqual([
      { path: '', rule: 'header', severity: 'reject', message: 'lembar "Oebobo" tidak ada; yang ada: Alak', repair: 'Beri nama lembar "Oebobo" seperti semula, lalu kirim lagi. Bila namanya memang berganti, minta pengelola hub menyesuaikan setelan "sheets".' },
    ]);
  });
});

describe('a look changes nothing', () => {
  /** Every file below the folder with its content and the time of its last change. */
  const everything = async () => Promise.all((await readdir(folder.files, { recursive: true, withFileTypes: true })).map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    return [path, (await stat(path)).mtimeMs, entry.isFile() ? await readFile(path, 'latin1') : ''];
  }));

  test('neither at good files, nor at those that would be refused', async () => {
    await put('a-judul.csv', 'NIK;NAMA LENGKAP\n5371014107900001;Uji\n');
    await put('b-rusak.csv', 'NIK;NAMA\n"5,37101E+15";Uji\n');
    await put('c-lama.xls', 'apa saja');
    await put('d-baik.csv', 'NIK;NAMA\n5371014107900001;Uji\n');
    await putSheets('e-judul.xlsx', { Data: [['NIK', 'NAMA LENGKAP'], ['5371014107900001', 'Uji']] });
    await put('f-bukan.xlsx', 'bukan xlsx');
    const before = await everything();
    const look = settings({ headers: ['NIK', 'NAMA'] });
    expect((await file.preview!(look, 5, folder.context)).map(({ origin, faults }) => [origin, faults?.[0]?.path])).toEqual([['a-judul.csv', 'NAMA']]);
    expect((await file.preview!({ ...look, pattern: 'd-*' }, 5, folder.context)).map(({ value }) => value)).toEqual([{ NIK: '5371014107900001', NAMA: 'Uji', _berkas: 'd-baik.csv', _jumlah_baris: 1 }]);
    expect((await file.discover!(look, folder.context)).map(({ name, fields }) => [name, fields.map((field) => field.name)])).toEqual([
      ['a-judul.csv', []], ['b-rusak.csv', []], ['d-baik.csv', ['NIK', 'NAMA', '_berkas', '_jumlah_baris']], ['e-judul.xlsx', []], ['f-bukan.xlsx', []],
    ]);
    expect(await everything()).toEqual(before);
  });

  test('nor is a folder made that is not there', async () => {
    expect(await file.preview!(settings({ folder: 'belum/ada' }), 5, folder.context)).toEqual([]);
    expect(await file.discover!(settings({ folder: 'belum/ada' }), folder.context)).toEqual([]);
    expect(await readdir(folder.files)).toEqual([]);
  });
});

test('links that others put where the hub notes a refusal lead it to no file of its own', async () => {
  await put('rusak.csv', 'NIK\n"5,37101E+15"\n');
  const own = join(folder.files, 'milik-hub');
  await writeFile(own, 'tetap');
  await mkdir(join(folder.files, 'masuk', 'gagal'));
  for (const name of ['.rusak.csv.kasus', 'rusak.csv-alasan.txt']) await symlink(own, join(folder.files, 'masuk', 'gagal', name));
  for await (const batch of file.read!(settings(), undefined, folder.context)) await batch.committed!(new Map([[0, { caseId: 'kasus-1', faults: [] }]]));
  expect(await readFile(own, 'utf8')).toBe('tetap');
  expect(await readFile(join(folder.files, 'masuk', 'gagal', '.rusak.csv.kasus'), 'utf8')).toBe('kasus-1');
});
