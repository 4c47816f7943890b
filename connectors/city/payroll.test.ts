import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { Employee } from './employees.js';
import { payLine, payroll, totalOf } from './payroll.js';
import { createPopulation } from './population.js';
import { SIMGAJI_COLUMNS, simgajiView } from './simgaji.js';

const { employees } = createPopulation({ residents: 1500, asn: 200 });
const teacher: Employee = {
  nip: '198001152005012001', id_pns: 'x', nik: '5371015501800001', no_kk: '5371010101100001', nama: 'MARIA UJI BENU', gelar_depan: null, gelar_belakang: 'S.Pd', tempat_lahir: 'KUPANG', tanggal_lahir: '1980-01-15', jenis_kelamin: '2',
  agama: '2', status_kawin: '1', status_pegawai: 'PNS', kedudukan_hukum: '01', golongan: 'III/d', golongan_id: '34', tmt_golongan: '2017-01-01', masa_kerja_tahun: 20, masa_kerja_bulan: 5, jenis_jabatan: '2', jabatan: 'GURU AHLI MUDA',
  eselon_id: null, tmt_jabatan: '2020-01-01', tunjangan_jabatan: 300_000, kode_skpd: '101', skpd: 'DINAS PENDIDIKAN DAN KEBUDAYAAN', unor_id: 'u', pendidikan: '8', tmt_cpns: '2005-01-01', tmt_pns: '2006-01-01', tmt_pensiun: '2038-02-01',
  alamat: 'Jl. Uji No. 1', kode_wilayah: '53.71.01.1001', no_hp: '081212345678', email: 'maria@contoh.kupangkota.go.id', npwp: '5371015501800001', kode_bank: '130', nama_bank: 'BANK NTT', rekening: '0123456789012',
  nik_pasangan: '5371011501780001', nip_pasangan: null, nik_anak: ['5371010101100002', '5371010101120003'], jumlah_pasangan: 1, jumlah_anak: 2, tertinggal_di_siasn: false,
};
const cents = (amount: string): bigint => BigInt(amount.replace('.', ''));
const month = (offset: number): string => `2026-${String(3 + offset).padStart(2, '0')}`;

test('a line worked out by hand', () => {
  expect(payLine(teacher, '2026-11')).toMatchObject({
    jenis_gaji: 'INDUK', gaji_pokok: '4301400.00', tk_tunjangan_istri: '430140.00', tk_tunjangan_anak: '172056.00', tj_tunjangan_fungsional: '300000.00', tj_tunjangan_struktural: '0.00', tunjangan_umum: '0.00', tj_beras: '289680.00',
    tj_pajak: '26018.00', tj_askes: '172056.00', tj_jkk: '10323.00', tj_jkm: '30970.00', pembulatan: '64.00', kotor: '5732707.00', pot_iwp8: '344112.00', pot_iwp2: '86028.00', pot_iwp: '430140.00', potongan: '669507.00', bersih: '5063200.00',
  });
});

test('every line adds up: components to kotor, deductions to potongan, kotor less potongan to bersih, in full hundreds', () => {
  const lines = payroll(employees, '2025-07');
  expect(lines).toHaveLength(200);
  for (const line of lines) {
    const sum = (...names: (keyof typeof line)[]): bigint => names.reduce((total, name) => total + cents(String(line[name])), 0n);
    expect(sum('gaji_pokok', 'tk_tunjangan_istri', 'tk_tunjangan_anak', 'tj_tunjangan_struktural', 'tj_tunjangan_fungsional', 'tunjangan_umum', 'tj_beras', 'tj_pajak', 'tj_askes', 'tj_jkk', 'tj_jkm', 'pembulatan')).toBe(cents(line.kotor));
    expect(sum('pot_iwp', 'pot_askes', 'pot_pajak', 'pot_jkk', 'pot_jkm')).toBe(cents(line.potongan));
    expect(sum('pot_iwp8', 'pot_iwp2')).toBe(cents(line.pot_iwp));
    expect(cents(line.kotor) - cents(line.potongan)).toBe(cents(line.bersih));
    expect(cents(line.bersih) % 10_000n).toBe(0n);
  }
});

test('after a death with heirs: the month itself as ever, four months gaji terusan, then nothing', () => {
  const deaths = new Map([[teacher.nip, '2026-03-09']]);
  expect([0, 1, 2, 3, 4, 5].map((offset) => payroll([teacher], month(offset), deaths).map((line) => line.jenis_gaji))).toEqual([['INDUK'], ['TERUSAN'], ['TERUSAN'], ['TERUSAN'], ['TERUSAN'], []]);
});

test('without heirs, or for a PPPK, a death ends the pay', () => {
  const deaths = new Map([[teacher.nip, '2026-03-09']]);
  expect(payroll([{ ...teacher, jumlah_pasangan: 0, jumlah_anak: 0 }], month(1), deaths)).toEqual([]);
  expect(payroll([{ ...teacher, status_pegawai: 'PPPK', golongan: 'IX', golongan_id: null }], month(1), deaths)).toEqual([]);
});

test('who has retired is paid no more from that month on', () => {
  const one = { ...teacher, tmt_pensiun: '2026-04-01' };
  expect([payroll([one], month(0)).length, payroll([one], month(1)).length]).toEqual([1, 0]);
});

test('the total of a batch is exact', () => {
  expect(totalOf([payLine(teacher, '2026-11'), payLine({ ...teacher, nip: '198001152005012002' }, '2026-11')])).toBe('10126400.00');
});

test('the export has the columns of Simgaji, all text, in whole rupiah', () => {
  const row = simgajiView(payLine(teacher, '2026-11', 'TERUSAN'));
  expect(Object.keys(row)).toEqual([...SIMGAJI_COLUMNS]);
  expect(row).toMatchObject({ TGLGAJI: '2026-11-01', NIP: '198001152005012001', KDPANGKAT: '34', KD_JNS_PEG: '2', GAPOK: '4301400', KOTOR: '5732707', POTONGAN: '669507', BERSIH: '5063200', KDSTAWIN: '1', CATATAN: 'GAJI TERUSAN' });
  expect(Object.values(row).every((value) => typeof value === 'string')).toBe(true);
});

test('fields are those of the contract', () => {
  const contract = (JSON.parse(readFileSync('schemas/keuangan/gaji.avsc', 'utf8')) as { fields: { name: string }[] }).fields.map((field) => field.name);
  expect(Object.keys(payLine(teacher, '2026-11')).filter((name) => !contract.includes(name))).toEqual([]);
});
