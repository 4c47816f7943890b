/** What happens to a record between the agency and the log: filter, mapping, lookups, contract, checks. A function of its arguments; a batch at a time. */
import { SettingsError } from '../errors.js';
import type { Fault, Json, JsonObject, SourceRecord } from '../record.js';
import { parseSettings } from '../settings.js';
import { compileChecks } from './checks.js';
import type { References } from './codes.js';
import { type Expressions, openExpressions } from './expression.js';
import type { EvaluationResult } from './expression-worker.js';
import { fetchLookups, type LookupRequest, type Lookups } from './lookup.js';
import { type CompiledMapping, compileMapping, type Slots } from './mapping.js';
import { compilePredicate } from './predicate.js';
import { Problem } from './problem.js';
import { pipelineSpec } from './spec.js';

/** What a pipeline must know of the topic's contract. */
export interface PipelineContract {
  /** Fields of the key: a deletion is mapped through these alone. */
  readonly keyFields: readonly string[];
  /** The record's key in the topic; undefined where a field of it is missing. */
  key(value: JsonObject): string | undefined;
  /** Every fault of a mapped record, warnings included. */
  validate(value: JsonObject): readonly Fault[];
}

export interface PipelineOptions {
  /** Absent for a sink, whose records have a key already and go to an agency: `key` of its outcomes is empty. */
  readonly contract?: PipelineContract;
  readonly references?: References;
  /** Needed by mappings with a `lookup`. */
  readonly latest?: Lookups;
  readonly now?: () => Date;
  /** File and line of a part of the spec (`mapping.nik.formats.0`), for the faults of the spec itself. */
  readonly locate?: (path: string) => { readonly file: string; readonly line?: number } | undefined;
}

/** What became of one record. */
export type Outcome =
  /** `value` is null for a deletion. */
  | { readonly kind: 'record'; readonly key: string; readonly value: JsonObject | null; readonly warnings: readonly Fault[] }
  | { readonly kind: 'filtered' }
  | { readonly kind: 'rejected'; readonly key?: string; readonly faults: readonly Fault[] }
  /** A record that a lookup with `missing: wait` needs is not there yet. */
  | { readonly kind: 'wait'; readonly for: LookupRequest };

export interface Pipeline {
  /** It asks for the latest records of topics. */
  readonly looksUp: boolean;
  /**
   * One outcome per record, in order. `waited`: milliseconds since these records were first run, so that none waits longer than its lookup allows.
   * @throws only what the lookups throw (RetriableError), and ContractError for an expression that never ends.
   */
  run(records: readonly SourceRecord[], waited?: number): Promise<Outcome[]>;
  close(): Promise<void>;
}

const NO_SLOTS: Slots = { expressions: [], lookups: [] };
const FILTERED: Outcome = { kind: 'filtered' };

