/** What the agencies hold on the first day: every flow of the backbone has something to carry. */
import { join } from 'node:path';
import type { JsonObject } from '../../hub/record.js';
import type { PaymentOrder } from '../bkd/simulator.js';
import type { Employee } from './employees.js';
import type { LifeEvent } from './events.js';
import { registeredEvents } from './events.js';
import { putCsv, putXlsx } from './files.js';
import { type PayLine, payroll, totalOf } from './payroll.js';
import type { Population } from './population.js';
import type { Resident } from './residents.js';
import { simgajiView } from './simgaji.js';

/** Changes of the past lie a minute apart, so that a reader's overlap of a minute is a row or two and not everybody. */
function changedBefore(index: number): string {
  return new Date(Date.parse('2026-01-01T00:00:00Z') - (index + 1) * 60_000).toISOString();
}

/** Rows of a database filled at once, each with a time of change of its own. */
export function inPast(rows: readonly JsonObject[], column: string): JsonObject[] {
  return rows.map((row, index) => ({ ...row, [column]: changedBefore(index) }));
}

/** A resident as a row of Dispenduk's database. */
export function siakRow(resident: Resident): JsonObject {
  return {
    nik: resident.nik, no_kk: resident.no_kk, nama_lgkp: resident.nama_lengkap, jenis_klmin: Number(resident.jenis_kelamin), tmpt_lhr: resident.tempat_lahir, tgl_lhr: resident.tanggal_lahir,
    no_akta_lhr: null, agama: Number(resident.agama), gol_drh: Number(resident.golongan_darah), pddk_akh: Number(resident.pendidikan), jenis_pkrjn: Number(resident.pekerjaan), stat_kwn: Number(resident.status_kawin),
    stat_hbkel: Number(resident.hubungan_keluarga), nik_ayah: resident.nik_ayah, nama_lgkp_ayah: resident.nama_ayah, nik_ibu: resident.nik_ibu, nama_lgkp_ibu: resident.nama_ibu, alamat: resident.alamat,
    no_rt: Number(resident.rt), no_rw: Number(resident.rw), kode_kelurahan: resident.kode_kelurahan, stat_dasar: Number(resident.status_dasar),
  };
}

/** An employee as a row of SIMPEG. */
export function simpegRow(employee: Employee): JsonObject {
  const { nip, nik, no_kk, nama, gelar_depan, gelar_belakang, tempat_lahir, tanggal_lahir, status_pegawai, golongan, golongan_id, tmt_golongan, jenis_jabatan, jabatan, tmt_jabatan, kode_skpd, unor_id, tmt_cpns, tmt_pensiun, alamat, kode_bank, rekening, nik_pasangan, jumlah_anak } = employee;
  return { nip, nik, no_kk, nama, gelar_depan, gelar_belakang, tempat_lahir, tanggal_lahir, jenis_kelamin: employee.jenis_kelamin === '1' ? 'L' : 'P', status_pegawai, golongan, golongan_id, tmt_golongan, jenis_jabatan, jabatan, tmt_jabatan, kode_skpd, nama_skpd: employee.skpd, unor_id, tmt_cpns, tmt_pensiun, alamat, kode_bank, rekening, nik_pasangan, jumlah_anak };
}

/** Life events in the columns of the released file. */
export function putEvents(files: string, name: string, events: readonly LifeEvent[]): void {
  const day = (date: string): string => date.split('-').reverse().join('-');
  putCsv(join(files, 'dispenduk/peristiwa'), `peristiwa-${name}.csv`, events.map((event) => ({
    ID_PERISTIWA: event.id_peristiwa, JENIS: event.jenis, NIK: event.nik, NO_KK: event.no_kk, NAMA_LGKP: event.nama_lengkap, TGL_PERISTIWA: day(event.tanggal_peristiwa), TGL_LAPOR: day(event.tanggal_lapor),
    NO_AKTA: event.no_akta ?? '', NIK_IBU: event.nik_ibu ?? '', KEL_ASAL: event.kode_kelurahan_asal ?? '', KEL_TUJUAN: event.kode_kelurahan_tujuan ?? '', ALAMAT_TUJUAN: event.alamat_tujuan ?? '',
  })));
}

export interface Payday {
  readonly lines: readonly PayLine[];
  readonly warrant: JsonObject;
  readonly order: PaymentOrder;
}

