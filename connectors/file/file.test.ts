import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import exceljs from 'exceljs';
import iconv from 'iconv-lite';
import { testReadme } from '../../test/contract/readme.js';
import { testSink } from '../../test/contract/sink.js';
import { testSource } from '../../test/contract/source.js';
import { file } from './file.js';
import { fileSettings } from './settings.js';
import { folderPerTest, NOON, settings } from '../../test/file-folder.js';

const NIKS = Array.from({ length: 40 }, (_, i) => `53710141079000${String(i + 1).padStart(2, '0')}`);
const OLD = new Date('2026-11-24T01:00:00Z');

testReadme(file, new URL('./README.md', import.meta.url));

testSource('file', {
  connector: file,
  faulty: { settings: { folder: '', format: 'pdf', batch: 0, sparator: ';' }, paths: ['settings.folder', 'settings.format', 'settings.batch', 'settings.sparator'] },
  async open(count) {
    const root = await mkdtemp(join(tmpdir(), 'sasando-berkas-'));
    await mkdir(join(root, 'masuk'));
    const write = async (name: string, lines: string[]) => {
      await writeFile(join(root, 'masuk', name), `NIK;NAMA\n${lines.join('\n')}\n`);
      await utimes(join(root, 'masuk', name), OLD, OLD);
    };
    const lines = NIKS.slice(0, count).map((nik, i) => `${nik};Uji ${i + 1}`);
    await write('a.csv', lines.slice(0, 15));
    await write('b.csv', lines.slice(15));
    return {
      settings: { folder: 'masuk', batch: 6 },
      files: root,
      expected: NIKS.slice(0, count),
      identity: (record) => String(record.value.NIK),
      async breakOne() {
        await write('a.csv', lines.slice(0, 15).map((line, i) => (i === 3 ? line.replace(';', ';"') : line)));
        return count - 1;
      },
      close: () => rm(root, { recursive: true }),
    };
  },
}, ['refuse', 'overload', 'stall', 'breakOff']);

for (const [title, name] of [['a file per batch', '{topic}-{offset}.csv'], ['a file per month', 'gaji-{periode}.csv']] as const) {
  testSink(`file with ${title}`, {
    connector: file,
    faulty: { settings: { columns: 'nip', settle: -1 }, paths: ['settings.folder', 'settings.columns', 'settings.settle'] },
    async open() {
      const root = await mkdtemp(join(tmpdir(), 'sasando-berkas-'));
      const folder = join(root, 'keluar');
      return {
        settings: { folder: 'keluar', name },
        files: root,
        value: (n) => ({ kunci: `k${n}`, periode: '2026-11' }),
        async stored() {
          const names = (await readdir(folder).catch(() => [])).filter((entry) => entry.endsWith('.csv'));
          const texts = await Promise.all(names.map((entry) => readFile(join(folder, entry), 'utf8')));
          return texts.flatMap((text) => text.match(/k\d+/g) ?? []).sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
        },
        close: () => rm(root, { recursive: true }),
      };
    },
  }, ['bad', 'deletes', 'refuse', 'overload', 'stall', 'breakOff']);
}

const folder = folderPerTest();
const { put, putSheets, readAll } = folder;

