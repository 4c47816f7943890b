/** A contract: an Avro record schema whose `hub` attributes say whose data it is, what a key is, and how a record is checked and protected. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { isMap, isPair, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { messageOf, SettingsError, type SettingsFault } from '../errors.js';
import { parseJson } from '../json.js';
import type { Json } from '../record.js';
import { parseSettings } from '../settings.js';
import { optional, type AvroType, type RecordField, type RecordType } from './avro.js';
import { FORMATS, type FormatName } from './formats.js';
import { parseAvro, type AvroFault } from './parse-avro.js';

const word = z.string().regex(/^[a-z][a-z0-9_-]*$/, 'tulis satu kata dengan huruf kecil, angka, "_" atau "-"');

const recordPolicy = z.strictObject({
  topic: z.string().regex(/^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/, 'tulis sebagai <domain>.<nama> dengan huruf kecil, angka dan "_"'),
  key: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)], 'tulis nama kolom, atau daftar nama kolom'),
  owner: word,
  steward: word,
  /** Terbuka, Terbatas, Tertutup. */
  classification: z.enum(['open', 'restricted', 'closed']),
  /** How far the data may travel. */
  onward: z.enum(['none', 'verify', 'listed']).default('none'),
  /** ISO 8601 duration: how long the data may be kept. */
  retention: z.string().regex(/^P(?=\d|T\d)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?$/, 'tulis lama waktu ISO 8601, misalnya P10Y atau P90D').optional(),
  legalBasis: z.string().min(1).optional(),
  partitions: z.int().min(1).max(1000).default(3),
  cleanup: z.enum(['compact', 'time']).default('compact'),
});

const fieldPolicy = z.strictObject({
  format: z.enum(Object.keys(FORMATS) as [FormatName, ...FormatName[]]).optional(),
  /** UU PDP pasal 4. */
  personal: z.enum(['general', 'specific']).optional(),
  /** How the field is shown to a grant that does not have it in full. */
  mask: z.enum(['last4', 'initials', 'year', 'region', 'hash', 'drop']).optional(),
  /** A list of config/reference. */
  codes: z.string().regex(/^[a-z0-9][a-z0-9_-]*$/, 'tulis nama daftar di config/reference tanpa ".csv"').optional(),
  /** What a value outside its format or code list means for the record. */
  severity: z.enum(['reject', 'warn']).optional(),
});

export type RecordPolicy = z.output<typeof recordPolicy>;
export type FieldPolicy = z.output<typeof fieldPolicy>;

export interface Contract extends Omit<RecordPolicy, 'key'> {
  /** `<topic>-value`. */
  readonly subject: string;
  readonly domain: string;
  /** Full Avro name. */
  readonly name: string;
  readonly doc: string;
  /** Names of the fields that form the key, joined by `|`. */
  readonly key: readonly string[];
  readonly type: RecordType;
  /** The schema as submitted. */
  readonly text: string;
  readonly file?: string;
}

/** Parses a contract. @throws SettingsError with every fault, each with its place and, where it is known, its line. */
export function parseContract(text: string, file?: string): Contract {
  const { contract, faults } = examine(text, file);
  if (contract) return contract;
  throw new SettingsError(faults);
}

/** Every fault of a contract, also of the conventions that only matter for files of this project: its place and its namespace. Lists in `references` are known if given. */
export function lintContract(text: string, file: string, references?: ReadonlyMap<string, unknown>): SettingsFault[] {
  const { type, topic, faults, at } = examine(text, file);
  const found = [...faults];
  const [domain, name] = (topic?.split('.') ?? []) as [string?, string?];
  if (topic && basename(file) !== `${name}.avsc`) found.push(at({ path: ['hub', 'topic'], label: 'hub.topic', message: `topik ${topic} harus berada di berkas ${domain}/${name}.avsc` }));
  const namespace = `id.go.kupangkota.${domain}`;
  if (topic && type?.name && type.name.slice(0, type.name.lastIndexOf('.')) !== namespace) found.push(at({ path: ['namespace'], label: 'namespace', message: `harus ${namespace}` }));
  if (references && type) {
    walkFields(type, (field, place) => {
      const { codes } = policyOf(field);
      if (typeof codes === 'string' && !references.has(codes)) found.push(at({ ...place, message: `daftar kode config/reference/${codes}.csv tidak ada` }));
    });
  }
  return found;
}

/** Reads every `*.avsc` below a folder, in order of topic. @throws SettingsError with the faults of all files at once. */
export async function readContracts(folder: string): Promise<Contract[]> {
  const contracts: Contract[] = [];
  const faults: SettingsFault[] = [];
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.avsc')).sort();
  for (const name of files) {
    const file = relative(process.cwd(), join(folder, name)).split(sep).join('/');
    const text = await readFile(join(folder, name), 'utf8');
    const examined = examine(text, file);
    faults.push(...examined.faults);
    if (!examined.contract) continue;
    const { topic } = examined.contract;
    const twin = contracts.find((other) => other.topic === topic);
    if (twin) faults.push({ path: 'hub.topic', file, message: `topik ${topic} sudah punya kontrak di ${twin.file}` });
    contracts.push(examined.contract);
  }
  if (faults.length > 0) throw new SettingsError(faults);
  return contracts.sort((a, b) => (a.topic < b.topic ? -1 : 1));
}

