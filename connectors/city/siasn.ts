/** An employee as SIASN shows him: dd-mm-yyyy, all values text, `01-01-0001` or nothing for no date. */
import type { JsonObject } from '../../hub/record.js';
import { type Employee, firstGrade, GRADE_CODES, GRADES, promotionDate } from './employees.js';
import type { Reference } from './reference.js';

/** What SIASN answers for one NIP. */
export interface SiasnView {
  readonly dataUtama: JsonObject;
  readonly riwayatJabatan: JsonObject[];
  readonly riwayatGolongan: JsonObject[];
}

const NO_DATE = '01-01-0001';
const CITY = { id: 'a5eb03e23bf4f6a0e040640a040252ad', nama: 'Pemerintah Kota Kupang' };

export function siasnView(employee: Employee, reference: Reference): SiasnView {
  const grades = gradesOf(employee);
  const last = grades.at(-1)!;
  const civil = employee.status_pegawai === 'PNS';
  const common = { idPns: employee.id_pns, nipBaru: employee.nip, nipLama: '' };
  const post = {
    jenisJabatan: employee.jenis_jabatan,
    unorId: employee.unor_id,
    unorNama: employee.skpd,
    unorIndukId: employee.unor_id,
    unorIndukNama: employee.skpd,
    eselon: employee.eselon_id ? reference.label('eselon', employee.eselon_id) : '',
    eselonId: employee.eselon_id ?? '',
    jabatanFungsionalId: '',
    jabatanFungsionalNama: employee.jenis_jabatan === '2' ? employee.jabatan : '',
    jabatanFungsionalUmumId: '',
    jabatanFungsionalUmumNama: employee.jenis_jabatan === '4' ? employee.jabatan : '',
    tmtJabatan: siasnDate(employee.tmt_jabatan),
  };
  return {
    dataUtama: {
      id: employee.id_pns,
      nipBaru: employee.nip,
      nipLama: '',
      nama: employee.nama,
      gelarDepan: employee.gelar_depan ?? '',
      gelarBelakang: employee.gelar_belakang ?? '',
      tempatLahir: employee.tempat_lahir,
      tempatLahirId: '',
      tglLahir: siasnDate(employee.tanggal_lahir),
      jenisKelamin: employee.jenis_kelamin === '1' ? 'M' : 'F',
      agama: reference.label('agama_siasn', employee.agama),
      agamaId: employee.agama,
      email: employee.email,
      emailGov: '',
      nik: employee.nik,
      validNik: true,
      alamat: employee.alamat,
      noHp: employee.no_hp,
      noTelp: '',
      jenisPegawaiId: '15',
      jenisPegawaiNama: 'PNS Daerah Kab./Kota yang bekerja pada Kab./Kota',
      statusPegawai: employee.status_pegawai,
      kedudukanPnsId: employee.kedudukan_hukum,
      kedudukanPnsNama: civil ? reference.label('kedudukan_hukum', employee.kedudukan_hukum) : 'PPPK Aktif',
      mkTahun: String(employee.masa_kerja_tahun),
      mkBulan: String(employee.masa_kerja_bulan),
      tkPendidikanTerakhir: reference.label('pendidikan', employee.pendidikan),
      pendidikanTerakhirNama: reference.label('pendidikan', employee.pendidikan),
      tmtCpns: siasnDate(employee.tmt_cpns),
      tmtPns: siasnDate(employee.tmt_pns),
      tmtPensiun: siasnDate(employee.tmt_pensiun),
      bupPensiun: '58',
      instansiIndukId: CITY.id,
      instansiIndukNama: CITY.nama,
      instansiKerjaId: CITY.id,
      instansiKerjaNama: CITY.nama,
      satuanKerjaKerjaId: CITY.id,
      satuanKerjaKerjaNama: CITY.nama,
      unorId: post.unorId,
      unorNama: post.unorNama,
      unorIndukId: post.unorIndukId,
      unorIndukNama: post.unorIndukNama,
      jenisJabatanId: employee.jenis_jabatan,
      jenisJabatan: reference.label('jenis_jabatan', employee.jenis_jabatan),
      jabatanNama: employee.jabatan,
      tmtJabatan: post.tmtJabatan,
      eselon: post.eselon,
      eselonId: post.eselonId,
      golRuangAwalId: grades[0]!.id,
      golRuangAwal: grades[0]!.nama,
      golRuangAkhirId: last.id,
      golRuangAkhir: last.nama,
      pangkatAkhir: last.pangkat(reference),
      tmtGolAkhir: siasnDate(last.tmt),
      jenisKawinId: employee.status_kawin,
      statusPerkawinan: reference.label('kawin_siasn', employee.status_kawin),
      jumlahIstriSuami: employee.nik_pasangan ? '1' : '0',
      jumlahAnak: String(employee.nik_anak.length),
      statusHidup: true,
      tglMeninggal: NO_DATE,
      akteMeninggal: '',
      noNpwp: employee.npwp,
      tglNpwp: '',
      // Health data that SIASN sends along and that the hub must not keep.
      noSuratKeteranganDokter: 'RS/KET/001',
      tglSuratKeteranganDokter: siasnDate(employee.tmt_cpns),
      path: null,
    },
    riwayatJabatan: [{ id: `${employee.id_pns}-j1`, ...common, ...post, instansiKerjaId: CITY.id, instansiKerjaNama: CITY.nama, satuanKerjaId: CITY.id, satuanKerjaNama: CITY.nama, nomorSk: `821/${employee.nip.slice(-6)}/BKPPD`, tanggalSk: post.tmtJabatan, namaUnor: employee.skpd, namaJabatan: employee.jabatan, tmtPelantikan: employee.jenis_jabatan === '1' ? post.tmtJabatan : NO_DATE, path: null, jenisPenugasanId: 'D', jenisMutasiId: 'MJ', subJabatanId: '', tmtMutasi: '', createdAt: null, updatedAt: null, deletedAt: null }],
    riwayatGolongan: grades.map((grade, step) => ({ id: `${employee.id_pns}-g${step + 1}`, ...common, golonganId: grade.id, golongan: grade.nama, pangkat: grade.pangkat(reference), skNomor: `823/${employee.nip.slice(-6)}/${step + 1}`, skTanggal: siasnDate(grade.tmt), tmtGolongan: siasnDate(grade.tmt), noPertekBkn: '', tglPertekBkn: '', jumlahKreditUtama: '', jumlahKreditTambahan: '', jenisKPId: step === 0 ? '211' : '101', jenisKPNama: step === 0 ? 'Golongan dari Pengadaan CPNS/PNS' : 'Reguler', masaKerjaGolonganTahun: String(step * 4), masaKerjaGolonganBulan: '0', path: null })),
  };
}

interface Grade {
  readonly id: string;
  readonly nama: string;
  readonly tmt: string;
  pangkat(reference: Reference): string;
}

/** From the first grade to the present one; without the last where SIASN is behind. PPPK have one, whose code is not public. */
function gradesOf(employee: Employee): Grade[] {
  if (employee.golongan_id === null) return [{ id: '', nama: employee.golongan, tmt: employee.tmt_golongan, pangkat: () => '' }];
  const first = firstGrade(employee.pendidikan);
  const last = GRADE_CODES.indexOf(employee.golongan_id as (typeof GRADE_CODES)[number]) - (employee.tertinggal_di_siasn ? 1 : 0);
  return GRADE_CODES.slice(first, last + 1).map((id, step) => ({ id, nama: GRADES[first + step]!, tmt: promotionDate(employee.tmt_cpns, step), pangkat: (reference) => reference.label('pangkat_pns', id) }));
}

function siasnDate(date: string | null): string {
  return date === null ? '' : date.split('-').reverse().join('-');
}
