/** Dates and times in the many shapes agencies write them, to and from ISO text. */
import { Problem, shapeOf } from './problem.js';

/** Formats tried when a mapping names none. */
export const DEFAULT_FORMATS = { date: ['yyyy-MM-dd', 'iso'], timestamp: ['iso', 'yyyy-MM-dd'] } as const;

const MONTHS = ['januari', 'februari', 'maret', 'april', 'mei', 'juni', 'juli', 'agustus', 'september', 'oktober', 'november', 'desember'];
/** Written by people beside the names above; three letters of a name are always understood. */
const MONTH_ALIASES: Record<string, number> = { pebruari: 2, peb: 2, nopember: 11, nop: 11, agt: 8, ags: 8, may: 5, aug: 8, oct: 10, dec: 12 };
const TOKEN = /'([^']*)'|yyyy|MMMM|MMM|MM|M|dd|d|HH|H|mm|ss|SSS|XXX|T|[A-Za-z]+|[^A-Za-z']+/g;
const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/;
const NAMED: Record<string, string> = { iso: 'yyyy-MM-ddTHH:mm:ss+08:00', excel: 'nomor hari Excel', epoch: 'detik sejak 1970', 'epoch-ms': 'milidetik sejak 1970' };
const FIRST_YEAR = 1800;

/** A moment on a wall clock; `offset` in minutes when the text named one. */
interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  millisecond: number;
  offset: number | undefined;
}

type Reader = (value: unknown) => Parts | undefined;
type Step = (text: string, at: number, parts: Parts) => number;

/** Says what is wrong with a format, for the declaration of a mapping; undefined when it is usable. */
export function formatFault(format: string): string | undefined {
  if (format in NAMED) return undefined;
  const tokens = tokensOf(format);
  const unknown = tokens.find((token) => /^[A-Za-z]/.test(token) && token !== 'T' && !(token in STEPS));
  if (unknown) return `format tanggal "${format}" berisi "${unknown}" yang tidak dikenal; gunakan yyyy MM MMM MMMM dd d HH mm ss SSS XXX, iso, excel, epoch atau epoch-ms`;
  const missing = ['y', 'M', 'd'].filter((letter) => !tokens.some((token) => token.startsWith(letter)));
  return missing.length ? `format tanggal "${format}" tidak memuat tahun (yyyy), bulan (MM) dan hari (dd)` : undefined;
}

/** Compiles the conversion of anything an agency writes for a date into `yyyy-MM-dd`. Times with an offset are taken to `zone` first. */
export function compileDate(formats: readonly string[], zone: string): (value: unknown) => string | Problem {
  const read = firstOf(formats);
  const wrong = refusal('tanggal', formats);
  const offsetAt = compileZone(zone);
  // Birth dates and pay days repeat. Longer texts may be slices, which would keep all of the text around them.
  const known = new Map<string, string>();
  const convert = (value: unknown): string | Problem => {
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? wrong(value) : isoDate(value.getTime() + offsetAt(value.getTime()) * 60_000);
    const parts = read(value);
    if (parts === undefined) return wrong(value);
    if (parts.year < FIRST_YEAR) return tooOld(parts.year);
    if (parts.offset === undefined) return `${parts.year}-${two(parts.month)}-${two(parts.day)}`;
    const utc = millisOf(parts) - parts.offset * 60_000;
    return isoDate(utc + offsetAt(utc) * 60_000);
  };
  return (value) => {
    if (typeof value !== 'string' || value.length > 12) return convert(value);
    const before = known.get(value);
    if (before !== undefined) return before;
    const date = convert(value);
    if (typeof date !== 'string') return date;
    if (known.size >= 50_000) known.clear();
    known.set(value, date);
    return date;
  };
}

/** Compiles the conversion into ISO text in UTC with milliseconds. Times without an offset are in `zone`. */
export function compileTimestamp(formats: readonly string[], zone: string): (value: unknown) => string | Problem {
  const read = firstOf(formats);
  const wrong = refusal('waktu', formats);
  const offsetAt = compileZone(zone);
  return (value) => {
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? wrong(value) : value.toISOString();
    const parts = read(value);
    if (parts === undefined) return wrong(value);
    if (parts.year < FIRST_YEAR) return tooOld(parts.year);
    const wall = millisOf(parts);
    const offset = parts.offset ?? offsetAt(wall - offsetAt(wall) * 60_000);
    return new Date(wall - offset * 60_000).toISOString();
  };
}

