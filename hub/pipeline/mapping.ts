/** Compiles a mapping into closures: no look-up by name and no waiting while records pass. */
import { TIME_ZONE } from '../calendar.js';
import { SettingsError, type SettingsFault } from '../errors.js';
import { recordMaker } from '../fields.js';
import type { Fault, Json, JsonObject } from '../record.js';
import { compileCodes, type References } from './codes.js';
import { compileDate, compileTimestamp, compileWriter, DEFAULT_FORMATS } from './dates.js';
import { Problem, shapeOf } from './problem.js';
import { compilePath } from './source-path.js';
import type { FieldSpec, LookupSpec, MappingSpec } from './spec.js';
import { compileDecimal, compileInteger, toBoolean, toText } from './values.js';

/** What had to be waited for, per record: results of `expr` and of lookups, by slot. */
export interface Slots {
  readonly expressions: readonly (Json | Problem)[];
  readonly lookups: readonly (JsonObject | null | Problem)[];
}

/** A field of the result. Faults are added to `faults`; a field that has one is null. */
export type MapField = (source: JsonObject, slots: Slots, faults: Fault[], path: string) => Json;

export interface CompiledLookup {
  readonly spec: LookupSpec;
  /** Target field, for faults. */
  readonly path: string;
  readonly key: MapField;
}

export interface CompiledMapping {
  readonly fields: readonly { readonly name: string; readonly map: MapField }[];
  /** Makes the record of the values of `fields`. */
  readonly make: (values: readonly Json[]) => JsonObject;
  /** JSONata texts, by slot. */
  readonly expressions: readonly string[];
  readonly lookups: readonly CompiledLookup[];
  /** Target fields that hold decimal text. */
  readonly decimals: ReadonlySet<string>;
}

/** @throws SettingsError with every fault that the declaration alone cannot see (unknown code lists, lookups where there can be none). */
export function compileMapping(spec: MappingSpec, references: References): CompiledMapping {
  const compiler = new Compiler(references);
  const fields = Object.entries(spec).map(([name, field]) => ({ name, map: compiler.field(field, `mapping.${name}`, name, 'top') }));
  if (compiler.faults.length) throw new SettingsError(compiler.faults);
  const decimals = new Set(Object.entries(spec).flatMap(([name, field]) => (field.as === 'decimal' ? [name] : [])));
  return { fields, make: recordMaker(Object.keys(spec)), expressions: compiler.expressions, lookups: compiler.lookups, decimals };
}

type Read = (source: JsonObject, slots: Slots) => unknown;
type Convert = (value: unknown) => unknown;

class Compiler {
  readonly faults: SettingsFault[] = [];
  readonly expressions: string[] = [];
  readonly lookups: CompiledLookup[] = [];
  readonly #references: References;
  readonly #lookupSlots = new Map<string, number>();

  constructor(references: References) {
    this.#references = references;
  }