/** Payroll, SP2D and payment order of a month, which agree with each other. `number` counts the SP2D of the year. */
export function payday(employees: readonly Employee[], month: string, number: number, deaths: ReadonlyMap<string, string>): Payday {
  const lines = payroll(employees, month, deaths);
  const total = totalOf(lines);
  const sp2d = `53.71/04.0/${String(number).padStart(6, '0')}/LS/5.02.0.00.0.00.01.0000/M/${Number(month.slice(5))}/${month.slice(0, 4)}`;
  return {
    lines,
    warrant: {
      id_sp_2_d: String(530_000 + number), nomor_sp_2_d: sp2d, tanggal_sp_2_d: `${month}-01 00:00:00`, jenis_sp_2_d: 'LS', jenis_ls_sp_2_d: 'gaji', nilai_sp_2_d: total, keterangan_sp_2_d: `Gaji ${month}`,
      nomor_spm: sp2d.replace('/04.0/', '/03.0/'), tanggal_spm: '0001-01-01 00:00:00', kode_skpd: '5.02.0.00.0.00.01.0000', nama_skpd: 'BADAN KEUANGAN DAN ASET DAERAH', is_gaji: '0', bulan_gaji: String(Number(month.slice(5))), tahun_gaji: month.slice(0, 4), tahun: month.slice(0, 4),
    },
    order: {
      id_batch: `GAJI-${month}-${number}`, nomor_sp2d: sp2d, tanggal: `${month}-01`, rekening_sumber: '0010000001', jumlah_baris: lines.length, total,
      baris: lines.map((line) => ({ nip: line.nip, nama: line.nama, kode_bank: line.kode_bank, rekening: line.rekening, jumlah: line.bersih, keterangan: `Gaji ${month}` })),
    },
  };
}

export function putPayroll(files: string, month: string, lines: readonly PayLine[]): void {
  putCsv(join(files, 'bkd/gaji'), `gaji-${month}.csv`, lines.map(simgajiView));
}

/** The agencies that are configured, not coded, and the events that Dispenduk released before. */
export async function putFirstFiles(files: string, population: Population, today: string): Promise<void> {
  const { kelurahan } = population.reference;
  putEvents(files, 'awal', registeredEvents(population, 200));
  const slash = today.split('-').reverse().join('/');
  putCsv(join(files, 'kominfo/wifi'), 'titik-wifi.csv', ['Taman Nostalgia', 'Taman Tirosa', 'Pantai Warna Oesapa', 'Fontein', 'Kampung Solor', 'Ketapang Satu', 'Kantor Wali Kota', 'RSUD S.K. Lerik', 'Kantor Camat Kelapa Lima', 'Perumnas Nefonaek'].map((lokasi, i) => ({
    Kode: `WIFI-${String(i + 1).padStart(3, '0')}`, Lokasi: lokasi, Jenis: i < 3 ? 'Taman' : i === 7 ? 'Fasyankes' : i > 5 ? 'Kantor' : 'Lainnya', 'Kode Kelurahan': kelurahan[(i * 5) % kelurahan.length]!.kode, Penyedia: i % 2 ? 'Intermedia' : 'Biznet', Mbps: 50, Biaya: '450.000,00', Status: 'Aktif',
  })));
  putCsv(join(files, 'dispenduk/pojok'), 'kegiatan-pojok.csv', ['Mengenal IKD', 'Membuat surel', 'Belajar mengetik', 'Membaca bersama'].map((judul, i) => ({
    Nomor: `PTB-${i + 1}`, Pojok: 'Pojok Teknologi dan Belajar', 'Kode Kelurahan': kelurahan[i * 7]!.kode, Tanggal: slash, Judul: judul, Pengajar: 'Petugas Dispenduk', 'Laki-laki': 8 + i, Perempuan: 11 + i,
  })), ',');
  const calls = population.residents.slice(0, 24).map((one, i) => ({
    'No. Panggilan': `BKS-${today.replaceAll('-', '')}-${String(i + 1).padStart(3, '0')}`, Waktu: `${slash} ${String(i).padStart(2, '0')}:15`, 'Nama Pasien': one.nama_lengkap, Alamat: one.alamat, 'Kode Kelurahan': one.kode_kelurahan, Keluhan: i % 2 ? 'Demam tinggi' : 'Sesak napas',
    Kontak: `0812${String(30_000_000 + i)}`, Triase: i % 3 ? 'Kuning' : 'Merah', Ambulans: `AMB-${(i % 4) + 1}`, Tindakan: i % 3 ? 'Di tempat' : 'Dirujuk', Rujukan: i % 3 ? '' : 'RSUD S.K. Lerik',
  }));
  await putXlsx(join(files, 'dinkes/bks'), 'panggilan-bks.xlsx', 'BRIGADE KUPANG SEHAT – REKAP PANGGILAN', { 'Giliran 1': calls.slice(0, 12), 'Giliran 2': calls.slice(12) });
}

/** Permits in the words of SiCantik. */
export function permits(population: Population, today: string): JsonObject[] {
  return population.residents.slice(100, 112).map((one, i) => ({
    id_proses_permohonan: 900_000 + i, permohonan_izin_id: 1000 + i, no_permohonan: `IZN-${i + 1}`, no_izin: i % 2 ? `503/${i}/DPMPTSP/2026` : '', jenis_izin: i % 2 ? 'Surat Izin Praktik Dokter' : 'Izin Trayek', jenis_permohonan: 'Baru', jenis_proses_id: i % 2 ? 40 : 2,
    nama_proses: i % 2 ? 'Izin terbit' : 'Pendaftaran', status: i % 2 ? 'Selesai' : 'Proses', tgl_pengajuan: `${today} 08:30:00`, tgl_penetapan: i % 2 ? `${today} 14:00:00` : '0000-00-00 00:00:00', nama: one.nama_lengkap, alamat: one.alamat, lokasi_izin: '',
  }));
}
