import { describe, expect, test } from '@jest/globals';
import { compileDate, compileTimestamp, compileWriter, formatFault } from './dates.js';
import { Problem } from './problem.js';

describe('dates become yyyy-MM-dd', () => {
  const cases: [formats: string[], input: unknown, output: string][] = [
    [['yyyy-MM-dd'], '2026-11-24', '2026-11-24'],
    [['yyyy-MM-dd', 'dd-MM-yyyy'], '24-11-2026', '2026-11-24'],
    [['dd.MM.yyyy'], '01.02.1980', '1980-02-01'],
    [['dd/MM/yyyy'], ' 29/02/2024 ', '2024-02-29'],
    [['d/M/yyyy'], '5/1/2026', '2026-01-05'],
    [['yyyyMMdd'], '20261124', '2026-11-24'],
    [['yyyyMMdd'], 20261124, '2026-11-24'],
    [['dd-MM-yyyy HH:mm:ss'], '24-11-2026 23:59:59', '2026-11-24'],
    [['d MMMM yyyy'], '5 Pebruari 1999', '1999-02-05'],
    [['d MMMM yyyy'], '17  Agustus  1945', '1945-08-17'],
    [['dd MMM yyyy'], '01 Des 2025', '2025-12-01'],
    [['excel'], 46350, '2026-11-24'],
    [['excel'], '46350', '2026-11-24'],
    [['excel'], 46350.75, '2026-11-24'],
    [['iso'], '2026-11-24T10:00:00', '2026-11-24'],
    [['iso'], '2026-11-24T17:00:00Z', '2026-11-25'],
    [['iso'], '2026-11-24T15:59:59.999Z', '2026-11-24'],
    [['epoch-ms'], 1795478400000, '2026-11-24'],
    [['yyyy-MM-dd'], new Date('2026-11-24T00:00:00Z'), '2026-11-24'],
  ];
  test.each(cases)('%j reads %j', (formats, input, output) => {
    expect(compileDate(formats, 'Asia/Makassar')(input)).toBe(output);
  });
});

test.each([
  [['yyyy-MM-dd'], '2026-02-29'],
  [['yyyy-MM-dd'], '0000-00-00'],
  [['yyyy-MM-dd'], '2026-11-24 00:00:00'],
  [['dd/MM/yyyy'], '11/24/2026'],
  [['dd/MM/yyyy'], '1/2/2026'],
  [['dd-MM-yyyy'], '01-01-0001'],
  [['excel'], 60],
  [['excel'], '24-11-2026'],
  [['yyyy-MM-dd'], 46350],
  [['yyyy-MM-dd'], true],
  [['dd MMM yyyy'], '01 Xyz 2025'],
  [['iso'], new Date(Number.NaN)],
])('%j refuses %j', (formats, input) => {
  expect(compileDate(formats, 'Asia/Makassar')(input)).toBeInstanceOf(Problem);
});

test('a refusal names the accepted formats and the outline of the value, not the value', () => {
  const problem = compileDate(['yyyy-MM-dd', 'dd-MM-yyyy'], 'Asia/Makassar')('17 Agustus 1945') as Problem;
  expect(problem.message).toBe('bukan tanggal yang dikenal (berbentuk "99 Aaaaaaa 9999", yang diterima yyyy-MM-dd, dd-MM-yyyy)');
});

test.each([
  ['a day that is not in the calendar', ['dd/MM/yyyy'], '31/02/2024', 'bukan tanggal yang ada di kalender (dibaca sebagai dd/MM/yyyy)', 'Betulkan tanggalnya; bila nilai ini berarti kosong, tambahkan pada "empty"'],
  ['a date cell of Excel', ['dd/MM/yyyy'], '2024-02-29', 'bukan tanggal yang dikenal (berbentuk "9999-99-99", yang diterima dd/MM/yyyy)', 'Tulis tanggal seperti dd/MM/yyyy, atau tambahkan iso pada "formats"'],
])('%s is told apart', (_, formats, input, message, repair) => {
  expect(compileDate(formats, 'Asia/Makassar')(input)).toEqual(new Problem(message, 'mapping', repair));
});

test.each([
  [['iso'], 'Asia/Makassar', '2026-11-24 09:02:03', '2026-11-24T01:02:03.000Z'],
  [['iso'], 'Asia/Jayapura', '2026-11-24T09:02', '2026-11-24T00:02:00.000Z'],
  [['iso'], 'Asia/Makassar', '2026-11-24T09:02:03.456789+07:00', '2026-11-24T02:02:03.456Z'],
  [['dd/MM/yyyy HH.mm'], 'Asia/Makassar', '24/11/2026 00.30', '2026-11-23T16:30:00.000Z'],
  [['yyyy-MM-ddTHH:mm:ssXXX'], 'Asia/Makassar', '2026-11-24T09:02:03+0800', '2026-11-24T01:02:03.000Z'],
  [['excel'], 'Asia/Makassar', 46350.5, '2026-11-24T04:00:00.000Z'],
  [['epoch'], 'Asia/Makassar', '1795482123', '2026-11-24T01:02:03.000Z'],
  [['iso'], 'Europe/Amsterdam', '2026-07-01 12:00:00', '2026-07-01T10:00:00.000Z'],
  [['yyyy-MM-dd'], 'Asia/Makassar', '2026-11-24', '2026-11-23T16:00:00.000Z'],
])('a time in %j of %s: %j is %s', (formats, zone, input, output) => {
  expect(compileTimestamp(formats, zone)(input)).toBe(output);
});

test.each([
  ['dd-MM-yyyy', '2026-11-24', '24-11-2026'],
  ['d MMMM yyyy', '2026-02-05', '5 Februari 2026'],
  ['yyyyMMdd', '2026-11-24', '20261124'],
  ['dd/MM/yyyy HH:mm', '2026-11-23T16:30:00.000Z', '24/11/2026 00:30'],
  ['iso', '2026-11-24T01:02:03.000Z', '2026-11-24T09:02:03.000+08:00'],
  ["dd 'pukul' HH", '2026-11-24T01:02:03.000Z', '24 pukul 09'],
  ['epoch', '2026-11-24T01:02:03.000Z', '1795482123'],
])('%s writes %s as %s', (format, iso, output) => {
  expect(compileWriter(format, 'Asia/Makassar')(iso)).toBe(output);
});

test('a format that cannot be understood is refused with its unknown part', () => {
  expect(formatFault('dd-mmm-yyyy')).toBe('format tanggal "dd-mmm-yyyy" berisi "m" yang tidak dikenal; gunakan yyyy MM MMM MMMM dd d HH mm ss SSS XXX, iso, excel, epoch atau epoch-ms');
  expect(formatFault('dd-mm-yyyy')).toBe('format tanggal "dd-mm-yyyy" tidak memuat tahun (yyyy), bulan (MM) dan hari (dd)');
  expect(formatFault('dd-MM-yyyy')).toBeUndefined();
});