/** @throws SettingsError naming every fault of the spec with file, line and field. */
export function compilePipeline(raw: unknown, options: PipelineOptions = {}): Pipeline {
  const spec = located(options, () => parseSettings(pipelineSpec, raw));
  const mapping = spec.mapping && located(options, () => compileMapping(spec.mapping!, options.references ?? new Map()));
  if (mapping?.lookups.length && !options.latest) throw new SettingsError([{ path: 'mapping', message: 'memakai lookup, tetapi hub tidak menyediakan topik untuk dicari' }]);
  const where = spec.where === undefined ? undefined : compilePredicate(spec.where);
  const check = compileChecks(spec.require ?? [], mapping?.decimals ?? new Set());
  const expressions = mapping?.expressions.length ? openExpressions(mapping.expressions) : undefined;
  const now = options.now ?? (() => new Date());
  const { contract } = options;

  /** The outcome of a record that needs no mapping, or undefined. */
  function sift(record: SourceRecord, time: Date): Outcome | undefined {
    if (record.faults?.some((fault) => fault.severity === 'reject')) return { kind: 'rejected', faults: record.faults };
    if (!where || record.deleted) return undefined;
    const passes = where({ record: record.value, now: time });
    if (passes === false) return FILTERED;
    return passes === true ? undefined : { kind: 'rejected', faults: [{ path: '', rule: 'where', message: `penyaring "where" ${passes.message}`, ...(passes.repair ? { repair: passes.repair } : {}), severity: 'reject' }] };
  }

  function deletion(record: SourceRecord, slots: Slots): Outcome {
    if (!contract) return { kind: 'record', key: '', value: null, warnings: [] };
    const faults: Fault[] = [];
    const value: JsonObject = mapping ? {} : record.value;
    if (mapping) for (const { name, map } of mapping.fields) if (contract.keyFields.includes(name)) value[name] = map(record.value, slots, faults, name);
    const key = keyOf(contract, value, faults);
    if (key !== undefined && faults.length === 0) return { kind: 'record', key, value: null, warnings: [] };
    return { kind: 'rejected', faults: faults.length ? faults : [noKey(contract)] };
  }

  function finish(record: SourceRecord, slots: Slots, waiting: Waiting | undefined, time: Date): Outcome {
    if (record.deleted) return waiting ? { kind: 'wait', for: waiting.request } : deletion(record, slots);
    const faults: Fault[] = record.faults?.length ? [...record.faults] : [];
    const value = mapping ? mapRecord(mapping, record.value, slots, faults) : copyOf(record.value);
    const known = faults.length ? new Set(faults.map((fault) => fault.path)) : undefined;
    if (contract) {
      for (const fault of contract.validate(value)) {
        // A field that could not be mapped is null: that its contract asks for it is no second fault.
        if (!known?.has(fault.path) && !waiting?.paths.has(fault.path)) faults.push(fault);
      }
    }
    // Checks speak of a whole record: over fields that could not be mapped, or wait, they would only repeat the fault.
    if (!known && !waiting) faults.push(...check(value, record.value, time));
    const key = contract ? keyOf(contract, value, faults) : '';
    if (key === undefined && !waiting && !faults.some((fault) => fault.severity === 'reject')) faults.push(noKey(contract!));
    if (faults.length > 0 && faults.some((fault) => fault.severity === 'reject')) return { kind: 'rejected', ...(key === undefined ? {} : { key }), faults };
    if (waiting) return { kind: 'wait', for: waiting.request };
    return { kind: 'record', key: key!, value, warnings: faults };
  }

  async function run(records: readonly SourceRecord[], waited = 0): Promise<Outcome[]> {
    const time = now();
    const outcomes: (Outcome | undefined)[] = records.map((record) => sift(record, time));
    if (!expressions && !mapping?.lookups.length) return outcomes.map((outcome, i) => outcome ?? finish(records[i]!, NO_SLOTS, undefined, time));
    const open = records.flatMap((record, i) => (outcomes[i] === undefined ? [{ record, i }] : []));
    const results = expressions ? await expressions.evaluate(open.map(({ record }) => dateless(record.value))) : [];
    const evaluated = open.map((_, n) => (results[n] ?? []).map(valueOf));
    const looked = mapping!.lookups.length ? await lookUp(mapping!, open.map(({ record }) => record), evaluated, options.latest!, waited) : undefined;
    open.forEach(({ record, i }, n) => {
      const slots: Slots = { expressions: evaluated[n]!, lookups: looked?.[n]!.found ?? [] };
      outcomes[i] = finish(record, slots, looked?.[n]!.waiting, time);
    });
    return outcomes as Outcome[];
  }

  return {
    looksUp: (mapping?.lookups.length ?? 0) > 0,
    run,
    async close() {
      await (expressions as Expressions | undefined)?.close();
    },
  };
}

interface Waiting {
  readonly request: LookupRequest;
  readonly paths: ReadonlySet<string>;
}

function mapRecord(mapping: CompiledMapping, source: JsonObject, slots: Slots, faults: Fault[]): JsonObject {
  const { fields } = mapping;
  const values = new Array<Json>(fields.length);
  for (let i = 0; i < fields.length; i++) {
    const { name, map } = fields[i]!;
    values[i] = map(source, slots, faults, name);
  }
  return mapping.make(values);
}