describe('CSV', () => {
  test('detects semicolons and the letters of old Excel, keeps digits and leading zeros', async () => {
    await put('a.csv', iconv.encode("NIK;NAMA;RT\r\n'5371014107900001;José Ndun;001\r\n", 'windows-1252'));
    const { values } = await readAll();
    expect(values).toEqual([{ NIK: '5371014107900001', NAMA: 'José Ndun', RT: '001' }]);
    expect(await readdir(join(folder.files, 'masuk', 'arsip'))).toEqual([expect.stringMatching(/-a\.csv$/)]);
  });

  test('finds the header below title rows when its columns are named, and leaves out the total', async () => {
    await put('gaji.csv', 'PEMERINTAH KOTA KUPANG\nDaftar Gaji,,\nNIP,NAMA,BERSIH\n199001012015011001,Uji Satu,100\nTOTAL,,100\n');
    expect((await readAll({ headers: ['NIP', 'BERSIH'] })).values).toEqual([{ NIP: '199001012015011001', NAMA: 'Uji Satu', BERSIH: '100' }]);
  });

  test('a line with too many columns is handed over as broken, with its place; the others pass', async () => {
    await put('a.csv', 'NIK,NAMA\n1,Satu\n2,Dua,lebih\n3,Tiga\n');
    const { batches } = await readAll();
    expect(batches[0]!.records.map((record) => [record.value.NAMA, record.faults?.[0]?.message])).toEqual([['Satu', undefined], ['Dua', 'berisi 3 kolom, seharusnya 2'], ['Tiga', undefined]]);
    expect(batches[0]!.records[1]!.origin).toBe('a.csv, baris 3');
  });

  test.each(['2,"Du"a', '2,"Dua'])('only the line with a misplaced quote is broken: %s', async (line) => {
    await put('a.csv', `NIK,NAMA\n1,Satu\n${line}\n3,Tiga\n4,"Em\npat"\n`);
    const { batches } = await readAll();
    const seen = batches[0]!.records.map((record) => record.faults?.[0]?.message ?? record.value.NAMA);
    expect(seen).toEqual(['Satu', 'tanda kutip tidak ditutup atau salah letak', 'Tiga', 'Em\npat']);
  });

  test('resumes inside a file after the rows that were committed, nothing twice', async () => {
    await put('besar.csv', `NO\n${Array.from({ length: 10 }, (_, i) => `r${i + 1}`).join('\n')}\n`);
    const first = await readAll({ batch: 4 }, undefined, 2);
    const rest = await readAll({ batch: 4 }, first.batches[0]!.position);
    expect(first.batches[0]!.records.map((record) => record.value.NO)).toEqual(['r1', 'r2', 'r3', 'r4']);
    expect(rest.values).toEqual(['r5', 'r6', 'r7', 'r8', 'r9', 'r10'].map((NO) => ({ NO })));
  });

  test('a hub that stopped before moving a finished file moves it at the next run without reading it again', async () => {
    await put('a.csv', 'NO\nr1\n');
    const first = await readAll({}, undefined, 1);
    expect(await readdir(join(folder.files, 'masuk'))).toEqual(['a.csv']);
    expect((await readAll({}, first.position!)).values).toEqual([]);
    expect(await readdir(join(folder.files, 'masuk'))).toEqual(['arsip']);
  });

  test('a file still being copied, a temporary file and one of another pattern are left alone', async () => {
    await put('a.csv.part', 'NO\n1\n');
    await put('~$a.csv', 'NO\n1\n');
    await put('lain.csv', 'NO\n1\n');
    await writeFile(join(folder.files, 'masuk', 'gaji-baru.csv'), 'NO\n1\n');
    await utimes(join(folder.files, 'masuk', 'gaji-baru.csv'), NOON, NOON);
    expect((await readAll({ pattern: 'gaji-*.csv' })).batches).toEqual([]);
    folder.advance(6000);
    expect((await readAll({ pattern: 'gaji-*.csv' })).values).toEqual([{ NO: '1' }]);
  });

  test('letters of old Excel are told apart also where the first stands far down', async () => {
    await put('a.csv', iconv.encode(`NAMA\n${'Uji\n'.repeat(20_000)}José\n`, 'windows-1252'));
    expect((await readAll()).values.at(-1)).toEqual({ NAMA: 'José' });
  });

  test('a pattern that is none is a fault of the settings', () => {
    expect(fileSettings.safeParse({ folder: 'masuk', totals: '(' }).error?.issues).toEqual([expect.objectContaining({ path: ['totals'], message: 'bukan pola yang benar' })]);
  });

  test('a folder outside the folder of files is refused', async () => {
    await expect(readAll({ folder: '../../etc' })).rejects.toThrow('"../../etc" berada di luar folder yang diizinkan');
  });
});