/** The `hub` attributes of a field of a parsed contract. */
export function policyOf(field: RecordField): FieldPolicy {
  return (field.attributes.hub ?? {}) as FieldPolicy;
}

/** Visits the fields of a record and of records inside it, each record type once. */
export function walkFields(type: RecordType, visit: (field: RecordField, place: { path: (string | number)[]; label: string }) => void): void {
  const seen = new Set<string>();
  const descend = (inner: AvroType, path: (string | number)[], label: string): void => {
    if (inner.kind === 'array') descend(inner.items, [...path, 'items'], label);
    else if (inner.kind === 'map') descend(inner.values, [...path, 'values'], label);
    else if (inner.kind === 'union') for (const [index, branch] of inner.branches.entries()) descend(branch, [...path, index], label);
    else if (inner.kind === 'record' && !seen.has(inner.name)) {
      seen.add(inner.name);
      for (const [index, field] of inner.fields.entries()) {
        const place = { path: [...path, 'fields', index], label: label ? `${label}.${field.name}` : field.name };
        visit(field, place);
        descend(field.type, [...place.path, 'type'], place.label);
      }
    }
  };
  descend(type, [], '');
}

type At = (fault: AvroFault) => SettingsFault;

/** `type` and `topic` are there as far as they can be understood, `contract` only without faults: one fault hides no other. */
interface Examined {
  readonly contract?: Contract;
  readonly type?: RecordType;
  readonly topic?: string;
  readonly faults: SettingsFault[];
  readonly at: At;
}

