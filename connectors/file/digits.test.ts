import { describe, expect, test } from '@jest/globals';
import { createPopulation } from '../city/population.js';
import { createRandom } from '../city/random.js';
import { RejectedRecord } from '../../hub/errors.js';
import { digitScanner } from './digits.js';

/** What the scanner says about a column, or undefined. `typed`: the cells are text of a workbook. */
function said(values: readonly string[], { column = 'NIK', typed = false, zeros = [] as string[], numbers = false } = {}): string | undefined {
  const scanner = digitScanner({ typed, zeros });
  try {
    values.forEach((value, i) => scanner.see({ cells: { NO: `${i + 1}`, [column]: value }, line: i + 2, ...(numbers ? { numbers: [column] } : {}) }));
    scanner.finish();
    return undefined;
  } catch (error) {
    if (!(error instanceof RejectedRecord)) throw error;
    expect(error.faults.map(({ path, rule, severity }) => ({ path, rule, severity }))).toEqual([{ path: column, rule: 'digits', severity: 'reject' }]);
    expect(error.faults[0]!.repair).toMatch(/^Di Excel: ubah dahulu format kolom menjadi "Text" .* atau isi templat dari pengelola hub/);
    return error.faults[0]!.message.replace('angka telah rusak oleh Excel ', '').replace('; seluruh berkas ditolak', '');
  }
}

/** What Excel keeps of a number. */
const cut = (digits: string): string => digits.slice(0, 15).padEnd(digits.length, '0');

describe('numbers that show how they were destroyed', () => {
  test.each(['5,37101E+15', '5.37101E+15', '5.37E15', '5,37101e+15', '5E+15', '5,37101 E+15', '1,99001E+17', '6,28124E+11', '53,7E+014'])('%s is a number as Excel shows it', (value) => {
    expect(said([value])).toBe(`baris 2: (tertulis "${value}")`);
  });

  test.each(['5E15', '3E10', '1.5E5', '12,5', 'E+15', '5,37101E-15', '2026-11-24', 'Blok 5E+15', '5371014107900001', '085237101234'])('%s is not', (value) => {
    expect(said([value])).toBeUndefined();
  });

  test('how many rows have it is told', () => {
    expect(said(['5,37101E+15', '5371014107900001', '5,37101E+15', '5,37201E+15'])).toBe('baris 2 dan 2 lagi: (tertulis "5,37101E+15")');
  });

  test.each(['5.371.014.107.900.010', '5,371,014,107,900,010.00', '5371014107900010,00', '5371014107900010.0', '199.001.012.015.011.000'])('%s was stored as a number', (value) => {
    expect(said([value])).toBe('baris 2: (disimpan sebagai angka, Excel hanya menyimpan 15 digit)');
  });

  test.each(['53.71.01.1001', '4.200.000.000,00', '999.999.999.999.999', '5.371.014.107.900.012'])('%s lost nothing', (value) => {
    expect(said([value])).toBeUndefined();
  });

  test('a cell of a workbook that holds a long number is told once for its column', () => {
    expect(said(['5371014107900001', '5371014107900002'], { typed: true, numbers: true })).toBe('baris 2 dan 1 lagi: (disimpan sebagai angka, Excel hanya menyimpan 15 digit)');
  });

  test('every destroyed column is named, not the first', () => {
    const scanner = digitScanner({ typed: false, zeros: [] });
    scanner.see({ cells: { NIK: '5,37101E+15', NIP: '199001012015011000', NAMA: 'Uji' }, line: 2 });
    scanner.see({ cells: { NIK: '5371014107900001', NIP: '199001012015012001', HP: '6,28124E+11' }, line: 3, sheet: 'Alak' });
    expect(() => scanner.finish()).toThrow(/^NIK: baris 2: .*; NIP: baris 2: .*; HP: lembar Alak, baris 3: /);
  });
});