describe('XLSX', () => {
  test('title rows, one sheet per kelurahan, dates and a total row', async () => {
    const header = ['NIK', 'NAMA', 'TGL LAHIR'];
    await putSheets('warga.xlsx', {
      Oesapa: [['DAFTAR WARGA'], [], header, ["'5371034107900001", 'Uji Satu', new Date('1990-07-01T00:00:00Z')], ['TOTAL', 1]],
      Liliba: [['DAFTAR WARGA'], [], header, ['5371044107900002', 'Uji Dua', '1990-07-01']],
    });
    expect((await readAll({ headers: header, sheetField: 'kelurahan' })).values).toEqual([
      { NIK: '5371034107900001', NAMA: 'Uji Satu', 'TGL LAHIR': '1990-07-01', kelurahan: 'Oesapa' },
      { NIK: '5371044107900002', NAMA: 'Uji Dua', 'TGL LAHIR': '1990-07-01', kelurahan: 'Liliba' },
    ]);
  });

  test('a time is the clock of the sheet, without a zone', async () => {
    await putSheets('a.xlsx', { Data: [['NO', 'WAKTU', 'HITUNG'], ['1', new Date('2026-11-24T09:15:00Z'), { formula: 'B2', result: new Date('2026-11-24T09:15:00Z') }]] });
    expect((await readAll()).values).toEqual([{ NO: '1', WAKTU: '2026-11-24T09:15:00', HITUNG: '2026-11-24T09:15:00' }]);
  });

  test('a header merged over two rows names its parts', async () => {
    await putSheets('a.xlsx', { Data: [['NO', 'WAKTU', null], [null, 'PANGGIL', 'TIBA'], ['1', '08:00', '08:12']] }, { Data: ['A1:A2', 'B1:C1'] });
    expect((await readAll({ headers: ['NO', 'WAKTU'] })).values).toEqual([{ NO: '1', 'WAKTU PANGGIL': '08:00', 'WAKTU TIBA': '08:12' }]);
  });

  test('also where only the groups are merged', async () => {
    await putSheets('a.xlsx', { Data: [['NO', 'WAKTU', null], [null, 'PANGGIL', 'TIBA'], ['1', '08:00', '08:12']] }, { Data: ['B1:C1'] });
    expect((await readAll({ headers: ['NO', 'WAKTU'] })).values).toEqual([{ NO: '1', 'WAKTU PANGGIL': '08:00', 'WAKTU TIBA': '08:12' }]);
  });

});

test('rejected rows come back as a sheet with the repair, and uploading it mended names the case', async () => {
  await put('a.csv', 'NIK;NAMA\n537101410790001;Uji Satu\n5371014107900002;Uji Dua\n');
  for await (const batch of file.read!(settings(), undefined, folder.context)) {
    await batch.committed!(new Map([[0, { caseId: 'kasus-1', faults: [{ path: 'nik', rule: 'format.nik', message: '15 angka, seharusnya 16', repair: 'Periksa KTP', severity: 'reject' }] }]]));
  }
  const path = join(folder.files, 'masuk', 'ditolak', 'a-perlu-diperbaiki.xlsx');
  const workbook = new exceljs.Workbook();
  await workbook.xlsx.readFile(path);
  const sheet = workbook.worksheets[0]!;
  expect(sheet.getRow(1).values).toEqual([, 'NIK', 'NAMA', 'Nomor Kasus', 'Kolom', 'Alasan', 'Perbaikan']);
  expect(sheet.getRow(2).values).toEqual([, '537101410790001', 'Uji Satu', 'kasus-1', 'nik', '15 angka, seharusnya 16', 'Periksa KTP']);
  sheet.getCell('A2').value = '5371014107900001';
  await put('a-diperbaiki.xlsx', Buffer.from(await workbook.xlsx.writeBuffer()));
  const { batches } = await readAll();
  expect(batches[0]!.records.map(({ value, mends }) => ({ value, mends }))).toEqual([
    { value: { NIK: '5371014107900001', NAMA: 'Uji Satu', _berkas: 'a-diperbaiki.xlsx', _jumlah_baris: 1 }, mends: 'kasus-1' },
  ]);
});