/** Compiles the writing of an ISO date or timestamp in an agency's own format; timestamps are shown in `zone`. */
export function compileWriter(format: string, zone: string): (iso: string) => string {
  const offsetAt = compileZone(zone);
  if (format === 'epoch-ms') return (iso) => String(Date.parse(iso));
  if (format === 'epoch') return (iso) => String(Math.floor(Date.parse(iso) / 1000));
  const tokens = tokensOf(format === 'iso' ? "yyyy-MM-dd'T'HH:mm:ss.SSSXXX" : format);
  return (iso) => {
    const dateOnly = iso.length === 10;
    const utc = Date.parse(iso);
    const offset = dateOnly ? 0 : offsetAt(utc);
    const wall = new Date(utc + offset * 60_000);
    return tokens.map((token) => (token in WRITERS ? WRITERS[token]!(wall, offset) : literal(token))).join('');
  };
}

const WRITERS: Record<string, (wall: Date, offset: number) => string> = {
  yyyy: (wall) => String(wall.getUTCFullYear()).padStart(4, '0'),
  MMMM: (wall) => capital(MONTHS[wall.getUTCMonth()]!),
  MMM: (wall) => capital(MONTHS[wall.getUTCMonth()]!.slice(0, 3)),
  MM: (wall) => two(wall.getUTCMonth() + 1),
  M: (wall) => String(wall.getUTCMonth() + 1),
  dd: (wall) => two(wall.getUTCDate()),
  d: (wall) => String(wall.getUTCDate()),
  HH: (wall) => two(wall.getUTCHours()),
  H: (wall) => String(wall.getUTCHours()),
  mm: (wall) => two(wall.getUTCMinutes()),
  ss: (wall) => two(wall.getUTCSeconds()),
  SSS: (wall) => String(wall.getUTCMilliseconds()).padStart(3, '0'),
  XXX: (_, offset) => (offset === 0 ? 'Z' : `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`),
};

/** Each reads its token at `at` and returns where the next begins, or -1. */
const STEPS: Record<string, Step> = {
  yyyy: number(4, 4, (parts, n) => (parts.year = n)),
  MM: number(2, 2, (parts, n) => (parts.month = n)),
  M: number(1, 2, (parts, n) => (parts.month = n)),
  dd: number(2, 2, (parts, n) => (parts.day = n)),
  d: number(1, 2, (parts, n) => (parts.day = n)),
  HH: number(2, 2, (parts, n) => (parts.hour = n)),
  H: number(1, 2, (parts, n) => (parts.hour = n)),
  mm: number(2, 2, (parts, n) => (parts.minute = n)),
  ss: number(2, 2, (parts, n) => (parts.second = n)),
  SSS: (text, at, parts) => {
    const end = digitsEnd(text, at, 9);
    if (end === at) return -1;
    parts.millisecond = Number(text.slice(at, end).padEnd(3, '0').slice(0, 3));
    return end;
  },
  XXX: (text, at, parts) => {
    const found = /^(?:Z|[+-]\d\d(?::?\d\d)?)/.exec(text.slice(at, at + 6));
    if (!found) return -1;
    parts.offset = offsetOf(found[0]);
    return at + found[0].length;
  },
  MMM: monthName,
  MMMM: monthName,
};

function number(least: number, most: number, set: (parts: Parts, n: number) => void): Step {
  return (text, at, parts) => {
    const end = digitsEnd(text, at, most);
    if (end - at < least) return -1;
    let n = 0;
    for (let i = at; i < end; i++) n = n * 10 + text.charCodeAt(i) - 48;
    set(parts, n);
    return end;
  };
}

function monthName(text: string, at: number, parts: Parts): number {
  const found = /^[A-Za-z]+/.exec(text.slice(at, at + 12))?.[0].toLowerCase();
  if (!found) return -1;
  const month = MONTH_ALIASES[found] ?? MONTHS.findIndex((name) => name === found || (found.length === 3 && name.startsWith(found))) + 1;
  if (month === 0) return -1;
  parts.month = month;
  return at + found.length;
}

function firstOf(formats: readonly string[]): Reader {
  const readers = formats.map(compileReader);
  return (value) => {
    for (const read of readers) {
      const parts = read(value);
      if (parts !== undefined && exists(parts)) return parts;
    }
    return undefined;
  };
}

function compileReader(format: string): Reader {
  if (format === 'iso') return readIso;
  if (format === 'excel') return readExcel;
  if (format === 'epoch') return (value) => fromMillis(numeric(value), 1000);
  if (format === 'epoch-ms') return (value) => fromMillis(numeric(value), 1);
  const steps = tokensOf(format).map((token): Step => {
    const text = literal(token);
    return STEPS[token] ?? ((input, at) => (input.startsWith(text, at) ? at + text.length : -1));
  });
  const spaced = format.includes(' ');
  return (value) => {
    if (typeof value !== 'string' && !(typeof value === 'number' && Number.isInteger(value))) return undefined;
    let text = String(value).trim();
    if (spaced) text = text.replace(/\s+/g, ' ');
    const parts: Parts = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0, millisecond: 0, offset: undefined };
    let at = 0;
    for (const step of steps) {
      at = step(text, at, parts);
      if (at < 0) return undefined;
    }
    return at === text.length ? parts : undefined;
  };
}

