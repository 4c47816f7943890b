/** Formats of identifiers as Indonesian agencies issue them. Each answers what is wrong with one value, without repeating the value. */
import { civilDay, daysIn } from '../calendar.js';

export interface FormatFault {
  /** Follows the name of the format in the rule: `tanggal_lahir` in `format.nik.tanggal_lahir`. */
  readonly part?: string;
  readonly message: string;
  readonly repair?: string;
  /** Worth a look, but never a reason to keep the record out. */
  readonly warn?: true;
}

export interface FormatContext {
  /** The record that holds the field: an identity is compared with the birth date and the sex beside it. */
  readonly record: Readonly<Record<string, unknown>>;
  /** Name of the field. Only `nik` and `nip` belong to the person whom the record describes; `nik_ibu` does not. */
  readonly field: string;
  /** Codes of config/reference/wilayah.csv, dotted. */
  readonly wilayah: ReadonlySet<string>;
  /** Today, `YYYY-MM-DD`. */
  readonly today: string;
}

export interface Format {
  readonly on: 'string' | 'date';
  /** What a person should type, for templates and manuals. */
  readonly hint: string;
  readonly check: (text: string, context: FormatContext) => FormatFault[] | undefined;
}

export type FormatName =
  | 'nik' | 'no_kk' | 'nip' | 'nip_pns' | 'nip_pppk' | 'nip_lama' | 'npwp' | 'rekening' | 'kode_wilayah' | 'telepon' | 'email' | 'periode' | 'tanggal_lahir' | 'tanggal_lampau';

export const FORMATS: { readonly [name in FormatName]: Format } = {
  nik: { on: 'string', hint: '16 angka', check: nik },
  no_kk: { on: 'string', hint: '16 angka', check: noKk },
  nip: { on: 'string', hint: '18 angka', check: (text, context) => nip(text, context, 'any') },
  nip_pns: { on: 'string', hint: '18 angka', check: (text, context) => nip(text, context, 'pns') },
  nip_pppk: { on: 'string', hint: '18 angka', check: (text, context) => nip(text, context, 'pppk') },
  nip_lama: { on: 'string', hint: '9 angka', check: (text) => digits(text, 9, 'Periksa NIP lama pada SK') },
  npwp: { on: 'string', hint: '16 angka (orang pribadi: NIK)', check: npwp },
  rekening: { on: 'string', hint: '8 sampai 20 angka', check: rekening },
  kode_wilayah: { on: 'string', hint: 'kode bertitik, misalnya 53.71.01.1001', check: kodeWilayah },
  telepon: { on: 'string', hint: 'misalnya 081234567890', check: telepon },
  email: { on: 'string', hint: 'nama@domain', check: email },
  periode: { on: 'string', hint: 'tahun-bulan, misalnya 2026-11', check: periode },
  tanggal_lahir: { on: 'date', hint: 'tanggal, misalnya 1990-01-31', check: tanggalLahir },
  tanggal_lampau: { on: 'date', hint: 'tanggal, tidak di masa depan', check: tanggalLampau },
};

const EXCEL = 'Angka ini tampaknya rusak oleh Excel: format kolom sebagai Teks lalu isi ulang dari dokumen asli';
/** First two digits of Kepmendagri codes: provinces that are or were issued. */
const PROVINCES = new Set('11 12 13 14 15 16 17 18 19 21 31 32 33 34 35 36 51 52 53 54 61 62 63 64 65 71 72 73 74 75 76 81 82 91 92 93 94 95 96 97'.split(' ').map(Number));
const CITY = 5371;
const SEXES = new Map<string, 1 | 2>([
  ['1', 1], ['L', 1], ['LK', 1], ['LAKI-LAKI', 1], ['LAKI_LAKI', 1], ['PRIA', 1], ['M', 1],
  ['2', 2], ['P', 2], ['PR', 2], ['PEREMPUAN', 2], ['WANITA', 2], ['F', 2],
]);

