/** Checks a record against its contract and reports everything that is wrong with it. Compiled once per contract; a record without faults costs no allocation. */
import { SettingsError, type SettingsFault } from '../errors.js';
import { fieldReader } from '../fields.js';
import type { Fault } from '../record.js';
import { optional, type AvroType, type RecordField, type RecordType } from './avro.js';
import { cityDay, civilDay, instant } from '../calendar.js';
import { policyOf, walkFields, type Contract, type FieldPolicy } from './contract.js';
import { decimalParts } from './decimal.js';
import { isLong } from './encoder.js';
import { FORMATS, type FormatContext } from './formats.js';

/** Code lists by name, as in config/reference. */
export type References = ReadonlyMap<string, readonly { readonly kode: string; readonly nama: string }[]>;

/** All faults of a record, in order of its fields; the same empty list whenever there is none. */
export type Validator = (value: unknown) => readonly Fault[];

/** Faults with paths relative to the value, or undefined when it is right. `record` is the record around it. */
type Check = (value: unknown, record: Readonly<Record<string, unknown>>) => Fault[] | undefined;

interface Compilation {
  readonly references: References;
  readonly wilayah: ReadonlySet<string>;
  /** The city's day, brought up to date before each record. */
  readonly clock: { today: string };
  readonly records: Map<RecordType, { check?: Check }>;
}

const NO_FAULTS: readonly Fault[] = Object.freeze([]);
const NOTHING = {};
const NO_POLICY: FieldPolicy = {};

/**
 * Compiles the check of a contract.
 * @param now the time, for dates that must not lie in the future
 * @throws SettingsError naming every code list that the contract uses and `references` lacks.
 */
export function compileValidator(contract: Contract, references: References, now: () => Date = () => new Date()): Validator {
  refuseMissingLists(contract, references);
  const clock = { today: '' };
  let hour = NaN;
  const check = compileRecord(contract.type, { references, wilayah: new Set(references.get('wilayah')?.map((code) => code.kode)), clock, records: new Map() });
  return (value) => {
    // Midnight in Kupang (WITA, UTC+8) falls on a full hour.
    const time = now();
    const present = Math.floor(time.getTime() / 3_600_000);
    if (present !== hour) {
      hour = present;
      clock.today = cityDay(time);
    }
    return check(value, NOTHING) ?? NO_FAULTS;
  };
}

function refuseMissingLists(contract: Contract, references: References): void {
  const faults: SettingsFault[] = [];
  const missing = (path: string, list: string): void =>
    void faults.push({ path, message: `daftar kode ${list} tidak ada; tambahkan config/reference/${list}.csv`, ...(contract.file ? { file: contract.file } : {}) });
  walkFields(contract.type, (field, place) => {
    const { codes, format } = policyOf(field);
    if (codes && !references.has(codes)) missing(place.label, codes);
    if (format === 'kode_wilayah' && !references.has('wilayah')) missing(place.label, 'wilayah');
  });
  if (faults.length > 0) throw new SettingsError(faults);
}

function compileRecord(type: RecordType, into: Compilation): Check {
  const before = into.records.get(type);
  if (before) return before.check ?? ((value, record) => before.check!(value, record));
  const slot: { check?: Check } = {};
  into.records.set(type, slot);
  const names = type.fields.map((field) => field.name);
  const readers = names.map(fieldReader);
  const known = new Set(names);
  const checks = type.fields.map((field) => compileField(field, into));
  slot.check = (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [wrongType('sebuah objek', value)];
    const record = value as Record<string, unknown>;
    let faults: Fault[] | undefined;
    let present = 0;
    for (let i = 0; i < names.length; i++) {
      const element = readers[i]!(record);
      if (element !== undefined) present++;
      const found = checks[i]!(element, record);
      if (found) (faults ??= []).push(...found.map((fault) => below(names[i]!, fault)));
    }
    if (countKeys(record) !== present) {
      for (const name of Object.keys(record)) {
        if (known.has(name)) continue;
        (faults ??= []).push({ path: name, rule: 'unknown', message: 'kolom ini tidak ada dalam kontrak', repair: 'Hapus kolom, perbaiki namanya, atau tambahkan ke kontrak', severity: 'reject' });
      }
    }
    return faults;
  };
  return slot.check;
}

