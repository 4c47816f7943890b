import { expect, test } from '@jest/globals';
import { compileCodes } from './codes.js';
import { Problem } from './problem.js';
import { compileDecimal, compileInteger, toBoolean, toText } from './values.js';

test.each<['point' | 'comma', number | undefined, unknown, string]>([
  ['comma', 2, '4.200.000,00', '4200000.00'],
  ['comma', 2, 'Rp 4.200.000', '4200000.00'],
  ['comma', undefined, '4200000,5', '4200000.5'],
  ['comma', 2, '-1.000,10', '-1000.10'],
  ['point', 2, '4200000.00', '4200000.00'],
  ['point', 2, '4,200,000.5', '4200000.50'],
  ['point', undefined, '4.200', '4.200'],
  ['comma', undefined, '4.200', '4200'],
  ['point', 2, '12.3400', '12.34'],
  ['point', 2, 4200000, '4200000.00'],
  ['comma', 2, 4200000.1, '4200000.10'],
  ['point', 2, 0.1 + 0.2, '0.30'],
  ['point', undefined, '007.50', '7.50'],
  ['point', 2, '-0', '0.00'],
  ['point', 2, '123456789012345678.99', '123456789012345678.99'],
])('decimal: %s, scale %s reads %j', (style, scale, input, output) => {
  expect(compileDecimal(style, scale)(input)).toBe(output);
});

test.each<['point' | 'comma', number | undefined, unknown]>([
  ['point', 2, '4.200.000,00'],
  ['comma', 2, '4200000.00'],
  ['comma', 2, '4.20'],
  ['point', 2, '1,23'],
  ['point', 2, '12.345'],
  ['point', 2, 'seribu'],
  ['point', 2, 5.37101e15 * 10],
  ['point', 2, Number.NaN],
  ['point', 2, '1e5'],
  ['point', 2, true],
])('decimal: %s, scale %s refuses %j', (style, scale, input) => {
  expect(compileDecimal(style, scale)(input)).toBeInstanceOf(Problem);
});

test.each<[unknown, unknown]>([
  ['0012', 12],
  ['-7', -7],
  [' 1,234 ', 1234],
  ['12.00', 12],
  [15, 15],
  ['199001012015031001', '199001012015031001'],
])('integer reads %j', (input, output) => {
  expect(compileInteger('point')(input)).toBe(output);
});

test.each(['12.5', 12.5, '', 'dua', 199001012015031001, null])('integer refuses %j', (input) => {
  expect(compileInteger('point')(input)).toBeInstanceOf(Problem);
});

test('text keeps digits, and refuses numbers that lost theirs', () => {
  expect([toText('007'), toText(5371), toText(true), toText(0.5), toText(new Date('2026-11-24T01:02:03Z'))]).toEqual(['007', '5371', 'true', '0.5', '2026-11-24T01:02:03.000Z']);
  expect(toText(199001012015031001)).toEqual(new Problem('berupa angka yang digitnya sudah hilang', 'mapping', 'Simpan nomor identitas sebagai teks di sumbernya'));
  expect(toText({ a: 1 })).toBeInstanceOf(Problem);
});

test('yes and no in two languages; a lone T is not guessed', () => {
  expect(['Ya', 'TRUE', '1', 1, true, 'y'].map(toBoolean)).toEqual([true, true, true, true, true, true]);
  expect(['tidak', 'False', 0, 'N', false].map(toBoolean)).toEqual([false, false, false, false, false]);
  expect(toBoolean('T')).toBeInstanceOf(Problem);
});

const list = [
  { kode: '1', nama: 'Islam' },
  { kode: '2', nama: 'Kristen Protestan' },
  { kode: '3', nama: 'Katolik' },
  { kode: '53.71.01.1001', nama: 'Alak' },
  { kode: '53.71.02.1001', nama: 'Alak' },
];
test.each<['kode' | 'nama', unknown, string]>([
  ['kode', 'kristenprotestan', '2'],
  ['kode', ' KRISTEN  PROTESTAN ', '2'],
  ['kode', '3', '3'],
  ['kode', 3, '3'],
  ['nama', 1, 'Islam'],
  ['nama', '53.71.02.1001', 'Alak'],
])('codes to %s: %j', (to, input, output) => {
  expect(compileCodes('agama', list, to)(input)).toBe(output);
});

test('an unknown or ambiguous label is refused', () => {
  expect(compileCodes('agama', list, 'kode')('Atheis 9')).toEqual(new Problem('tidak ada pada daftar kode agama (berbentuk "Aaaaaa 9")', 'code', 'Pakai kode atau nama dari daftar agama'));
  expect(compileCodes('wilayah', list, 'kode')('alak')).toEqual(new Problem('bermakna ganda: beberapa kode pada daftar wilayah bernama sama', 'code', 'Kirim kodenya, bukan namanya'));
});
