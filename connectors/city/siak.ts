/** A resident as SIAK shows him: the content of CALL_NIK, labels instead of codes, numbers where SIAK has numbers. */
import type { JsonObject } from '../../hub/record.js';
import type { Reference } from './reference.js';
import type { Resident } from './residents.js';

export type SiakDate = 'YYYY-MM-DD' | 'DD-MM-YYYY' | 'DD.MM.YYYY';

/** `dates`: which of the three ways this instance of the service writes dates. */
export function siakView(resident: Resident, reference: Reference, dates: SiakDate = 'YYYY-MM-DD'): JsonObject {
  const label = (list: string, code: string): string => reference.label(list, code).toUpperCase();
  const kelurahan = reference.kelurahanOf(resident.kode_kelurahan);
  const [province, city, district, village] = resident.kode_kelurahan.split('.');
  return {
    NIK: resident.nik,
    NO_KK: resident.no_kk,
    NAMA_LGKP: resident.nama_lengkap,
    JENIS_KLMIN: label('jenis_kelamin', resident.jenis_kelamin),
    TMPT_LHR: resident.tempat_lahir,
    TGL_LHR: siakDate(resident.tanggal_lahir, dates),
    NO_AKTA_LHR: `5371-LT-${resident.nik.slice(6)}`,
    ALAMAT: resident.alamat.toUpperCase(),
    NO_RT: Number(resident.rt),
    NO_RW: Number(resident.rw),
    DUSUN: null,
    KODE_POS: '85111',
    KEL_NAME: kelurahan?.nama.toUpperCase() ?? null,
    NO_KEL: Number(village),
    KEC_NAME: kelurahan?.kecamatan.toUpperCase() ?? null,
    NO_KEC: Number(district),
    KAB_NAME: 'KOTA KUPANG',
    NO_KAB: Number(city),
    PROP_NAME: 'NUSA TENGGARA TIMUR',
    NO_PROP: Number(province),
    AGAMA: label('agama_siak', resident.agama),
    GOL_DARAH: label('golongan_darah', resident.golongan_darah),
    JENIS_PKRJN: label('pekerjaan', resident.pekerjaan),
    PDDK_AKH: label('pendidikan', resident.pendidikan),
    STATUS_KAWIN: label('status_kawin_siak', resident.status_kawin),
    TGL_KWN: resident.tanggal_kawin && siakDate(resident.tanggal_kawin, dates),
    NO_AKTA_KWN: resident.tanggal_kawin && `5371-KW-${resident.no_kk.slice(6)}`,
    STAT_HBKEL: label('shdk', resident.hubungan_keluarga),
    TGL_CRAI: null,
    NO_AKTA_CRAI: null,
    PNYDNG_CCT: null,
    NAMA_LGKP_AYAH: resident.nama_ayah,
    NAMA_LGKP_IBU: resident.nama_ibu,
    EKTP_STATUS: resident.status_ektp.replace('_', ' '),
    EKTP_CREATED: null,
  };
}

function siakDate(date: string, form: SiakDate): string {
  const [year, month, day] = date.split('-');
  return form === 'YYYY-MM-DD' ? date : [day, month, year].join(form === 'DD-MM-YYYY' ? '-' : '.');
}
