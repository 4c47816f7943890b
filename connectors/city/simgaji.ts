/** A pay line under the columns of Simgaji's `fgaji`, as the export of BKAD has them: all text, whole rupiah. */
import { GRADE_CODES, GRADES } from './employees.js';
import type { PayLine } from './payroll.js';

/** In the order of the export. */
export const SIMGAJI_COLUMNS = [
  'TGLGAJI', 'KDJNSTRANS', 'NIP', 'NAMA', 'GLRDEPAN', 'GLRBELAKANG', 'KDJENKEL', 'TGLLHR', 'NIPLAMA', 'NOKTP', 'NPWP', 'KDSTAWIN', 'JISTRI', 'JANAK', 'KD_JNS_PEG', 'KDPANGKAT', 'MASKER', 'KDESELON',
  'GAPOK', 'TJISTRI', 'TJANAK', 'TJSTRUK', 'TJFUNGSI', 'TJUMUM', 'TJBERAS', 'TJPAJAK', 'TJASKES', 'TJKK', 'TJKM', 'TBULAT', 'KOTOR',
  'PIWP', 'PIWP8', 'PIWP2', 'PASKES', 'PPAJAK', 'PJKK', 'PJKM', 'POTONGAN', 'BERSIH', 'KDSKPD', 'NMSKPD', 'KDSATKER', 'NOREK', 'CATATAN',
] as const;

export type SimgajiRow = Record<(typeof SIMGAJI_COLUMNS)[number], string>;

/** KDJNSTRANS of this simulation; Simgaji's own list is not public. */
const TRANSACTION = { INDUK: '1', TERUSAN: '4' };

export function simgajiView(line: PayLine): SimgajiRow {
  const grade = GRADES.indexOf(line.golongan as (typeof GRADES)[number]);
  return {
    TGLGAJI: line.tanggal_gaji,
    KDJNSTRANS: TRANSACTION[line.jenis_gaji],
    NIP: line.nip,
    NAMA: line.nama,
    GLRDEPAN: line.gelar_depan ?? '',
    GLRBELAKANG: line.gelar_belakang ?? '',
    KDJENKEL: line.jenis_kelamin,
    TGLLHR: line.tanggal_lahir,
    NIPLAMA: '',
    NOKTP: line.nik,
    NPWP: line.npwp,
    KDSTAWIN: line.status_kawin,
    JISTRI: String(line.jumlah_istri),
    JANAK: String(line.jumlah_anak),
    KD_JNS_PEG: line.kode_jenis_pegawai,
    KDPANGKAT: grade < 0 ? line.golongan : GRADE_CODES[grade]!,
    MASKER: String(line.masa_kerja_golongan),
    KDESELON: line.kode_eselon ?? '',
    GAPOK: whole(line.gaji_pokok),
    TJISTRI: whole(line.tk_tunjangan_istri),
    TJANAK: whole(line.tk_tunjangan_anak),
    TJSTRUK: whole(line.tj_tunjangan_struktural),
    TJFUNGSI: whole(line.tj_tunjangan_fungsional),
    TJUMUM: whole(line.tunjangan_umum),
    TJBERAS: whole(line.tj_beras),
    TJPAJAK: whole(line.tj_pajak),
    TJASKES: whole(line.tj_askes),
    TJKK: whole(line.tj_jkk),
    TJKM: whole(line.tj_jkm),
    TBULAT: whole(line.pembulatan),
    KOTOR: whole(line.kotor),
    PIWP: whole(line.pot_iwp),
    PIWP8: whole(line.pot_iwp8),
    PIWP2: whole(line.pot_iwp2),
    PASKES: whole(line.pot_askes),
    PPAJAK: whole(line.pot_pajak),
    PJKK: whole(line.pot_jkk),
    PJKM: whole(line.pot_jkm),
    POTONGAN: whole(line.potongan),
    BERSIH: whole(line.bersih),
    KDSKPD: line.kode_skpd,
    NMSKPD: line.nama_skpd,
    KDSATKER: line.kode_satker,
    NOREK: line.rekening,
    CATATAN: line.catatan,
  };
}

function whole(amount: string): string {
  return amount.slice(0, -3);
}