function countKeys(record: Record<string, unknown>): number {
  let count = 0;
  for (const _name in record) count++;
  return count;
}

function compileField(field: RecordField, into: Compilation): Check {
  const { type, nullable } = optional(field.type);
  const check = compile(type, policyOf(field), field.name, into);
  const { default: fallback } = field;
  if (nullable) return (value, record) => (value === null || value === undefined ? undefined : check(value, record));
  const required: Fault[] = [{ path: '', rule: 'required', message: 'kosong, padahal wajib diisi', repair: 'Lengkapi di sistem asal', severity: 'reject' }];
  return (value, record) => {
    if (value === null || (value === undefined && fallback === undefined) || value === '') return required;
    return value === undefined ? undefined : check(value, record);
  };
}

function compile(type: AvroType, policy: FieldPolicy, name: string, into: Compilation): Check {
  switch (type.kind) {
    case 'record':
      return compileRecord(type, into);
    case 'array': {
      const { type: inner, nullable } = optional(type.items);
      const item = compile(inner, policy, name, into);
      return (value, record) => {
        if (!Array.isArray(value)) return [wrongType('sebuah daftar', value)];
        let faults: Fault[] | undefined;
        for (let i = 0; i < value.length; i++) {
          const found = value[i] === null && nullable ? undefined : item(value[i], record);
          if (found) (faults ??= []).push(...found.map((fault) => below(`[${i}]`, fault)));
        }
        return faults;
      };
    }
    case 'map': {
      const { type: inner, nullable } = optional(type.values);
      const entry = compile(inner, NO_POLICY, name, into);
      return (value, record) => {
        if (typeof value !== 'object' || value === null || Array.isArray(value)) return [wrongType('sebuah objek', value)];
        let faults: Fault[] | undefined;
        for (const [key, element] of Object.entries(value)) {
          const found = element === null && nullable ? undefined : entry(element, record);
          if (found) (faults ??= []).push(...found.map((fault) => below(key, fault)));
        }
        return faults;
      };
    }
    case 'string':
      return compileText(policy, name, into);
    case 'enum': {
      const symbols = new Set(type.symbols);
      const list = type.symbols.length <= 12 ? type.symbols.join(', ') : `salah satu dari ${type.symbols.length} pilihan kontrak`;
      const unknown: Fault[] = [{ path: '', rule: 'enum', message: 'bukan salah satu pilihan', repair: `Pakai: ${list}`, severity: 'reject' }];
      return (value) => (typeof value === 'string' ? (symbols.has(value) ? undefined : unknown) : [wrongType('salah satu pilihan', value)]);
    }
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? undefined : [wrongType('ya/tidak (true/false)', value)]);
    case 'int':
      if (type.logical === 'date') return compileDate(policy, name, into);
      return (value) => (typeof value === 'number' && (value | 0) === value ? undefined : [wholeNumber(value, '-2147483648 sampai 2147483647')]);
    case 'long':
      if (type.logical === 'timestamp-millis') {
        return (value) =>
          typeof value !== 'string' ? [wrongType('teks waktu', value)] : instant(value) === undefined ? [reject('type', 'bukan waktu', 'Tulis tanggal dan jam UTC, misalnya 2026-11-24T01:02:03.000Z')] : undefined;
      }
      return (value) => (typeof value === 'number' ? Number.isSafeInteger(value) : typeof value === 'string' && isLong(value)) ? undefined : [wholeNumber(value, '64 bit; di atas 2^53 sebagai teks')];
    case 'float':
    case 'double':
      return (value) => (typeof value === 'number' && Number.isFinite(value) ? undefined : [wrongType('bilangan', value)]);
    case 'bytes':
    case 'fixed': {
      if (type.logical === 'decimal') return compileDecimal(type.precision!, type.scale!);
      const size = type.kind === 'fixed' ? type.size : undefined;
      return (value) => {
        if (typeof value !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(value) || value.length % 4 !== 0) return [wrongType('teks base64', value)];
        return size !== undefined && Buffer.byteLength(value, 'base64') !== size ? [reject('type', `panjangnya bukan ${size} byte`)] : undefined;
      };
    }
    case 'null':
      return (value) => (value === null || value === undefined ? undefined : [wrongType('kosong', value)]);
    case 'union':
      throw new TypeError(`${name}: only ["null", X] unions are part of a contract`);
  }
}