describe('sink', () => {
  const batch = {
    topic: 'keuangan.perintah_bayar', partition: 0, nextOffset: 2,
    records: [
      { nip: '199001012015011001', rekening: '0012345678', jumlah: '4200000.50' },
      { nip: '198501012010011002', rekening: '=1+1', jumlah: '100.25' },
    ].map((value, offset) => ({ topic: 'keuangan.perintah_bayar', partition: 0, offset, key: `${offset}`, id: `id-${offset}`, time: 0, value })),
  };

  test('writes a file with count, total and hash, and the same batch again changes nothing', async () => {
    const out = settings({ folder: 'keluar', total: 'jumlah' });
    expect(await file.write!(out, batch, folder.context)).toEqual([{ outcome: 'delivered' }, { outcome: 'delivered' }]);
    const body = await readFile(join(folder.files, 'keluar', 'keuangan.perintah_bayar-0.csv'), 'utf8');
    expect(body).toBe("nip;rekening;jumlah\n199001012015011001;0012345678;4200000.50\n198501012010011002;'=1+1;100.25\n");
    expect(JSON.parse(await readFile(join(folder.files, 'keluar', 'keuangan.perintah_bayar-0.csv.kontrol.json'), 'utf8'))).toMatchObject({ jumlah_baris: 2, total: '4200100.75' });
    await writeFile(join(folder.files, 'keluar', 'keuangan.perintah_bayar-0.csv'), 'dipindah orang');
    await file.write!(out, batch, folder.context);
    expect(await readFile(join(folder.files, 'keluar', 'keuangan.perintah_bayar-0.csv'), 'utf8')).toBe('dipindah orang');
    expect((await readdir(join(folder.files, 'keluar'))).filter((name) => !name.startsWith('.')).sort()).toEqual(['keuangan.perintah_bayar-0.csv', 'keuangan.perintah_bayar-0.csv.kontrol.json']);
  });

  test('numbers below zero and telephone numbers stay as they are', async () => {
    const values = [{ jumlah: '-250000.00', telepon: '+6281234567890', nama: '-aktif' }];
    await file.write!(settings({ folder: 'keluar' }), { ...batch, records: values.map((value) => ({ ...batch.records[0]!, value })) }, folder.context);
    expect(await readFile(join(folder.files, 'keluar', 'keuangan.perintah_bayar-0.csv'), 'utf8')).toBe("jumlah;telepon;nama\n-250000.00;+6281234567890;'-aktif\n");
  });

  test('identities are text cells in a workbook', async () => {
    await file.write!(settings({ folder: 'keluar', name: 'a.xlsx' }), batch, folder.context);
    const workbook = new exceljs.Workbook();
    await workbook.xlsx.readFile(join(folder.files, 'keluar', 'a.xlsx'));
    const cell = workbook.worksheets[0]!.getCell('A2');
    expect([cell.value, cell.numFmt]).toEqual(['199001012015011001', '@']);
  });

  test('after a crash between the file and the note of how far it got, the records that come again are not written twice', async () => {
    const out = settings({ folder: 'keluar' });
    await file.write!(out, { ...batch, records: batch.records.slice(0, 1), nextOffset: 1 }, folder.context);
    await rm(join(folder.files, 'keluar', '.terbit-keuangan.perintah_bayar-0.json'));
    await file.write!(out, batch, folder.context);
    expect(await readFile(join(folder.files, 'keluar', 'keuangan.perintah_bayar-0-p0-1.csv'), 'utf8')).toBe("nip;rekening;jumlah\n198501012010011002;'=1+1;100.25\n");
    await file.write!(out, batch, folder.context);
    expect((await readdir(join(folder.files, 'keluar'))).filter((name) => name.endsWith('.csv'))).toHaveLength(2);
  });
});