function nik(text: string, context: FormatContext): FormatFault[] | undefined {
  const wrong = digits(text, 16, 'Periksa NIK pada KTP-el atau KK');
  if (wrong) return wrong;
  if (number(text, 12, 16) === 0) return [{ message: 'nomor urut 0000 tidak pernah diterbitkan', repair: EXCEL }];
  let faults = region(text, context, 'NIK');
  const day = number(text, 6, 8);
  const month = number(text, 8, 10);
  const year = number(text, 10, 12);
  const born = day > 40 ? day - 40 : day;
  // Year 2000 is a leap year, as is every year of two digits that a 29 February may belong to.
  if (month < 1 || month > 12 || born < 1 || born > daysIn(2000 + (year % 4), month)) {
    faults = add(faults, { part: 'tanggal_lahir', message: 'bagian tanggal lahir di NIK bukan tanggal', repair: 'Periksa NIK pada KTP-el; bila memang tertulis begitu, biarkan', warn: true });
  } else if (context.field === 'nik') {
    const date = context.record.tanggal_lahir;
    if (typeof date === 'string' && date.length === 10 && (number(date, 2, 4) !== year || number(date, 5, 7) !== month || number(date, 8, 10) !== born)) {
      faults = add(faults, { part: 'tanggal_lahir', message: 'tanggal lahir di NIK berbeda dari kolom tanggal_lahir', repair: 'Periksa tanggal lahir; NIK tidak diterbitkan ulang bila tanggal lahir dibetulkan', warn: true });
    }
    const sex = sexOf(context.record.jenis_kelamin);
    if (sex !== undefined && sex !== (day > 40 ? 2 : 1)) {
      faults = add(faults, { part: 'jenis_kelamin', message: 'jenis kelamin di NIK berbeda dari kolom jenis_kelamin', repair: 'Periksa jenis kelamin pada KK', warn: true });
    }
  }
  return faults;
}

function noKk(text: string, context: FormatContext): FormatFault[] | undefined {
  const wrong = digits(text, 16, 'Periksa nomor pada Kartu Keluarga');
  if (wrong) return wrong;
  if (number(text, 12, 16) === 0) return [{ message: 'nomor urut 0000 tidak pernah diterbitkan', repair: EXCEL }];
  const faults = region(text, context, 'nomor KK');
  const month = number(text, 8, 10);
  const day = number(text, 6, 8);
  return month < 1 || month > 12 || day < 1 || day > daysIn(2000, month)
    ? add(faults, { part: 'tanggal', message: 'bagian tanggal di nomor KK bukan tanggal', repair: 'Periksa nomor pada Kartu Keluarga; bila memang tertulis begitu, biarkan', warn: true })
    : faults;
}

/** Region of first registration. It does not change on a move, so any region of Indonesia is right; only the city's own codes are known here. */
function region(text: string, context: FormatContext, what: string): FormatFault[] | undefined {
  const known = number(text, 0, 4) === CITY ? context.wilayah.size === 0 || context.wilayah.has(`53.71.${text.slice(4, 6)}`) : PROVINCES.has(number(text, 0, 2));
  return known ? undefined : [{ part: 'wilayah', message: `kode wilayah di ${what} tidak dikenal`, repair: 'Periksa enam angka pertama pada dokumen asli', warn: true }];
}

/** `YYYYMMDD` birth, then for PNS `YYYYMM` of the first appointment, for PPPK a year and two digits that are no month; sex; number. */
function nip(text: string, context: FormatContext, kind: 'any' | 'pns' | 'pppk'): FormatFault[] | undefined {
  const wrong = digits(text, 18, 'Periksa NIP pada SK atau kartu ASN');
  if (wrong) return wrong;
  let faults: FormatFault[] | undefined;
  const year = number(text, 0, 4);
  const month = number(text, 4, 6);
  const day = number(text, 6, 8);
  const repair = 'Periksa NIP pada SK atau kartu ASN';
  if (number(text, 15, 18) === 0) faults = add(faults, { message: 'nomor urut 000 tidak pernah diterbitkan', repair: EXCEL });
  if (year < 1900 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) faults = add(faults, { message: 'delapan angka pertama bukan tanggal lahir', repair });
  else if (context.field === 'nip') {
    const date = context.record.tanggal_lahir;
    if (typeof date === 'string' && date.length === 10 && (number(date, 0, 4) !== year || number(date, 5, 7) !== month || number(date, 8, 10) !== day)) {
      faults = add(faults, { part: 'tanggal_lahir', message: 'tanggal lahir di NIP berbeda dari kolom tanggal_lahir', repair: 'Periksa tanggal lahir pada SK CPNS', warn: true });
    }
  }
  const appointed = number(text, 8, 12);
  const since = number(text, 12, 14);
  if (appointed < year + 15 || appointed > number(context.today, 0, 4) + 1) faults = add(faults, { message: 'angka ke-9 sampai ke-12 bukan tahun pengangkatan', repair });
  if (kind === 'pns' && (since < 1 || since > 12)) faults = add(faults, { message: 'angka ke-13 dan ke-14 bukan bulan TMT CPNS', repair });
  const sex = number(text, 14, 15);
  if (sex !== 1 && sex !== 2) faults = add(faults, { message: 'angka ke-15 harus 1 (pria) atau 2 (wanita)', repair });
  else if (context.field === 'nip') {
    const stated = sexOf(context.record.jenis_kelamin);
    if (stated !== undefined && stated !== sex) faults = add(faults, { part: 'jenis_kelamin', message: 'jenis kelamin di NIP berbeda dari kolom jenis_kelamin', repair: 'Periksa jenis kelamin pada SK', warn: true });
  }
  return faults;
}