describe('NIP: the running number 000 is never issued, so one is proof', () => {
  test.each(['199001012015011000', '198512312010012000', '199507212024242000' /* PPPK: 24 is no month */])('%s', (nip) => {
    expect(said(['198501012010011002', nip, '199203032019032001'], { column: 'NIP' })).toBe('baris 3: (NIP berakhiran 000, padahal nomor urutnya dimulai dari 001)');
    expect(said([nip], { column: 'Pegawai', typed: true })).toBe('baris 2: (NIP berakhiran 000, padahal nomor urutnya dimulai dari 001)');
  });

  test.each(['199001012015011010', '199001012015011100', '537101000100100120' /* NOP of a parcel */, '199013012015011000' /* no month 13 */, '199001012015013000' /* no sex 3 */])('%s is no such NIP', (digits) => {
    expect(said([digits], { column: 'NIP' })).toBeUndefined();
  });
});

describe('NIK and No KK', () => {
  test.each(['NIK', 'NIK_AYAH', 'nokk', 'NO. KK', 'No KTP', 'Nomor KK'])('in a column %s, one with the running number 0000 is proof', (column) => {
    expect(said(['5371014107900000'], { column })).toBe('baris 2: (nomor urutnya 0000, padahal dimulai dari 0001)');
    expect(said(['5371010107900001', '5371010207910002', '5371010307920000', '5371010407930000'], { column, typed: true })).toBe('baris 4 dan 1 lagi: (nomor urutnya 0000, padahal dimulai dari 0001)');
  });

  test('a column of another name is known by its numbers', () => {
    expect(said(['5371010107900001', '5371014207910002', '9171010307920003', '5371010407930000'], { column: 'kolom_3' })).toBe('baris 5: (nomor urutnya 0000, padahal dimulai dari 0001)');
    expect(said(['5371010407930000'], { column: 'kolom_3' })).toBeUndefined();
  });

  test('without that, few numbers prove nothing: up to three of three may end in 0', () => {
    const tens = ['5371010107900010', '5371010207910020', '5371010307920030', '5371010407930040'];
    for (const n of [1, 2, 3]) expect(said(tens.slice(0, n))).toBeUndefined();
    expect(said(tens)).toBe('baris 2 dan 3 lagi: (4 dari 4 nomor berakhiran nol, wajarnya 1 dari 10)');
  });

  test.each([
    // Chances of a binomial distribution with 1 in 10: 1.8e-4, 6.4e-6; 4.5e-4, 8.9e-5; 1.1e-4, 4.0e-5; 1.2e-4, 8.0e-5.
    [7, 5, false], [7, 6, true], [30, 10, false], [30, 11, true], [100, 23, false], [100, 24, true], [1000, 137, false], [1000, 138, true],
  ])('of %i rows %i end in 0: refused is %s', (all, zeros, refused) => {
    // Running numbers from 1001 without a last 0, and the destroyed ones 1000, 1010, 1020 …
    const niks = Array.from({ length: all }, (_, i) => `5371${i < 500 ? '01' : '02'}${String((i % 28) + 1).padStart(2, '0')}0790${i < zeros ? 1000 + i * 10 : 1001 + (i % 9) + Math.floor(i / 9) * 10}`);
    expect([new Set(niks).size, niks.filter((nik) => nik.endsWith('0')).length]).toEqual([all, zeros]);
    expect(said(niks) !== undefined).toBe(refused);
  });

  test('one person in many rows is counted once', () => {
    expect(said(Array<string>(500).fill('5371010107900010'))).toBeUndefined();
  });

  test.each([1, 2, 3, 5, 20, 400])('a file of %i residents whose NIKs Excel cut is refused', (size) => {
    const niks = createPopulation({ residents: 800, asn: 10, seed: 7 }).residents.slice(0, size).map(({ nik }) => nik);
    expect(said(niks.map(cut))).toMatch(/^baris \d+/);
    // Only a third was typed as a number.
    if (size >= 3) expect(said(niks.map((nik, i) => (i % 3 === 0 ? cut(nik) : nik)))).toMatch(/^baris \d+/);
  });

  test('no false alarm in 1,000 files of good residents, whatever their size', () => {
    const { residents } = createPopulation({ residents: 10_000, asn: 50, seed: 11 });
    const random = createRandom(3);
    for (let file = 0; file < 1_000; file++) {
      const size = [1, 2, 3, 4, 5, 8, 20, 40, 100, 250][file % 10]!;
      const from = Math.floor(random.next() * (residents.length - size));
      const some = residents.slice(from, from + size);
      expect([file, said(some.map(({ nik }) => nik))]).toEqual([file, undefined]);
      expect([file, said(some.map(({ no_kk }) => no_kk), { column: 'NO_KK' })]).toEqual([file, undefined]);
    }
  });

  test('nor where running numbers are large and their last digits all alike', () => {
    const random = createRandom(5);
    const nik = (): string => `537101${String(1 + Math.floor(random.next() * 28)).padStart(2, '0')}0179${String(1 + Math.floor(random.next() * 9999)).padStart(4, '0')}`;
    for (let file = 0; file < 1_000; file++) expect([file, said(Array.from({ length: 5 + (file % 120) }, nik))]).toEqual([file, undefined]);
  });

  test('nor in a hundred files of good NIPs', () => {
    const { employees } = createPopulation({ residents: 3_000, asn: 1_000, seed: 13 });
    for (let file = 0; file < 100; file++) expect(said(employees.slice(file * 10, file * 10 + 10).map(({ nip }) => nip), { column: 'NIP' })).toBeUndefined();
  });
});