/** Answers every lookup of every record with one fetch per topic. */
async function lookUp(mapping: CompiledMapping, records: readonly SourceRecord[], expressions: readonly (Json | Problem)[][], latest: Lookups, waited: number): Promise<{ found: (JsonObject | null | Problem)[]; waiting?: Waiting }[]> {
  const requests = records.map((record, n) =>
    mapping.lookups.map((lookup): LookupRequest | Problem | undefined => {
      const faults: Fault[] = [];
      const key = lookup.key(record.value, { expressions: expressions[n]!, lookups: [] }, faults, lookup.path);
      if (faults[0]) return new Problem(`tidak dapat dilakukan: kunci ${faults[0].message}`, 'lookup', faults[0].repair);
      return key === null || typeof key === 'object' ? undefined : { topic: lookup.spec.topic, key: String(key) };
    }),
  );
  const find = await fetchLookups(latest, requests.flat().filter((request): request is LookupRequest => request !== undefined && !(request instanceof Problem)));
  return requests.map((own) => {
    let waiting: Waiting | undefined;
    const found = own.map((request, slot): JsonObject | null | Problem => {
      if (request instanceof Problem) return request;
      // A record without the key refers to nothing: that is for the contract to judge.
      if (request === undefined) return null;
      const value = find(request);
      const { spec, path } = mapping.lookups[slot]!;
      if (value !== undefined || spec.missing === 'null') return value ?? null;
      if (spec.missing === 'wait' && waited < spec.atMost) {
        waiting = { request: waiting?.request ?? request, paths: new Set([...(waiting?.paths ?? []), path]) };
        return null;
      }
      if (spec.missing === 'wait' && spec.then === 'null') return null;
      return new Problem('tidak ditemukan', 'lookup', `Pastikan data itu sudah ada pada topik ${request.topic}, lalu ulangi`);
    });
    return { found, ...(waiting ? { waiting } : {}) };
  });
}

function valueOf(result: EvaluationResult): Json | Problem {
  return 'error' in result ? new Problem(`tidak dapat dihitung (${result.error})`, 'expression', 'Periksa ekspresi pada berkas konektor') : result.value;
}

/** Without a mapping the record passes as it is, Dates as ISO text. */
function copyOf(source: JsonObject): JsonObject {
  return dateless({ ...source });
}

function dateless(record: JsonObject): JsonObject {
  let copy: JsonObject | undefined;
  for (const name in record) {
    const value: unknown = record[name];
    if (value instanceof Date) (copy ??= { ...record })[name] = Number.isNaN(value.getTime()) ? null : value.toISOString();
  }
  return copy ?? record;
}

/** Bytes of a key. An index of PostgreSQL takes 2704 at most, with all that stands beside the key. */
const LONGEST_KEY = 1_000;

/** No database holds U+0000 in a text, so no key may; and one that no index takes would stop everybody who reads its topic. */
function keyOf(contract: PipelineContract, value: JsonObject, faults: Fault[]): string | undefined {
  const key = contract.key(value);
  if (key === undefined) return undefined;
  const refuse = (message: string, repair: string): undefined => void faults.push({ path: contract.keyFields[0] ?? '', rule: 'key', message, repair, severity: 'reject' });
  if (key.includes('\0')) return refuse('kunci berisi karakter kosong (U+0000)', 'Hapus karakter itu di sumbernya');
  // No character of a JavaScript text takes more than three bytes.
  if (key.length > LONGEST_KEY / 3 && Buffer.byteLength(key) > LONGEST_KEY) return refuse(`kunci lebih panjang dari ${LONGEST_KEY} byte`, 'Periksa isi field kunci di sumbernya');
  return key;
}

function noKey(contract: PipelineContract): Fault {
  return { path: contract.keyFields[0] ?? '', rule: 'key', message: `kunci (${contract.keyFields.join(', ')}) kosong`, repair: 'Isi field kunci di sumbernya', severity: 'reject' };
}

/** Adds file and line to the faults of a spec. */
function located<T>(options: PipelineOptions, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SettingsError) || !options.locate) throw error;
    throw new SettingsError(error.faults.map((fault) => ({ ...fault, ...options.locate!(fault.path) })), { cause: error });
  }
}