function npwp(text: string): FormatFault[] | undefined {
  if (text.length === 15 && digits(text, 15, '') === undefined) return [{ message: '15 angka (bentuk lama), seharusnya 16', repair: 'Orang pribadi: pakai NIK. Lainnya: tambahkan 0 di depan', warn: true }];
  const wrong = digits(text, 16, 'Orang pribadi: pakai NIK. NPWP lama: hapus titik dan strip, lalu tambahkan 0 di depan');
  return wrong ?? (/^0+$/.test(text) ? [{ message: 'hanya angka nol', repair: 'Kosongkan bila belum punya NPWP' }] : undefined);
}

function rekening(text: string): FormatFault[] | undefined {
  const count = countDigits(text);
  if (count < 0) return [{ message: 'berisi selain angka', repair: 'Tulis nomor rekening tanpa spasi, titik atau strip' }];
  return count >= 8 && count <= 20 ? undefined : [{ message: `${count} angka, seharusnya 8 sampai 20`, repair: 'Periksa nomor rekening pada buku tabungan' }];
}

function kodeWilayah(text: string, context: FormatContext): FormatFault[] | undefined {
  if (context.wilayah.has(text)) return undefined;
  if (/^\d+$/.test(text)) return [{ message: 'kode wilayah ditulis tanpa titik', repair: 'Tulis bertitik, misalnya 53.71.01.1001' }];
  if (!/^\d\d(\.\d\d(\.\d\d(\.\d{4})?)?)?$/.test(text)) return [{ message: 'bukan kode wilayah', repair: 'Tulis bertitik, misalnya 53.71.01.1001' }];
  if (text.startsWith('53.71')) return [{ message: 'kode wilayah ini tidak ada di Kota Kupang', repair: 'Pilih kode dari daftar wilayah' }];
  return PROVINCES.has(number(text, 0, 2)) ? undefined : [{ message: 'kode provinsi tidak dikenal', repair: 'Pilih kode dari daftar wilayah' }];
}

function telepon(text: string): FormatFault[] | undefined {
  const local = text.startsWith('+62') ? text.slice(3) : text.startsWith('62') ? text.slice(2) : text.startsWith('0') ? text.slice(1) : undefined;
  if (local === undefined) return [{ message: 'nomor telepon harus mulai dengan 0 atau +62', repair: 'Tulis misalnya 081234567890' }];
  const count = countDigits(local);
  if (count < 0) return [{ message: 'berisi selain angka', repair: 'Tulis satu nomor tanpa spasi atau strip' }];
  return count >= 7 && count <= 12 && local[0] !== '0' ? undefined : [{ message: 'panjang nomor telepon tidak wajar', repair: 'Tulis satu nomor lengkap dengan kode area' }];
}

function email(text: string): FormatFault[] | undefined {
  return text.length <= 254 && /^[^\s@<>,;"]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}$/.test(text) ? undefined : [{ message: 'bukan alamat email', repair: 'Tulis satu alamat, misalnya nama@kupangkota.go.id' }];
}

function periode(text: string): FormatFault[] | undefined {
  return /^(19|20)\d\d-(0[1-9]|1[0-2])$/.test(text) ? undefined : [{ message: 'bukan periode', repair: 'Tulis tahun dan bulan, misalnya 2026-11' }];
}

function tanggalLahir(text: string, context: FormatContext): FormatFault[] | undefined {
  return tanggalLampau(text, context) ?? (number(text, 0, 4) < number(context.today, 0, 4) - 120 ? [{ message: 'umur lebih dari 120 tahun', repair: 'Periksa tahun lahir', warn: true }] : undefined);
}

function tanggalLampau(text: string, context: FormatContext): FormatFault[] | undefined {
  return text > context.today && civilDay(text) !== undefined ? [{ message: 'tanggal di masa depan', repair: 'Periksa tahun' }] : undefined;
}

function digits(text: string, wanted: number, repair: string): FormatFault[] | undefined {
  const count = countDigits(text);
  if (count === wanted) return undefined;
  if (count >= 0) return [{ message: `${count} angka, seharusnya ${wanted}`, repair }];
  return [/^\d[,.]\d+E\+?\d+$/i.test(text) ? { message: 'angka dalam bentuk ringkas (E+)', repair: EXCEL } : { message: 'berisi selain angka', repair }];
}

/** How many digits, or -1 when there is anything else. */
function countDigits(text: string): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 48 || code > 57) return -1;
  }
  return text.length;
}

/** The number in a run of digits, without cutting a string. */
function number(text: string, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) value = value * 10 + text.charCodeAt(i) - 48;
  return value;
}

function sexOf(value: unknown): 1 | 2 | undefined {
  return typeof value === 'string' ? (SEXES.get(value) ?? SEXES.get(value.toUpperCase())) : undefined;
}

function add(faults: FormatFault[] | undefined, fault: FormatFault): FormatFault[] {
  return faults ? [...faults, fault] : [fault];
}