function examine(text: string, file: string | undefined): Examined {
  const at: At = ({ path, label, message }) => {
    const line = lineOf(text, path);
    return { path: label || path.join('.'), message, ...(file ? { file } : {}), ...(line ? { line } : {}) };
  };
  let json: Json;
  try {
    json = parseJson(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const position = /position (\d+)/.exec(messageOf(error))?.[1];
    const line = position === undefined ? {} : { line: text.slice(0, Number(position)).split('\n').length };
    return { faults: [{ path: '', message: messageOf(error), ...(file ? { file } : {}), ...line }], at };
  }
  const { type, draft, faults: avro } = parseAvro(json);
  const forbidden = forbiddenKeys(text);
  if (draft?.kind !== 'record') {
    const found = [...forbidden, ...avro, ...(type ? [{ path: ['type'], label: '', message: 'kontrak harus berupa record' }] : [])];
    return { faults: found.map(at), at };
  }
  const found: AvroFault[] = [];
  const raw = (draft.attributes.hub ?? {}) as Partial<Record<keyof RecordPolicy, unknown>>;
  const policy = parsePolicy(recordPolicy, raw, { path: ['hub'], label: 'hub' }, found);
  if (!draft.doc) found.push({ path: ['doc'], label: 'doc', message: 'wajib diisi: satu kalimat tentang isi topik' });
  walkFields(draft, (field, place) => checkField(field, place, found));
  const key = [recordPolicy.shape.key.safeParse(raw.key).data ?? []].flat();
  for (const name of key) if (avro.length === 0 || draft.fields.find((field) => field.name === name)?.type.kind !== 'null') checkKey(draft, name, found);
  const topic = recordPolicy.shape.topic.safeParse(raw.topic).data;
  const rest = { type: draft, ...(topic !== undefined && { topic }), at };
  // What cannot be read as Avro is not said again in the words of the hub.
  const named = new Set(avro.map(({ label }) => label));
  const more = found.filter(({ path, label }) => !(named.has(label) && (path.includes('type') || path.includes('default'))) && !FORBIDDEN.includes(String(path.at(-1))));
  const faults = [...forbidden, ...avro, ...more];
  if (!policy || faults.length > 0) return { ...rest, faults: faults.map(at) };
  const contract: Contract = {
    ...policy,
    key,
    subject: `${policy.topic}-value`,
    domain: policy.topic.split('.')[0]!,
    name: draft.name,
    doc: draft.doc!,
    type: draft,
    text,
    ...(file ? { file } : {}),
  };
  return { ...rest, contract, faults: [] };
}

const FORBIDDEN: readonly string[] = ['__proto__', 'constructor', 'prototype'];

/** Names that would reach into every object of the program; they are no names of attributes either. */
function forbiddenKeys(text: string): AvroFault[] {
  const found: AvroFault[] = [];
  if (!/"(__proto__|constructor|prototype)"\s*:/.test(text)) return found;
  const descend = (node: unknown, path: (string | number)[]): void => {
    if (isSeq(node)) node.items.forEach((item, index) => descend(item, [...path, index]));
    if (!isMap(node)) return;
    for (const { key, value } of node.items) {
      if (!isScalar(key)) continue;
      const here = [...path, String(key.value)];
      if (FORBIDDEN.includes(String(key.value))) found.push({ path: here, label: '', message: 'nama ini tidak boleh dipakai' });
      descend(value, here);
    }
  };
  descend(parseDocument(text, { logLevel: 'silent' }).contents, []);
  return found;
}

function parsePolicy<S extends z.ZodType>(schema: S, raw: unknown, place: { path: (string | number)[]; label: string }, found: AvroFault[]): z.output<S> | undefined {
  try {
    return parseSettings(schema, raw);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    for (const { path, message } of error.faults) {
      const missing = typeof raw === 'object' && raw !== null && path !== '' && !path.includes('.') && !Object.hasOwn(raw, path);
      found.push({ path: [...place.path, ...path.split('.')], label: path ? `${place.label}.${path}` : place.label, message: missing ? 'wajib diisi' : message });
    }
    return undefined;
  }
}

const TEXT_LOGICAL = new Set(['date', 'timestamp-millis', 'decimal', 'uuid']);

function checkField(field: RecordField, place: { path: (string | number)[]; label: string }, found: AvroFault[]): void {
  const fault = (message: string, ...more: (string | number)[]): void => void found.push({ path: [...place.path, ...more], label: place.label, message });
  if (!field.doc) fault('keterangan (doc) wajib diisi');
  const policy = parsePolicy(fieldPolicy, field.attributes.hub ?? {}, { path: [...place.path, 'hub'], label: `${place.label}.hub` }, found);
  const { type, nullable } = optional(field.type);
  checkShape(field.type, fault);
  if (type.kind === 'union' || type.kind === 'null') return;
  if (nullable && field.default !== null) fault('kolom yang boleh kosong ditulis ["null", tipe] dengan "default": null', 'type');
  if (!nullable && field.default !== undefined && ('logical' in type ? type.logical !== undefined : type.kind === 'bytes' || type.kind === 'fixed')) {
    fault('nilai default selain null tidak didukung untuk tipe ini', 'default');
  }
  const value = type.kind === 'array' ? optional(type.items).type : type;
  if (policy?.codes && value.kind !== 'string') fault('daftar kode hanya untuk kolom teks', 'hub', 'codes');
  if (policy?.format) {
    const wanted = FORMATS[policy.format].on;
    const given = value.kind === 'int' && value.logical === 'date' ? 'date' : value.kind;
    if (given !== wanted) fault(`format ${policy.format} hanya untuk kolom ${wanted === 'date' ? 'tanggal (date)' : 'teks (string)'}`, 'hub', 'format');
  }
}

/** Types that a plain JSON record can carry without a word about which branch is meant. */
function checkShape(type: AvroType, fault: (message: string, ...more: (string | number)[]) => void): void {
  if (type.kind === 'array') checkShape(type.items, fault);
  else if (type.kind === 'map') checkShape(type.values, fault);
  else if (type.kind === 'union') {
    if (!(type.branches.length === 2 && type.branches.some((branch) => branch.kind === 'null'))) fault('union selain ["null", tipe] tidak didukung; pisahkan menjadi beberapa kolom', 'type');
    else for (const branch of type.branches) checkShape(branch, fault);
  } else if ('logical' in type && type.logical && !TEXT_LOGICAL.has(type.logical)) fault(`logicalType "${type.logical}" tidak didukung; pakai date, timestamp-millis, decimal atau uuid`, 'type');
  else if (type.attributes?.logicalType !== undefined) fault(`logicalType "${String(type.attributes.logicalType)}" tidak cocok dengan tipe ${type.kind}`, 'type');
}

function checkKey(type: RecordType, name: string, found: AvroFault[]): void {
  const field = type.fields.find((candidate) => candidate.name === name);
  const fault = (message: string): void => void found.push({ path: ['hub', 'key'], label: 'hub.key', message });
  if (!field) return fault(`kolom "${name}" tidak ada`);
  const { type: value, nullable } = optional(field.type);
  if (nullable) fault(`kolom kunci "${name}" tidak boleh kosong (null)`);
  if (!['string', 'int', 'long', 'enum'].includes(value.kind)) fault(`kolom kunci "${name}" harus teks, bilangan bulat, tanggal atau pilihan`);
}

/** Line of a place in the JSON, counted from 1. JSON is read as YAML here because that parser keeps positions; only called for a fault. */
function lineOf(text: string, path: readonly (string | number)[]): number | undefined {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, logLevel: 'silent' });
  let node: unknown = document.contents;
  let offset = isMap(node) || isSeq(node) ? node.range?.[0] : undefined;
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key);
      if (!pair) break;
      if (isScalar(pair.key) && pair.key.range) offset = pair.key.range[0];
      node = pair.value;
    } else if (isSeq(node) && typeof key === 'number') {
      node = node.items[key];
      offset = (node as { range?: [number, number, number] } | undefined)?.range?.[0] ?? offset;
    } else break;
  }
  return offset === undefined ? undefined : lines.linePos(offset).line;
}
