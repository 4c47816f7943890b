import { describe, expect, test } from '@jest/globals';
import { civilDay, civilText, instant } from '../calendar.js';
import { FORMATS, type FormatName } from './formats.js';

const WILAYAH = new Set(['53.71', '53.71.01', '53.71.01.1001']);

/** "message" for what keeps a record out, "? message" for a warning. */
function check(format: FormatName, text: string, record: Record<string, unknown> = {}, field: string = format): string[] {
  const found = FORMATS[format].check(text, { record, field, wilayah: WILAYAH, today: '2026-11-24' });
  return (found ?? []).map((fault) => (fault.warn ? `? ${fault.message}` : fault.message));
}

const BORN = '? tanggal lahir di NIK berbeda dari kolom tanggal_lahir';
const SEX = '? jenis kelamin di NIK berbeda dari kolom jenis_kelamin';

describe('NIK', () => {
  test.each<[string, string, Record<string, unknown>, string[]]>([
    ['a man of the city', '5371011407900001', { tanggal_lahir: '1990-07-14', jenis_kelamin: '1' }, []],
    ['a woman has 40 added to the day', '5371015407900002', { tanggal_lahir: '1990-07-14', jenis_kelamin: 'PEREMPUAN' }, []],
    ['registered elsewhere first', '9171011407900001', {}, []],
    ['born on a leap day', '5371012902960001', { tanggal_lahir: '1996-02-29' }, []],
    ['15 digits', '537101140790001', {}, ['15 angka, seharusnya 16']],
    ['17 digits', '53710114079000011', {}, ['17 angka, seharusnya 16']],
    ['empty', '', {}, ['0 angka, seharusnya 16']],
    ['letters', '53710114O7900001', {}, ['berisi selain angka']],
    ['spaces', '5371 0114 0790 0001', {}, ['berisi selain angka']],
    ['what Excel makes of it', '5,37101E+15', {}, ['angka dalam bentuk ringkas (E+)']],
    ['zeros that Excel left', '5371011407900000', {}, ['nomor urut 0000 tidak pernah diterbitkan']],
    ['an unknown province', '0071011407900001', {}, ['? kode wilayah di NIK tidak dikenal']],
    ['an unknown kecamatan of the city', '5371091407900001', {}, ['? kode wilayah di NIK tidak dikenal']],
    ['no such day', '5371013202900001', {}, ['? bagian tanggal lahir di NIK bukan tanggal']],
    ['30 February', '5371013002900001', {}, ['? bagian tanggal lahir di NIK bukan tanggal']],
    ['29 February of a common year', '5371012902950001', {}, ['? bagian tanggal lahir di NIK bukan tanggal']],
    ['month 13', '5371011413900001', {}, ['? bagian tanggal lahir di NIK bukan tanggal']],
    ['another birth date', '5371011407900001', { tanggal_lahir: '1991-07-14' }, [BORN]],
    ['another sex', '5371011407900001', { jenis_kelamin: '2' }, [SEX]],
    ['everything odd at once', '5371091407900001', { tanggal_lahir: '1990-07-15', jenis_kelamin: 'P' }, ['? kode wilayah di NIK tidak dikenal', BORN, SEX]],
  ])('%s', (_name, text, record, expected) => expect(check('nik', text, record)).toEqual(expected));

  test('of a parent is not compared with the birth date of the child', () => {
    expect(check('nik', '5371011407600001', { tanggal_lahir: '1990-07-14', jenis_kelamin: '2' }, 'nik_ayah')).toEqual([]);
  });
});

describe('NIP', () => {
  const pns = '199007142015031001';
  const pppk = '199007142024241001';
  test.each<[FormatName, string, Record<string, unknown>, string[]]>([
    ['nip', pns, { tanggal_lahir: '1990-07-14', jenis_kelamin: '1' }, []],
    ['nip', pppk, {}, []],
    ['nip_pns', pns, {}, []],
    ['nip_pppk', pppk, {}, []],
    ['nip_pns', pppk, {}, ['angka ke-13 dan ke-14 bukan bulan TMT CPNS']],
    ['nip', '19900714201503100', {}, ['17 angka, seharusnya 18']],
    ['nip', '199007142015031000', {}, ['nomor urut 000 tidak pernah diterbitkan']],
    ['nip', '199002302015031001', {}, ['delapan angka pertama bukan tanggal lahir']],
    ['nip', '199007142077031001', {}, ['angka ke-9 sampai ke-12 bukan tahun pengangkatan']],
    ['nip', '199007141991031001', {}, ['angka ke-9 sampai ke-12 bukan tahun pengangkatan']],
    ['nip', '199007142015033001', {}, ['angka ke-15 harus 1 (pria) atau 2 (wanita)']],
    ['nip', pns, { tanggal_lahir: '1990-07-15', jenis_kelamin: 'P' }, ['? tanggal lahir di NIP berbeda dari kolom tanggal_lahir', '? jenis kelamin di NIP berbeda dari kolom jenis_kelamin']],
    ['nip_lama', '131234567', {}, []],
    ['nip_lama', '13123456', {}, ['8 angka, seharusnya 9']],
  ])('%s %s %j', (format, text, record, expected) => expect(check(format, text, record, 'nip')).toEqual(expected));
});