  /** `place`: `top` and objects below it have slots; elements of `each` and keys of lookups do not. */
  field(spec: FieldSpec, path: string, target: string, place: 'top' | 'each' | 'key'): MapField {
    const { constant, object } = spec;
    if (constant !== undefined) return () => constant;
    if (object) return compileObject(this.#fields(object, `${path}.object`, target, place));
    const read = this.#source(spec, path, target, place);
    if (spec.each) return compileEach(read, compileObject(this.#fields(spec.each, `${path}.each`, target, 'each')), spec.default ?? null, labelOf(spec, target));
    const steps = this.#steps(spec, path);
    const isEmpty = compileEmpty(spec.empty);
    const fallback = spec.default ?? null;
    const label = labelOf(spec, target);
    if (spec.from?.length === 1 && steps.length === 0 && !spec.empty) return compilePlain(spec.from[0]!, fallback, label);
    return (source, slots, faults, at) => {
      let value = read(source, slots);
      for (const step of steps) {
        if (value instanceof Problem) break;
        if (isEmpty(value)) return fallback;
        value = step(value);
      }
      if (value instanceof Problem) return report(value, faults, at, label);
      return isEmpty(value) ? fallback : plain(value, faults, at, label);
    };
  }

  #fields(spec: MappingSpec, path: string, target: string, place: 'top' | 'each' | 'key'): { name: string; map: MapField }[] {
    return Object.entries(spec).map(([name, field]) => ({ name, map: this.field(field, `${path}.${name}`, `${target}.${name}`, place) }));
  }

  #source(spec: FieldSpec, path: string, target: string, place: 'top' | 'each' | 'key'): Read {
    if (spec.expr !== undefined) {
      if (place === 'each') this.#refuse(`${path}.expr`, 'tidak dapat dipakai di dalam each; tulis expr yang menghasilkan seluruh larik');
      const slot = this.expressions.push(spec.expr) - 1;
      return (_, slots) => slots.expressions[slot];
    }
    if (spec.lookup) {
      if (place !== 'top') this.#refuse(`${path}.lookup`, place === 'each' ? 'tidak dapat dipakai di dalam each' : 'tidak dapat dipakai di dalam kunci lookup lain');
      return this.#lookup(spec.lookup, path, target);
    }
    const isEmpty = compileEmpty(spec.empty);
    const readers = spec.from!.map(compilePath);
    const [only] = readers;
    if (readers.length === 1) return only!;
    if (spec.join !== undefined) return (source) => readers.map((read) => read(source)).filter((value) => !isEmpty(value));
    return (source) => {
      for (const read of readers) {
        const value = read(source);
        if (!isEmpty(value)) return value;
      }
      return null;
    };
  }

  /** Fields that look up the same record share a slot. */
  #lookup(spec: LookupSpec, path: string, target: string): Read {
    const identity = JSON.stringify([spec.topic, spec.key, spec.missing]);
    let slot = this.#lookupSlots.get(identity);
    if (slot === undefined) {
      slot = this.lookups.push({ spec, path: target, key: this.field(spec.key, `${path}.lookup.key`, target, 'key') }) - 1;
      this.#lookupSlots.set(identity, slot);
    }
    const at = slot;
    const { field, fields } = spec;
    const pairs = fields === undefined ? undefined : Array.isArray(fields) ? fields.map((name) => [name, name] as const) : Object.entries(fields);
    const read = field === undefined ? undefined : compilePath(field);
    return (_, slots) => {
      const found = slots.lookups[at];
      if (found === null || found === undefined || found instanceof Problem) return found;
      if (pairs) return Object.fromEntries(pairs.map(([name, from]) => [name, found[from] ?? null]));
      return read ? read(found) : found;
    };
  }

  /** The order is fixed, whatever the order in the file: split, join, trim, case, pad, codes, kind. */
  #steps(spec: FieldSpec, path: string): Convert[] {
    const steps: Convert[] = [];
    const { split, join, pad, codes } = spec;
    if (split) steps.push(textStep((text) => (split.take === undefined ? text.split(split.by) : (text.split(split.by).at(split.take) ?? null))));
    if (join !== undefined) steps.push((value) => (Array.isArray(value) ? value.filter((part) => part !== null && part !== undefined && part !== '').map(String).join(join) : value));
    if (spec.trim) steps.push(textStep((text) => text.trim()));
    if (spec.upper) steps.push(textStep((text) => text.toUpperCase()));
    if (spec.lower) steps.push(textStep((text) => text.toLowerCase()));
    if (pad) steps.push(textStep((text) => (pad.side === 'left' ? text.trim().padStart(pad.length, pad.with) : text.trim().padEnd(pad.length, pad.with))));
    if (typeof codes === 'string') {
      const list = this.#references.get(codes);
      if (list) steps.push(compileCodes(codes, list, spec.to ?? 'kode'));
      else this.#refuse(`${path}.codes`, `daftar kode "${codes}" tidak ada; buat config/reference/${codes}.csv dengan kolom kode,nama`);
    } else if (codes) {
      const list = Object.entries(codes).map(([nama, kode]) => ({ kode, nama }));
      steps.push(compileCodes(Object.keys(codes).join(', '), [...list, ...list.map(({ kode }) => ({ kode, nama: kode }))].filter((code, i, all) => all.findIndex((other) => other.nama === code.nama) === i), 'kode'));
    }
    const kind = kindOf(spec);
    if (kind) steps.push(kind);
    return steps;
  }

  #refuse(path: string, message: string): void {
    this.faults.push({ path, message });
  }
}

