/** An instance: one configured connector, declared in a YAML file `config/connectors/<opd>/<name>.yaml`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isMap, isPair, isScalar, LineCounter, parseDocument, visit, type Document, type Node } from 'yaml';
import { z } from 'zod';
import { SettingsError, type SettingsFault } from '../errors.js';
import type { Json, JsonObject } from '../record.js';
import { parseSettings } from '../settings.js';
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
export type StreamDeclaration = z.output<typeof stream>;

export interface Instance extends Declaration {
  /** Where it was declared, for sentences; absent where it did not come from a file. */
  readonly file?: string;
  /** Line of a setting (`streams.0.mapping.nik`) or of the nearest one around it. */
  readonly lineOf?: (path: string) => number | undefined;
}

export interface ReadInstances {
  readonly instances: readonly Instance[];
  /** What is wrong, by file and line; the instances without faults work all the same. */
  readonly faults: readonly SettingsFault[];
}

/** Reads every YAML file below `folder`. `connectors`: the kinds there are. */
export function readInstances(folder: string, connectors: readonly string[]): ReadInstances {
  const instances = new Map<string, Instance>();
  const faults: SettingsFault[] = [];
  for (const path of yamlFiles(folder)) {
    const file = relative(process.cwd(), path);
    try {
      const instance = parseInstance(readFileSync(path, 'utf8'), file, connectors);
      const other = instances.get(instance.name);
      if (other) faults.push({ file, ...lineAt(instance, 'name'), path: 'name', message: `"${instance.name}" sudah dipakai di ${other.file}; setiap konektor perlu nama sendiri` });
      else instances.set(instance.name, instance);
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      faults.push(...error.faults);
    }
  }
  return { instances: [...instances.values()], faults };
}

/** One instance from YAML text. @throws SettingsError with every fault, each with file and line. */
export function parseInstance(text: string, file: string, connectors: readonly string[]): Instance {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const fail = (found: readonly SettingsFault[]): never => {
    throw new SettingsError(found.map((fault) => ({ file, ...fault })));
  };
  if (document.errors.length > 0) {
    fail(document.errors.map((error) => ({ path: '', line: lines.linePos(error.pos[0]).line, message: yamlSentence(error) })));
  }
  const lineOf = (path: string) => lineIn(document, lines, path);
  const place = (fault: SettingsFault): SettingsFault => ({ ...fault, line: lineOf(fault.path) ?? 1 });
  const forbidden = forbiddenKeys(document, lines);
  if (forbidden.length > 0) fail(forbidden);
  let raw: Json;
  try {
    raw = document.toJS({ maxAliasCount: 100 }) as Json;
  } catch (error) {
    return fail([{ path: '', line: 1, message: yamlSentence(error) }]);
  }
  if (raw === null || typeof raw !== 'object' || Array.isArray(raw)) return fail([{ path: '', line: 1, message: 'harus berisi name, owner, connector, summary dan settings' }]);
  return { ...checkInstance(raw, connectors, (found) => fail(found.map(place))), file, lineOf };
}

/** Checks a declaration that is already an object. `fail` throws. */
export function checkInstance(raw: JsonObject, connectors: readonly string[], fail: (faults: readonly SettingsFault[]) => never = refuse): Declaration {
  const faults: SettingsFault[] = [];
  let parsed: Declaration | undefined;
  try {
    parsed = parseSettings(declaration, raw);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    faults.push(...error.faults);
  }
  if (typeof raw.connector === 'string' && !connectors.includes(raw.connector)) {
    faults.push({ path: 'connector', message: `"${raw.connector}" tidak dikenal; yang ada: ${[...connectors].sort().join(', ')}` });
  }
  if (parsed) faults.push(...contradictions(parsed));
  return faults.length > 0 ? fail(faults) : parsed!;
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

function refuse(faults: readonly SettingsFault[]): never {
  throw new SettingsError(faults);
}

function yamlFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name) && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
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

/** Names that would reach into every object of the program. */
function forbiddenKeys(document: Document, lines: LineCounter): SettingsFault[] {
  const faults: SettingsFault[] = [];
  visit(document, {
    Pair(_, pair) {
      if (isPair(pair) && isScalar(pair.key) && ['__proto__', 'constructor', 'prototype'].includes(String(pair.key.value))) {
        faults.push({ path: String(pair.key.value), line: lines.linePos(pair.key.range?.[0] ?? 0).line, message: 'nama ini tidak boleh dipakai' });
      }
    },
  });
  return faults;
}