function readIso(value: unknown): Parts | undefined {
  const found = typeof value === 'string' ? ISO.exec(value.trim()) : null;
  if (!found) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = found;
  return {
    year: Number(year), month: Number(month), day: Number(day), hour: Number(hour ?? 0), minute: Number(minute ?? 0), second: Number(second ?? 0),
    millisecond: Number((fraction ?? '').padEnd(3, '0').slice(0, 3)), offset: zone === undefined ? undefined : offsetOf(zone),
  };
}

/** Days since 1899-12-30. Below 61 Excel counts a 29 February 1900 that never was: such days are refused rather than guessed. */
function readExcel(value: unknown): Parts | undefined {
  const serial = numeric(value);
  if (serial === undefined || serial < 61 || serial >= 2_958_466) return undefined;
  const moment = new Date(Math.round((serial - 25_569) * 86_400_000));
  return { ...wallParts(moment), offset: undefined };
}

function fromMillis(amount: number | undefined, unit: number): Parts | undefined {
  const moment = amount === undefined ? undefined : new Date(amount * unit);
  return moment === undefined || Number.isNaN(moment.getTime()) ? undefined : { ...wallParts(moment), offset: 0 };
}

function wallParts(moment: Date): Omit<Parts, 'offset'> {
  return {
    year: moment.getUTCFullYear(), month: moment.getUTCMonth() + 1, day: moment.getUTCDate(),
    hour: moment.getUTCHours(), minute: moment.getUTCMinutes(), second: moment.getUTCSeconds(), millisecond: moment.getUTCMilliseconds(),
  };
}

function numeric(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return typeof value === 'string' && /^-?\d{1,15}(\.\d+)?$/.test(value.trim()) ? Number(value) : undefined;
}

/** Minutes east of UTC. Indonesia's zones have had no changes since 1970 and skip the slow way through Intl. */
function compileZone(zone: string): (utc: number) => number {
  const fixed: Record<string, number> = { 'Asia/Makassar': 480, 'Asia/Jakarta': 420, 'Asia/Jayapura': 540, UTC: 0 };
  const minutes = fixed[zone];
  if (minutes !== undefined) return () => minutes;
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  return (utc) => offsetOf(format.formatToParts(utc).find((part) => part.type === 'timeZoneName')!.value.replace('GMT', '') || 'Z');
}

function exists(parts: Parts): boolean {
  return (
    parts.month >= 1 && parts.month <= 12 && parts.day >= 1 && parts.day <= daysIn(parts.year, parts.month) &&
    parts.hour < 24 && parts.minute < 60 && parts.second < 60
  );
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function millisOf(parts: Parts): number {
  return Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second, parts.millisecond);
}

function offsetOf(text: string): number {
  if (text === 'Z') return 0;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(3).replace(':', '') || 0);
  return text.startsWith('-') ? -minutes : minutes;
}

function digitsEnd(text: string, at: number, most: number): number {
  let end = at;
  while (end < text.length && end - at < most && text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end++;
  return end;
}

function tokensOf(format: string): string[] {
  return format.match(TOKEN) ?? [];
}

function literal(token: string): string {
  return token.startsWith("'") ? token.slice(1, -1) : token;
}

/** Says why a value is none: a day that does not exist, a shape that only another format reads, or neither. */
function refusal(what: string, formats: readonly string[]): (value: unknown) => Problem {
  const readers = formats.map(compileReader);
  return (value) => {
    const like = readers.findIndex((read) => read(value) !== undefined);
    if (like >= 0) return new Problem(`bukan ${what} yang ada di kalender (dibaca sebagai ${said(formats[like]!)})`, 'mapping', `Betulkan ${what}nya; bila nilai ini berarti kosong, tambahkan pada "empty"`);
    const repair = readIso(value) ? 'tambahkan iso pada "formats"' : 'tambahkan formatnya pada "formats"';
    return new Problem(`bukan ${what} yang dikenal (${shapeOf(value)}, yang diterima ${formats.map(said).join(', ')})`, 'mapping', `Tulis ${what} seperti ${said(formats[0]!)}, atau ${repair}`);
  };
}

function said(format: string): string {
  return NAMED[format] ?? format;
}

function tooOld(year: number): Problem {
  return new Problem(`bertahun ${year}, sebelum ${FIRST_YEAR}`, 'mapping', 'Betulkan tahunnya; bila nilai ini berarti kosong, tambahkan pada "empty"');
}

function isoDate(wall: number): string {
  return new Date(wall).toISOString().slice(0, 10);
}

function two(n: number): string {
  return n < 10 ? `0${n}` : String(n);
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