function kindOf(spec: FieldSpec): Convert | undefined {
  const zone = spec.zone ?? TIME_ZONE;
  const style = spec.decimal ?? 'point';
  switch (spec.as) {
    case undefined:
      return undefined;
    case 'text':
      return toText;
    case 'integer':
      return compileInteger(style);
    case 'decimal':
      return compileDecimal(style, spec.scale);
    case 'boolean':
      return toBoolean;
    case 'date':
    case 'timestamp': {
      const convert = (spec.as === 'date' ? compileDate : compileTimestamp)(spec.formats ?? DEFAULT_FORMATS[spec.as], zone);
      if (spec.format === undefined) return convert;
      const write = compileWriter(spec.format, zone);
      return (value) => {
        const iso = convert(value);
        return iso instanceof Problem ? iso : write(iso);
      };
    }
  }
}

/** The commonest field, a rename, on the shortest way. */
function compilePlain(from: string, fallback: Json, label: string): MapField {
  const read = compilePath(from);
  return (source, _slots, faults, at) => {
    const value = read(source);
    if (typeof value === 'string') return value.length > 0 && (value.charCodeAt(0) > 32 || value.trim() !== '') ? value : fallback;
    if (value === null || value === undefined) return fallback;
    return plain(value, faults, at, label);
  };
}

function compileObject(fields: readonly { name: string; map: MapField }[]): MapField {
  return (source, slots, faults, at) => {
    const result: JsonObject = {};
    for (const { name, map } of fields) result[name] = map(source, slots, faults, `${at}.${name}`);
    return result;
  };
}

function compileEach(read: Read, mapElement: MapField, fallback: Json, label: string): MapField {
  return (source, slots, faults, at) => {
    const value = read(source, slots);
    if (value === null || value === undefined || value === '') return fallback;
    if (value instanceof Problem) return report(value, faults, at, label);
    if (!Array.isArray(value)) return report(new Problem(`bukan larik (${shapeOf(value)})`), faults, at, label);
    return value.map((element: unknown, i) => {
      if (typeof element === 'object' && element !== null && !Array.isArray(element)) return mapElement(element as JsonObject, slots, faults, `${at}[${i}]`);
      return report(new Problem(`bukan objek (${shapeOf(element)})`), faults, `${at}[${i}]`, label);
    });
  };
}

/** Null, blank text, and the values that the agency writes for nothing. */
function compileEmpty(values: readonly Json[] = []): (value: unknown) => boolean {
  const words = new Set(values.map((value) => String(value).trim()));
  return (value) => {
    if (value === null || value === undefined) return true;
    if (typeof value === 'string') return value === '' || (value.charCodeAt(0) <= 32 && value.trim() === '') || (words.size > 0 && words.has(value.trim()));
    return words.size > 0 && typeof value !== 'object' && words.has(String(value));
  };
}

function textStep(work: (text: string) => unknown): Convert {
  return (value) => {
    const text = toText(value);
    return text instanceof Problem ? text : work(text);
  };
}

/** What JSON can say passes as it is, a Date as ISO text. */
function plain(value: unknown, faults: Fault[], at: string, label: string): Json {
  if (value instanceof Date) {
    const text = toText(value);
    return text instanceof Problem ? report(text, faults, at, label) : text;
  }
  if (typeof value === 'number' && !Number.isFinite(value)) return report(new Problem('bukan angka yang benar'), faults, at, label);
  return value as Json;
}

function report(problem: Problem, faults: Fault[], path: string, label: string): null {
  faults.push({ path, rule: problem.rule, message: `${label}${problem.message}`, ...(problem.repair ? { repair: problem.repair } : {}), severity: 'reject' });
  return null;
}

/** Names the source in a fault's message where it differs from the target. */
function labelOf(spec: FieldSpec, target: string): string {
  if (spec.expr !== undefined) return 'hasil expr ';
  if (spec.lookup) return `hasil pencarian di ${spec.lookup.topic} `;
  const from = spec.from?.join(' / ') ?? '';
  return from === '' || from === target ? '' : `"${from}" `;
}