describe('accounts and other long numbers', () => {
  const padded = (n: number, length: number): string => String(n).padStart(length, '0');
  const accounts = ['1300012345678931', '1300098765432112', '1300045678912373', '1300011122233364', '1300077788899925', '1300055566677896'];

  test('a column of long accounts that Excel cut is refused', () => {
    expect(said(accounts.map(cut), { column: 'NOREK' })).toBe('baris 2 dan 5 lagi: (6 dari 6 nomor berakhiran nol, wajarnya 1 dari 10)');
    expect(said(accounts.map((account) => cut(`${account}77`)), { column: 'NOREK' })).toMatch(/6 dari 6/);
    expect(said(accounts, { column: 'NOREK' })).toBeUndefined();
  });

  test('text of a workbook that really ends in zeros passes, and so does a column that is said to', () => {
    expect(said(accounts.map(cut), { column: 'NOREK', typed: true })).toBeUndefined();
    expect(said(accounts.map(cut), { column: 'NOREK', zeros: ['NOREK'] })).toBeUndefined();
    expect(said(['5,37101E+15'], { column: 'NOREK', zeros: ['NOREK'] })).toBe('baris 2: (tertulis "5,37101E+15")');
  });

  test.each<[string, (n: number) => string]>([
    ['NPWP of bodies, which begin with 0 and end in 000', (n) => `00${String(12345678 + n * 7919)}922000`],
    ['census blocks, which end in 00', (n) => `5371${padded((n % 6) * 10 + 10, 3)}${padded((n % 9) + 1, 3)}${padded(n + 1, 4)}00`],
    ['NOP of parcels, which end in 0', (n) => `5371${padded((n % 6) * 10 + 10, 3)}${padded((n % 9) + 1, 3)}001${padded(n + 1, 4)}0`],
    ['accounts of one kind, which end in 530', (n) => `1300${String(100000000 + n * 1234567).slice(0, 9)}530`],
    ['accounts of 15 digits', (n) => `130${String(100000000 + n * 1234567).slice(0, 9)}000`],
    ['letters between', (n) => `SK-${String(1000000000000000 + n * 1000)}`],
  ])('%s are no alarm', (_, number) => {
    expect(said(Array.from({ length: 300 }, (_unused, n) => number(n)), { column: 'NOMOR' })).toBeUndefined();
  });
});