describe('other formats', () => {
  test.each<[FormatName, string, string[]]>([
    ['no_kk', '5371010107150001', []],
    ['no_kk', '537101010715001', ['15 angka, seharusnya 16']],
    ['no_kk', '5371014107150001', ['? bagian tanggal di nomor KK bukan tanggal']],
    ['no_kk', '5371010107150000', ['nomor urut 0000 tidak pernah diterbitkan']],
    ['no_kk', '5371080107150001', ['? kode wilayah di nomor KK tidak dikenal']],
    ['npwp', '5371011407900001', []],
    ['npwp', '012345678901000', ['? 15 angka (bentuk lama), seharusnya 16']],
    ['npwp', '01.234.567.8-901.000', ['berisi selain angka']],
    ['npwp', '12345', ['5 angka, seharusnya 16']],
    ['npwp', '0000000000000000', ['hanya angka nol']],
    ['rekening', '0010000001', []],
    ['rekening', '1234567', ['7 angka, seharusnya 8 sampai 20']],
    ['rekening', '123456789012345678901', ['21 angka, seharusnya 8 sampai 20']],
    ['rekening', '001-000-0001', ['berisi selain angka']],
    ['kode_wilayah', '53.71.01.1001', []],
    ['kode_wilayah', '53.71', []],
    ['kode_wilayah', '32.73.05.1002', []],
    ['kode_wilayah', '5371011001', ['kode wilayah ditulis tanpa titik']],
    ['kode_wilayah', '53.71.01.1099', ['kode wilayah ini tidak ada di Kota Kupang']],
    ['kode_wilayah', '99.01', ['kode provinsi tidak dikenal']],
    ['kode_wilayah', 'Namosain', ['bukan kode wilayah']],
    ['telepon', '081234567890', []],
    ['telepon', '+6281234567890', []],
    ['telepon', '0380821234', []],
    ['telepon', '0812-3456-7890', ['berisi selain angka']],
    ['telepon', '81234567890', ['nomor telepon harus mulai dengan 0 atau +62']],
    ['telepon', '0812', ['panjang nomor telepon tidak wajar']],
    ['telepon', '0000000000', ['panjang nomor telepon tidak wajar']],
    ['email', 'a.b+c@kupangkota.go.id', []],
    ['email', 'a@b', ['bukan alamat email']],
    ['email', 'a@b.id, c@d.id', ['bukan alamat email']],
    ['email', '-', ['bukan alamat email']],
    ['periode', '2026-11', []],
    ['periode', '2026-13', ['bukan periode']],
    ['periode', '11-2026', ['bukan periode']],
    ['tanggal_lahir', '1990-07-14', []],
    ['tanggal_lahir', '2026-11-24', []],
    ['tanggal_lahir', '2026-11-25', ['tanggal di masa depan']],
    ['tanggal_lahir', '1901-01-01', ['? umur lebih dari 120 tahun']],
    ['tanggal_lampau', '2027-01-01', ['tanggal di masa depan']],
    ['tanggal_lampau', '1905-01-01', []],
  ])('%s %s', (format, text, expected) => expect(check(format, text)).toEqual(expected));

  test('a long hostile text is answered at once', () => {
    const started = process.cpuUsage().user;
    expect(check('email', `${'a'.repeat(100_000)}@`)).toEqual(['bukan alamat email']);
    expect(check('email', `a@${'a-'.repeat(110)}`)).toEqual(['bukan alamat email']);
    expect(process.cpuUsage().user - started).toBeLessThan(500_000);
  });
});

describe('the calendar', () => {
  test.each<[string, number]>([['1970-01-01', 0], ['1969-12-31', -1], ['2000-02-29', 11016], ['1900-03-01', -25508], ['2026-11-24', 20781], ['0001-01-01', -719162], ['9999-12-31', 2932896]])('%s is day %d', (text, day) => {
    expect(civilDay(text)).toBe(day);
    expect(civilText(day)).toBe(text);
  });

  test.each(['1900-02-29', '2023-02-29', '2026-13-01', '2026-00-10', '2026-04-31', '0000-00-00', '2026-1-01', '26-01-01', '2026/01/01', '20260101', '2026-01-01T', 'abcd-ef-gh', ''])('%j is no date', (text) => {
    expect(civilDay(text)).toBeUndefined();
  });

  test.each<[string, number | undefined]>([
    ['1970-01-01T00:00:00Z', 0], ['2026-11-24T01:02:03.000Z', 1795482123000], ['2026-11-24T01:02:03.5Z', 1795482123500], ['2026-11-24T01:02:03.123456Z', 1795482123123], ['1969-12-31T23:59:59.999Z', -1],
    ['2026-11-24T01:02:03', undefined], ['2026-11-24T24:00:00Z', undefined], ['2026-11-24T01:60:00Z', undefined], ['2026-11-24 01:02:03Z', undefined], ['2026-02-30T01:02:03Z', undefined],
    ['2026-11-24T01:02:03.Z', undefined], ['2026-11-24T01:02:03+08:00', undefined],
  ])('%s is moment %d', (text, millis) => expect(instant(text)).toBe(millis));
});
