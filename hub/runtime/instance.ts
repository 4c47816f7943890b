/** An instance: one configured connector, declared in a YAML file `config/connectors/<opd>/<name>.yaml`. */
import { basename, dirname } from 'node:path';
import { isMap, isPair, isScalar, LineCounter, parseDocument, visit, type Document, type Node } from 'yaml';
import { z } from 'zod';
import { SettingsError, type SettingsFault } from '../errors.js';
import { isObject } from '../json.js';
import type { Json, JsonObject } from '../record.js';
import { examineSettings } from '../settings.js';
import { parseCron, parseEvery } from './schedule.js';
import { yamlSentence } from './yaml-fault.js';

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'hanya huruf kecil, angka dan tanda hubung, paling panjang 63 huruf');
/** Its words belong to the pipeline, which reports their faults with the path of the field. */
const mapping = z.record(z.string(), z.unknown());
const topic = z.string().regex(/^[a-z0-9_]+(\.[a-z0-9_]+)+$/, 'harus berbentuk domain.nama, misalnya kependudukan.penduduk');
const requirement = z.strictObject({ that: z.string().min(1), message: z.string().min(1), field: z.string().optional(), repair: z.string().optional(), severity: z.enum(['reject', 'warn']).optional() });
const stream = z.strictObject({
  stream: z.string().min(1).optional(),
  topic,
  mapping: mapping.optional(),
  where: z.string().min(1).optional(),
  require: z.array(requirement).optional(),
  overlap: z.boolean().optional(),
  tests: z.array(z.record(z.string(), z.unknown())).optional(),
});

const declaration = z.strictObject({
  name,
  owner: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'hanya huruf kecil, angka dan tanda hubung'),
  connector: z.string().min(1),
  summary: z.string().min(1),
  schedule: z.string().min(1).optional(),
  every: z.string().min(1).optional(),
  settings: z.record(z.string(), z.unknown()).default({}),
  streams: z.array(stream).min(1).optional(),
  topics: z.array(topic).min(1).optional(),
  where: z.string().min(1).optional(),
  mapping: mapping.optional(),
  require: z.array(requirement).optional(),
  reply: z.strictObject({ topic, mapping: mapping.optional(), where: z.string().optional(), require: z.array(requirement).optional() }).optional(),
  tests: z.array(z.record(z.string(), z.unknown())).optional(),
});

export type Declaration = z.output<typeof declaration>;

export interface Instance extends Declaration {
  /** Where it was declared, for sentences; absent where it did not come from a file. */
  readonly file?: string;
  /** Line of a setting (`streams.0.mapping.nik`) or of the nearest one around it. */
  readonly lineOf?: (path: string) => number | undefined;
}

/** One instance from YAML text. @throws SettingsError with every fault, each with file and line. */
export function parseInstance(text: string, file: string, connectors: readonly string[]): Instance {
  const { instance, faults } = examineInstance(text, file, connectors);
  if (faults.length > 0) throw new SettingsError(faults);
  return instance!;
}

/** Every fault of YAML text with file and line, and the instance as far as it can be understood: one wrong key hides no fault of settings and mappings. */
export function examineInstance(text: string, file: string, connectors: readonly string[]): { instance?: Instance; faults: SettingsFault[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const only = (faults: readonly SettingsFault[]) => ({ faults: faults.map((fault) => ({ file, ...fault })) });
  const broken = document.errors.map((error) => ({ path: '', line: lines.linePos(error.pos[0]).line, message: yamlSentence(error) }));
  // Where only a name is written twice, the rest still says what it means.
  if (document.errors.some(({ code }) => code !== 'DUPLICATE_KEY')) return only(broken);
  const lineOf = (path: string) => lineIn(document, lines, path);
  const faults = [...broken, ...takeForbidden(document, lines)];
  let raw: Json;
  try {
    raw = document.toJS({ maxAliasCount: 100 }) as Json;
  } catch (error) {
    return only([...faults, { path: '', line: 1, message: yamlSentence(error) }]);
  }
  if (!isObject(raw)) return only([...faults, { path: '', line: 1, message: 'harus berisi name, owner, connector, summary dan settings' }]);
  const examined = examineDeclaration(raw, connectors, basename(dirname(file)));
  faults.push(...examined.faults.map((fault) => ({ ...fault, line: lineOf(fault.path) ?? 1 })));
  return { ...only(faults), ...(examined.value && { instance: { ...examined.value, file, lineOf } }) };
}

/** Checks a declaration that is already an object. @throws SettingsError with every fault. */
export function checkInstance(raw: JsonObject, connectors: readonly string[]): Declaration {
  const { value, faults } = examineDeclaration(raw, connectors, '');
  if (faults.length > 0) throw new SettingsError(faults);
  return value!;
}

function examineDeclaration(raw: JsonObject, connectors: readonly string[], folder: string): { value?: Declaration; faults: SettingsFault[] } {
  const examined = examineSettings(declaration, raw);
  const faults = [...examined.faults];
  if (typeof raw.connector === 'string' && !connectors.includes(raw.connector)) {
    faults.push({ path: 'connector', message: `"${raw.connector}" tidak dikenal; yang ada: ${[...connectors].sort().join(', ')}` });
  }
  const value = examined.value ?? examineSettings(declaration, mended(raw, faults, folder)).value;
  if (value) faults.push(...contradictions(value).filter(({ path }) => !faults.some((fault) => fault.path === path)));
  return { ...(value && { value }), faults };
}

/** A copy in which something of the right form stands where it is wrong, so that the rest can be checked. Its owner is what the folder says. */
function mended(raw: JsonObject, faults: readonly SettingsFault[], folder: string): Json {
  const copy = structuredClone(raw) as JsonObject;
  const standIns: Readonly<Record<string, string>> = { name: 'tanpa-nama', owner: /^[a-z0-9][a-z0-9-]*$/.test(folder) ? folder : 'opd', connector: 'tanpa-konektor', summary: '–', topic: 'tanpa.kontrak', that: 'true', message: '–' };
  for (const { path } of faults) {
    const steps = path.split('.');
    const last = steps.pop()!;
    // A name with dots in it (`__proto__.name`) looks like a path, and must lead to nothing that all objects share.
    const parent = steps.reduce<Json | undefined>((node, step) => (node !== null && typeof node === 'object' && Object.hasOwn(node, step) ? (node as JsonObject)[step] : undefined), copy);
    if (!isObject(parent)) continue;
    if (Object.hasOwn(standIns, last)) parent[last] = standIns[last]!;
    else delete parent[last];
  }
  return copy;
}

/** Runs `work` and adds file and line of the instance to whatever it finds wrong with the settings. */
export function placed<T>(instance: Instance, work: () => T, prefix = ''): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    throw new SettingsError(error.faults.map((fault) => (fault.file ? fault : placeFault(instance, { ...fault, path: [prefix, fault.path].filter(Boolean).join('.') }))), { cause: error });
  }
}

