import { expect, test } from '@jest/globals';
import { parseSettings } from '../settings.js';
import { mappingTestSpec, runMappingTests } from './mapping-tests.js';

const spec = {
  where: 'record.KEC == "01"',
  mapping: { nik: 'NIK', lahir: { from: 'TGL', as: 'date', formats: ['dd-MM-yyyy'] }, nama: { lookup: { topic: 'penduduk', key: 'NIK', field: 'nama' } } },
};
const lookup = { penduduk: { '1': { nama: 'Ana' } } };

test('passing and failing tests tell what differs', async () => {
  const differences = await runMappingTests(spec, [
    { input: { KEC: '01', NIK: '1', TGL: '24-11-2026' }, lookup, output: { nik: '1', lahir: '2026-11-24', nama: 'Ana' } },
    { input: { KEC: '01', NIK: '1', TGL: '24-11-2026' }, lookup, output: { nik: '1', lahir: '2026-11-25' } },
    { input: { KEC: '01', NIK: '1', TGL: '2026' }, lookup, faults: ['lahir'] },
    { input: { KEC: '01', NIK: '2', TGL: '2026' }, faults: ['lahir', 'nik'] },
    { input: { KEC: '02' }, filtered: true },
    { input: { KEC: '02' }, output: {} },
    { input: { NIK: '1' }, deleted: true, output: null, lookup },
  ]);
  expect(differences).toEqual([
    [],
    ['lahir: diharapkan "2026-11-25", menjadi "2026-11-24"', 'nama: diharapkan null, menjadi "Ana"'],
    [],
    ['nik: seharusnya salah, tetapi diterima', 'nama: seharusnya diterima, tetapi hasil pencarian di penduduk tidak ditemukan'],
    [],
    ['seharusnya diterima, tetapi disaring'],
    [],
  ]);
});

test('a test that expects nothing, or two things, is a fault of the file', () => {
  expect(() => parseSettings(mappingTestSpec, { input: {} }, 'tests.0')).toThrow('tests.0: harus menyebut salah satu dari output, faults atau filtered');
});
