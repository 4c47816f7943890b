import { expect, test } from '@jest/globals';
import type { JsonObject } from '../record.js';
import { compilePredicate } from './predicate.js';
import { type Problem } from './problem.js';

const now = new Date('2026-11-24T20:00:00Z');

test.each<[expression: string, record: JsonObject, result: boolean]>([
  ['record.KEC == "01"', { KEC: '01' }, true],
  ['record.KEC == "01"', {}, false],
  ['record.umur > 17 && record.umur * 2 == 40', { umur: 20 }, true],
  ['record.umur / 2 > 10.4', { umur: 21 }, true],
  ['record.nama.matches("^A.*n$")', { nama: 'Ariyan' }, true],
  ['record.nik.matches("^(\\\\d+)+$")', { nik: `${'5'.repeat(5000)}x` }, false],
  ['record.anggota.exists(a, a.umur < 5)', { anggota: [{ umur: 40 }, { umur: 3 }] }, true],
  ['has(record.mati)', {}, false],
  ['!has(record.mati) || record.mati == "Y"', {}, true],
  ['record["no hp"] != ""', { 'no hp': '1' }, true],
  ['record.tanggal <= today', { tanggal: '2026-11-25' }, true],
  ['record.tanggal <= today', { tanggal: '2026-11-26' }, false],
  ['now > timestamp("2026-11-24T19:59:59Z")', {}, true],
  ['decimal(record.a) + decimal(record.b) == decimal("0.30")', { a: '0.1', b: '0.2' }, true],
])('%s over %j', (expression, record, result) => {
  expect(compilePredicate(expression)({ record, now })).toBe(result);
});

test('decimal fields count exactly and compare with numbers', () => {
  const decimals = new Set(['bersih', 'kotor', 'potongan']);
  const record = { bersih: '90071992547409930.10', kotor: '90071992547409931.20', potongan: '1.1' };
  const holds = (expression: string): boolean | Problem => compilePredicate(expression, decimals)({ record, now });
  expect(holds('record.bersih == record.kotor - record.potongan')).toBe(true);
  expect(holds('record.kotor > record.bersih && record.potongan >= 1 && record.potongan < 1.2 && record.potongan * 2 == decimal("2.20")')).toBe(true);
  expect(holds('record.bersih != record.kotor')).toBe(true);
});

test('what cannot be told says why without the value', () => {
  const told = (expression: string, record: JsonObject): string => (compilePredicate(expression)({ record, now }) as Problem).message;
  expect(told('record.a.b == 1', { a: {} })).toBe('tidak dapat dihitung: field b tidak ada');
  expect(told('record.a > 5', { a: 'rahasia' })).toBe('tidak dapat dihitung: jenis nilainya tidak cocok (dyn<string> > int)');
  expect(told('int(record.a) > 5', { a: 'rahasia' })).not.toContain('rahasia');
  expect(told('record.a', { a: 'rahasia' })).toBe('tidak menghasilkan benar atau salah');
  expect(told('record.a.matches(record.b)', { a: 'x', b: '(' })).not.toContain('(?');
});

test.each([
  ['record.a ==', 'bukan syarat CEL yang benar: Unexpected token: EOF'],
  ['recrd.a == 1', 'bukan syarat CEL yang benar: Unknown variable: recrd'],
  ['"teks"', 'harus menghasilkan benar atau salah, bukan string'],
  ['record.a.matches("(?=x)")', 'pola tidak dapat dipakai: (?…) selain (?:…) dan (?i) di depan tidak didukung'],
  ['record.l.all(x, record.l.exists(y, x == y))', 'all/exists/map/filter di dalam yang lain tidak diizinkan (dapat berjalan sangat lama); pecah menjadi beberapa syarat atau pakai expr'],
])('%s is refused', (expression, message) => {
  expect(() => compilePredicate(expression)).toThrow(message);
});