export function placeFault(instance: Instance, fault: SettingsFault): SettingsFault {
  return { ...fault, ...(instance.file && { file: instance.file, ...lineAt(instance, fault.path) }) };
}

function contradictions(parsed: Declaration): SettingsFault[] {
  const faults: SettingsFault[] = [];
  const refuseSchedule = (path: string, work: () => unknown) => {
    try {
      work();
    } catch (error) {
      faults.push({ path, message: (error as Error).message });
    }
  };
  const { schedule, every } = parsed;
  if (schedule !== undefined) refuseSchedule('schedule', () => parseCron(schedule));
  if (every !== undefined) refuseSchedule('every', () => parseEvery(every));
  if (schedule !== undefined && every !== undefined) faults.push({ path: 'every', message: 'pilih salah satu: schedule atau every' });
  if (!parsed.streams && !parsed.topics) faults.push({ path: 'streams', message: 'wajib diisi: streams (untuk membaca dari sistem OPD) atau topics (untuk mengirim ke sana)' });
  if (parsed.streams && parsed.topics) faults.push({ path: 'topics', message: 'pilih salah satu: streams atau topics' });
  if (parsed.topics && (schedule !== undefined || every !== undefined)) faults.push({ path: schedule !== undefined ? 'schedule' : 'every', message: 'hapus: pengiriman berjalan begitu ada catatan baru' });
  if (parsed.reply && !parsed.topics) faults.push({ path: 'reply', message: 'hanya untuk pengiriman (topics)' });
  const seen = new Set<string>();
  parsed.streams?.forEach((one, index) => {
    const key = one.stream ?? '';
    if (seen.has(key)) faults.push({ path: `streams.${index}.${one.stream ? 'stream' : 'topic'}`, message: key ? `aliran "${key}" sudah ada` : 'tulis stream: bila ada lebih dari satu aliran' });
    seen.add(key);
  });
  return faults;
}

function lineAt(instance: Instance, path: string): { line?: number } {
  const line = instance.lineOf?.(path);
  return line === undefined ? {} : { line };
}

/** Line of the key that `path` names, or of the nearest one around it. */
function lineIn(document: Document, lines: LineCounter, path: string): number | undefined {
  let node = document.contents as unknown;
  let offset: number | undefined;
  for (const step of path.split('.').filter(Boolean)) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === step);
      if (!pair) break;
      offset = (pair.key as Node).range?.[0];
      node = pair.value;
    } else {
      const items = (node as { items?: unknown[] } | null)?.items;
      const item = items?.[Number(step)];
      if (item === undefined) break;
      offset = (item as Node).range?.[0] ?? offset;
      node = item;
    }
  }
  return offset === undefined ? undefined : lines.linePos(offset).line;
}

/** Takes out names that would reach into every object of the program, and answers them as faults. */
function takeForbidden(document: Document, lines: LineCounter): SettingsFault[] {
  const faults: SettingsFault[] = [];
  visit(document, {
    Pair(_, pair) {
      if (!isPair(pair) || !isScalar(pair.key) || !['__proto__', 'constructor', 'prototype'].includes(String(pair.key.value))) return undefined;
      faults.push({ path: String(pair.key.value), line: lines.linePos(pair.key.range?.[0] ?? 0).line, message: 'nama ini tidak boleh dipakai' });
      return visit.REMOVE;
    },
  });
  return faults;
}
