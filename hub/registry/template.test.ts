import { expect, test } from '@jest/globals';
import exceljs from 'exceljs';
import { parseContract } from './contract.js';
import { describeContract } from './describe.js';
import { templateOf } from './template.js';

const CONTRACT = JSON.stringify({
  type: 'record', name: 'Warga', namespace: 'id.go.kupangkota.uji', doc: 'Warga untuk uji.',
  hub: { topic: 'uji.warga', key: 'nik', owner: 'dispenduk', steward: 'kominfo', classification: 'restricted' },
  fields: [
    { name: 'nik', type: 'string', doc: 'Nomor Induk Kependudukan.', hub: { format: 'nik' } },
    { name: 'agama', type: ['null', 'string'], default: null, doc: 'Kode agama.', hub: { codes: 'agama' } },
    { name: 'jumlah', type: ['null', 'int'], default: null, doc: 'Jumlah anak.' },
  ],
});

test('a template keeps identities as text, says what each column means and offers the codes', async () => {
  const fields = describeContract(parseContract(CONTRACT), new Map([['agama', [{ kode: '1', nama: 'Islam' }, { kode: '2', nama: 'Kristen' }]]]));
  const workbook = new exceljs.Workbook();
  await workbook.xlsx.load((await templateOf('Warga', fields)) as unknown as ArrayBuffer);
  const sheet = workbook.getWorksheet('Data')!;
  expect((sheet.getRow(1).values as string[]).slice(1)).toEqual(['nik', 'agama', 'jumlah']);
  expect(sheet.getColumn(1).numFmt).toBe('@');
  expect(sheet.getCell('A1').note).toBe('Nomor Induk Kependudukan.\nWajib diisi; bagian dari kunci. Isi: 16 angka.');
  expect(sheet.getCell('A1').font!.bold).toBe(true);
  expect(sheet.getCell('B2').dataValidation).toMatchObject({ type: 'list', formulae: ['"1,2"'] });
  expect(sheet.getCell('C2').dataValidation).toBeUndefined();
});
