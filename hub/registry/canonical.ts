/** One text per meaning of a schema: what two registrations must share to get the same id. */
import { createHash } from 'node:crypto';
import type { Json, JsonObject } from '../record.js';
import type { AvroType, RecordField } from './avro.js';

/**
 * Canonical text of a schema. Unlike Avro's parsing canonical form it keeps doc, defaults, aliases, order of symbols and every further attribute (`hub`), since they
 * carry policy; it forgets only how the JSON was laid out: spaces, order of attributes, `{"type":"string"}` for `"string"`, namespace beside name or inside it.
 */
export function canonicalText(type: AvroType): string {
  return JSON.stringify(canonical(type, new Set()));
}

/** Identity of a schema: SHA-256 of its canonical text, in hex. */
export function identityOf(type: AvroType): string {
  return createHash('sha256').update(canonicalText(type)).digest('hex');
}

function canonical(type: AvroType, seen: Set<string>): Json {
  if (type.kind === 'union') return type.branches.map((branch) => canonical(branch, seen));
  if ('name' in type) {
    if (seen.has(type.name)) return type.name;
    seen.add(type.name);
    const named: JsonObject = { type: type.kind, name: type.name, ...(type.doc === undefined ? {} : { doc: type.doc }) };
    if (type.aliases.length > 0) named.aliases = [...type.aliases];
    if (type.kind === 'record') named.fields = type.fields.map((field) => canonicalField(field, seen));
    if (type.kind === 'enum') Object.assign(named, { symbols: [...type.symbols], ...(type.default === undefined ? {} : { default: type.default }) });
    if (type.kind === 'fixed') Object.assign(named, { size: type.size }, logicalOf(type));
    return { ...named, ...sorted(type.attributes) };
  }
  const rest: JsonObject = { ...sorted(type.attributes ?? {}) };
  if (type.kind === 'array') return { type: 'array', items: canonical(type.items, seen), ...rest };
  if (type.kind === 'map') return { type: 'map', values: canonical(type.values, seen), ...rest };
  const primitive = { type: type.kind, ...logicalOf(type), ...rest };
  return Object.keys(primitive).length === 1 ? type.kind : primitive;
}

function canonicalField(field: RecordField, seen: Set<string>): JsonObject {
  return {
    name: field.name,
    type: canonical(field.type, seen),
    ...(field.doc === undefined ? {} : { doc: field.doc }),
    ...(field.default === undefined ? {} : { default: sortedJson(field.default) }),
    ...(field.aliases.length > 0 ? { aliases: [...field.aliases] } : {}),
    ...sorted(field.attributes),
  };
}

function logicalOf(type: { logical?: string; precision?: number; scale?: number }): JsonObject {
  if (type.logical === undefined) return {};
  return type.logical === 'decimal' ? { logicalType: 'decimal', precision: type.precision!, scale: type.scale! } : { logicalType: type.logical };
}

function sorted(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.keys(object).sort().map((name) => [name, sortedJson(object[name]!)]));
}

function sortedJson(value: Json): Json {
  if (Array.isArray(value)) return value.map(sortedJson);
  return typeof value === 'object' && value !== null ? sorted(value) : value;
}
