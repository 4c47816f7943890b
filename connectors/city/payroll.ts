/** The payroll of a month as Simgaji computes it, in whole rupiah. Amounts resemble the tables in force and are no authority on them. */
import { type Employee, GRADES } from './employees.js';

export type PayKind = 'INDUK' | 'TERUSAN';

/** Names as in the contract of `keuangan.gaji`; money is decimal text with two digits. */
export interface PayLine {
  readonly nip: string;
  /** YYYY-MM */
  readonly periode: string;
  readonly jenis_gaji: PayKind;
  readonly tanggal_gaji: string;
  readonly nama: string;
  readonly gelar_depan: string | null;
  readonly gelar_belakang: string | null;
  readonly jenis_kelamin: '1' | '2';
  readonly tanggal_lahir: string;
  readonly nik: string;
  readonly npwp: string;
  readonly status_kawin: string;
  readonly jumlah_istri: number;
  readonly jumlah_anak: number;
  readonly kode_jenis_pegawai: '2' | '4';
  readonly golongan: string;
  readonly masa_kerja_golongan: number;
  readonly kode_eselon: string | null;
  readonly gaji_pokok: string;
  readonly tk_tunjangan_istri: string;
  readonly tk_tunjangan_anak: string;
  readonly tj_tunjangan_struktural: string;
  readonly tj_tunjangan_fungsional: string;
  readonly tunjangan_umum: string;
  readonly tj_beras: string;
  readonly tj_pajak: string;
  readonly tj_askes: string;
  readonly tj_jkk: string;
  readonly tj_jkm: string;
  readonly pembulatan: string;
  readonly kotor: string;
  readonly pot_iwp: string;
  readonly pot_iwp8: string;
  readonly pot_iwp2: string;
  readonly pot_askes: string;
  readonly pot_pajak: string;
  readonly pot_jkk: string;
  readonly pot_jkm: string;
  readonly potongan: string;
  readonly bersih: string;
  readonly kode_skpd: string;
  readonly nama_skpd: string;
  readonly kode_satker: string;
  readonly kode_bank: string;
  readonly nama_bank: string;
  readonly rekening: string;
  readonly catatan: string;
}

/** Longest time of gaji terusan for a PNS with heirs, in months. */
const TERUSAN_MONTHS = 4;

/**
 * Every line of a month (YYYY-MM). `deaths`: day of death by NIP, as far as BKAD knows. A PNS with heirs is followed by four months of gaji terusan, anybody else by nothing;
 * who has retired is left out.
 */
export function payroll(employees: readonly Employee[], month: string, deaths: ReadonlyMap<string, string> = new Map()): PayLine[] {
  return employees.flatMap((employee) => {
    const kind = kindOf(employee, month, deaths.get(employee.nip));
    return kind ? [payLine(employee, month, kind)] : [];
  });
}

function kindOf(employee: Employee, month: string, death: string | undefined): PayKind | undefined {
  if (death !== undefined && death.slice(0, 7) < month) {
    const heirs = employee.jumlah_pasangan + employee.jumlah_anak > 0;
    return employee.status_pegawai === 'PNS' && heirs && monthNumber(month) - monthNumber(death) <= TERUSAN_MONTHS ? 'TERUSAN' : undefined;
  }
  return employee.tmt_pensiun <= `${month}-01` ? undefined : 'INDUK';
}

function monthNumber(date: string): number {
  return Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7));
}

const PNS_BASE = [1_685_700, 1_840_800, 1_918_700, 1_999_900, 2_184_000, 2_385_000, 2_485_900, 2_591_100, 2_785_700, 2_903_600, 3_026_400, 3_154_400, 3_287_800, 3_426_900, 3_571_900, 3_723_000, 3_880_400];
const PPPK_BASE: Record<string, number> = { V: 2_511_500, VII: 2_858_800, IX: 3_203_600, X: 3_339_100 };

