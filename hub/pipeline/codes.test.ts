import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { SettingsError } from '../errors.js';
import { loadReferences } from './codes.js';

function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'sasando-codes-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

test('lists are read from CSV files, whatever else they have', async () => {
  const folder = folderWith({ 'agama.csv': '\uFEFFkode,nama\n1,Islam\n02,"Kristen, Protestan"\n', 'wilayah.csv': 'level,kode,nama\nkota,53.71,Kota Kupang\n', 'baca.md': 'bukan daftar' });
  expect(await loadReferences(folder)).toEqual(
    new Map([
      ['agama', [{ kode: '1', nama: 'Islam' }, { kode: '02', nama: 'Kristen, Protestan' }]],
      ['wilayah', [{ kode: '53.71', nama: 'Kota Kupang' }]],
    ]),
  );
});

test('every file that is no list is named', async () => {
  const folder = folderWith({ 'a.csv': 'id,label\n1,x\n', 'b.csv': 'kode,nama\n"1,x\n', 'c.csv': 'kode,nama\n1,x,y\n' });
  const error = (await loadReferences(folder).catch((thrown: unknown) => thrown)) as SettingsError;
  expect(error).toBeInstanceOf(SettingsError);
  expect(error.faults.map(({ file, line, message }) => [file!.slice(-5), line, message.split(':')[0]])).toEqual([
    ['a.csv', 1, 'daftar kode memerlukan kolom "kode" dan "nama" pada baris pertama'],
    ['b.csv', undefined, 'bukan CSV yang benar'],
    ['c.csv', undefined, 'bukan CSV yang benar'],
  ]);
});