function compileText(policy: FieldPolicy, name: string, into: Compilation): Check {
  const { codes, severity = 'reject' } = policy;
  const list = codes === undefined ? undefined : new Set(into.references.get(codes)!.map((code) => code.kode));
  const unknown: Fault[] = [{ path: '', rule: 'code', message: `tidak ada pada daftar kode ${codes}`, repair: `Pakai kode dari daftar ${codes}, atau minta walidata menambahkannya`, severity }];
  const format = compileFormat(policy, name, into);
  return (value, record) => {
    if (typeof value !== 'string') return [wrongType('teks', value)];
    const wrong = list === undefined || list.has(value) ? undefined : unknown;
    const found = format?.(value, record);
    return wrong && found ? [...wrong, ...found] : (wrong ?? found);
  };
}

function compileFormat(policy: FieldPolicy, name: string, into: Compilation): ((text: string, record: Readonly<Record<string, unknown>>) => Fault[] | undefined) | undefined {
  if (!policy.format) return undefined;
  const { check } = FORMATS[policy.format];
  const rule = `format.${policy.format}`;
  const severity = policy.severity ?? 'reject';
  // One context for all records: it lives no longer than the call.
  const context: { -readonly [part in keyof FormatContext]: FormatContext[part] } = { record: {}, field: name, wilayah: into.wilayah, today: '' };
  return (text, record) => {
    context.record = record;
    context.today = into.clock.today;
    return check(text, context)?.map((fault) => ({
      path: '',
      rule: fault.part ? `${rule}.${fault.part}` : rule,
      message: fault.message,
      ...(fault.repair ? { repair: fault.repair } : {}),
      severity: fault.warn ? 'warn' : severity,
    }));
  };
}

function compileDate(policy: FieldPolicy, name: string, into: Compilation): Check {
  const format = compileFormat(policy, name, into);
  return (value, record) => {
    if (typeof value !== 'string') return [wrongType('teks tanggal', value)];
    if (civilDay(value) === undefined) return [reject('type', 'bukan tanggal yang ada', 'Tulis tahun-bulan-hari, misalnya 1990-01-31')];
    // A year of four digits compares as text. Placeholders such as 0001-01-01 belong under `empty` of a mapping.
    if (value < '1900' || value >= '2101') return [reject('date', 'tahun tidak masuk akal (di luar 1900 sampai 2100)', 'Periksa tahun; tanggal pengisi seperti 01-01-0001 seharusnya kosong')];
    return format?.(value, record);
  };
}

function compileDecimal(precision: number, scale: number): Check {
  return (value) => {
    if (typeof value !== 'string') return [reject('type', `seharusnya teks angka desimal, bukan ${kindOf(value)}`, 'Kirim nilai uang sebagai teks, misalnya "4200000.00"')];
    const parts = decimalParts(value);
    if (!parts) return [reject('type', 'bukan angka desimal', 'Tulis angka dengan titik desimal tanpa pemisah ribuan, misalnya 4200000.00')];
    if (parts.fraction > scale) return [reject('decimal', `${parts.fraction} angka di belakang koma, paling banyak ${scale}`, 'Bulatkan di sistem asal')];
    return parts.whole > precision - scale ? [reject('decimal', `${parts.whole} angka di depan koma, paling banyak ${precision - scale}`, 'Periksa jumlahnya')] : undefined;
  };
}

function below(step: string, fault: Fault): Fault {
  const { path } = fault;
  return { ...fault, path: path === '' ? step : path.startsWith('[') ? step + path : `${step}.${path}` };
}

function wholeNumber(value: unknown, range: string): Fault {
  return typeof value === 'number' ? reject('type', `bukan bilangan bulat dalam jangkauan (${range})`) : wrongType('bilangan bulat', value);
}

function wrongType(wanted: string, value: unknown): Fault {
  return reject('type', `seharusnya ${wanted}, bukan ${kindOf(value)}`);
}

function reject(rule: string, message: string, repair?: string): Fault {
  return { path: '', rule, message, ...(repair ? { repair } : {}), severity: 'reject' };
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'kosong';
  if (Array.isArray(value)) return 'daftar';
  if (typeof value === 'object') return 'objek';
  return typeof value === 'string' ? 'teks' : typeof value === 'number' ? 'angka' : typeof value === 'boolean' ? 'ya/tidak' : typeof value;
}