/** One line, whether it is due or not. */
export function payLine(employee: Employee, month: string, kind: PayKind = 'INDUK'): PayLine {
  const pns = employee.status_pegawai === 'PNS';
  const base = pns ? PNS_BASE[GRADES.indexOf(employee.golongan as (typeof GRADES)[number])]! : PPPK_BASE[employee.golongan]!;
  const gapok = Math.round((base * 1.0315 ** Math.floor(employee.masa_kerja_tahun / 2)) / 100) * 100;
  const istri = Math.round(gapok * 0.1) * employee.jumlah_pasangan;
  const anak = Math.round(gapok * 0.02) * employee.jumlah_anak;
  const struktural = employee.jenis_jabatan === '1' ? employee.tunjangan_jabatan : 0;
  const fungsional = employee.jenis_jabatan === '2' ? employee.tunjangan_jabatan : 0;
  const umum = struktural + fungsional === 0 ? (employee.golongan.startsWith('IV') ? 190_000 : 185_000) : 0;
  const beras = 72_420 * (1 + employee.jumlah_pasangan + employee.jumlah_anak);
  const pajak = Math.round((gapok + istri + anak + struktural + fungsional + umum) * 0.005);
  const askes = Math.round(gapok * 0.04);
  const jkk = Math.round(gapok * 0.0024);
  const jkm = Math.round(gapok * 0.0072);
  const iwp8 = pns ? Math.round(gapok * 0.08) : 0;
  const iwp2 = Math.round(gapok * 0.02);
  const income = gapok + istri + anak + struktural + fungsional + umum + beras + pajak + askes + jkk + jkm;
  const potongan = iwp8 + iwp2 + askes + pajak + jkk + jkm;
  const pembulatan = (100 - ((income - potongan) % 100)) % 100;
  return {
    nip: employee.nip,
    periode: month,
    jenis_gaji: kind,
    tanggal_gaji: `${month}-01`,
    nama: employee.nama,
    gelar_depan: employee.gelar_depan,
    gelar_belakang: employee.gelar_belakang,
    jenis_kelamin: employee.jenis_kelamin,
    tanggal_lahir: employee.tanggal_lahir,
    nik: employee.nik,
    npwp: employee.npwp,
    status_kawin: { '4': '0', '1': '1', '2': '2', '3': '3' }[employee.status_kawin]!,
    jumlah_istri: employee.jumlah_pasangan,
    jumlah_anak: employee.jumlah_anak,
    kode_jenis_pegawai: pns ? '2' : '4',
    golongan: employee.golongan,
    masa_kerja_golongan: employee.masa_kerja_tahun,
    kode_eselon: employee.eselon_id,
    gaji_pokok: money(gapok),
    tk_tunjangan_istri: money(istri),
    tk_tunjangan_anak: money(anak),
    tj_tunjangan_struktural: money(struktural),
    tj_tunjangan_fungsional: money(fungsional),
    tunjangan_umum: money(umum),
    tj_beras: money(beras),
    tj_pajak: money(pajak),
    tj_askes: money(askes),
    tj_jkk: money(jkk),
    tj_jkm: money(jkm),
    pembulatan: money(pembulatan),
    kotor: money(income + pembulatan),
    pot_iwp: money(iwp8 + iwp2),
    pot_iwp8: money(iwp8),
    pot_iwp2: money(iwp2),
    pot_askes: money(askes),
    pot_pajak: money(pajak),
    pot_jkk: money(jkk),
    pot_jkm: money(jkm),
    potongan: money(potongan),
    bersih: money(income + pembulatan - potongan),
    kode_skpd: employee.kode_skpd,
    nama_skpd: employee.skpd,
    kode_satker: `${employee.kode_skpd}01`,
    kode_bank: employee.kode_bank,
    nama_bank: employee.nama_bank,
    rekening: employee.rekening,
    catatan: kind === 'TERUSAN' ? 'GAJI TERUSAN' : '',
  };
}

function money(rupiah: number): string {
  return `${rupiah}.00`;
}

/** Sum of amounts as decimal text: what an SP2D says of its lines. */
export function totalOf(lines: readonly PayLine[]): string {
  return money(lines.reduce((sum, line) => sum + Number(line.bersih.slice(0, -3)), 0));
}
