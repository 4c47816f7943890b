/** Offices of the city and the posts in them. Codes are this simulation's own; those of the real applications are not public. */

export interface Office {
  /** KDSKPD, three digits. */
  readonly kode: string;
  readonly nama: string;
  /** Share of the employees. */
  readonly weight: number;
  /** SIASN's unit, 32 hexadecimal digits. */
  readonly unorId: string;
}

const LIST: readonly [string, string, number][] = [
  ['101', 'DINAS PENDIDIKAN DAN KEBUDAYAAN', 42], ['102', 'DINAS KESEHATAN', 15], ['103', 'RSUD S. K. LERIK', 6], ['104', 'DINAS PEKERJAAN UMUM DAN PENATAAN RUANG', 2], ['105', 'DINAS PERUMAHAN DAN KAWASAN PERMUKIMAN', 1],
  ['106', 'SATUAN POLISI PAMONG PRAJA', 2], ['107', 'DINAS SOSIAL', 1], ['108', 'DINAS TENAGA KERJA DAN TRANSMIGRASI', 1], ['109', 'DINAS LINGKUNGAN HIDUP DAN KEBERSIHAN', 2], ['110', 'DINAS KEPENDUDUKAN DAN PENCATATAN SIPIL', 2],
  ['111', 'DINAS PERHUBUNGAN', 2], ['112', 'DINAS KOMUNIKASI DAN INFORMATIKA', 1], ['113', 'DINAS KOPERASI DAN UKM', 1], ['114', 'DINAS PENANAMAN MODAL DAN PTSP', 1], ['115', 'DINAS PERINDUSTRIAN DAN PERDAGANGAN', 1],
  ['116', 'DINAS PERTANIAN', 1], ['117', 'DINAS PARIWISATA', 1], ['118', 'DINAS KEARSIPAN DAN PERPUSTAKAAN', 1], ['201', 'SEKRETARIAT DAERAH', 4], ['202', 'SEKRETARIAT DPRD', 1], ['203', 'INSPEKTORAT DAERAH', 1],
  ['204', 'BADAN PERENCANAAN PEMBANGUNAN DAERAH', 1], ['205', 'BADAN KEPEGAWAIAN, PENDIDIKAN DAN PELATIHAN DAERAH', 1], ['206', 'BADAN KEUANGAN DAN ASET DAERAH', 2], ['207', 'BADAN PENDAPATAN DAERAH', 2], ['208', 'BADAN KESATUAN BANGSA DAN POLITIK', 1],
  ['301', 'KECAMATAN ALAK', 1.5], ['302', 'KECAMATAN MAULAFA', 1.5], ['303', 'KECAMATAN KELAPA LIMA', 1], ['304', 'KECAMATAN OEBOBO', 1.5], ['305', 'KECAMATAN KOTA RAJA', 1], ['306', 'KECAMATAN KOTA LAMA', 1],
];

export const OFFICES: readonly Office[] = LIST.map(([kode, nama, weight]) => ({ kode, nama, weight, unorId: `5371${kode}`.padEnd(32, '0') }));

export interface Post {
  /** SIASN: 1 struktural, 2 fungsional tertentu, 4 pelaksana. */
  readonly jenis_jabatan: '1' | '2' | '4';
  readonly jabatan: string;
  readonly eselon_id: string | null;
  /** Allowance of the post in whole rupiah, for the payroll. */
  readonly tunjangan: number;
}

const specialist = (jabatan: string, tunjangan: number): Post => ({ jenis_jabatan: '2', jabatan, eselon_id: null, tunjangan });
export const CLERKS: readonly string[] = ['PENGADMINISTRASI PERKANTORAN', 'PENGELOLA DATA', 'PENGELOLA KEUANGAN', 'PENGOLAH DATA DAN INFORMASI', 'OPERATOR LAYANAN OPERASIONAL'];
export const SPECIALISTS: Readonly<Record<string, readonly Post[]>> = {
  101: [specialist('GURU AHLI PERTAMA', 0), specialist('GURU AHLI MUDA', 0), specialist('GURU AHLI MADYA', 0)],
  102: [specialist('PERAWAT TERAMPIL', 240_000), specialist('BIDAN MAHIR', 265_000), specialist('DOKTER AHLI PERTAMA', 325_000), specialist('SANITARIAN TERAMPIL', 240_000)],
  103: [specialist('PERAWAT MAHIR', 265_000), specialist('DOKTER AHLI MUDA', 750_000), specialist('APOTEKER AHLI PERTAMA', 300_000)],
};

/** Structural posts by echelon. */
export function structural(eselon: '22' | '32' | '42', office: Office): Post {
  if (eselon === '22') return { jenis_jabatan: '1', jabatan: `KEPALA ${office.nama}`, eselon_id: eselon, tunjangan: 2_025_000 };
  if (eselon === '32') return { jenis_jabatan: '1', jabatan: `SEKRETARIS ${office.nama}`, eselon_id: eselon, tunjangan: 980_000 };
  return { jenis_jabatan: '1', jabatan: `KEPALA SUBBAGIAN UMUM ${office.nama}`, eselon_id: eselon, tunjangan: 490_000 };
}
