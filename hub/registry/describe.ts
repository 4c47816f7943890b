/** A contract in words: what a template, a manual or a catalog says about each field. */
import { optional, type AvroType } from './avro.js';
import { policyOf, type Contract, type FieldPolicy } from './contract.js';
import { FORMATS } from './formats.js';
import type { References } from './validate.js';

export interface FieldDescription {
  readonly name: string;
  readonly doc: string;
  readonly required: boolean;
  /** Part of the key. */
  readonly key: boolean;
  /** Bahasa Indonesia: `teks`, `tanggal (2026-11-24)`, `desimal, 2 angka di belakang koma`. */
  readonly type: string;
  /** What to type, where a format says so. */
  readonly hint?: string;
  /** The values that are taken, where they are listed. */
  readonly choices?: readonly { readonly kode: string; readonly nama: string }[];
  /** Identities and money: a spreadsheet must keep such a column as text. */
  readonly text: boolean;
  readonly personal?: FieldPolicy['personal'];
  readonly format?: FieldPolicy['format'];
  /** Fields of a record inside; of each item, if `type` is a list. */
  readonly fields?: readonly FieldDescription[];
}

/** The fields of a contract in their order. */
export function describeContract(contract: Contract, references: References): FieldDescription[] {
  return describeFields(contract.type, contract.key, references, new Set());
}

function describeFields(record: AvroType & { kind: 'record' }, key: readonly string[], references: References, within: Set<string>): FieldDescription[] {
  const inside = new Set(within).add(record.name);
  return record.fields.map((field) => {
    const { type, nullable } = optional(field.type);
    const { format, codes, personal } = policyOf(field);
    const value = type.kind === 'array' ? optional(type.items).type : type;
    const choices = codes === undefined ? (value.kind === 'enum' ? value.symbols.map((symbol) => ({ kode: symbol, nama: symbol })) : undefined) : references.get(codes);
    return {
      name: field.name,
      doc: field.doc ?? '',
      required: !nullable && field.default === undefined,
      key: key.includes(field.name),
      type: words(type),
      ...(format ? { format, hint: FORMATS[format].hint } : {}),
      ...(choices ? { choices } : {}),
      text: value.kind === 'string' || value.kind === 'enum' || ('logical' in value && value.logical === 'decimal'),
      ...(personal ? { personal } : {}),
      ...(value.kind === 'record' && !inside.has(value.name) ? { fields: describeFields(value, [], references, inside) } : {}),
    };
  });
}

function words(type: AvroType): string {
  switch (type.kind) {
    case 'string':
      return 'teks';
    case 'int':
      return type.logical === 'date' ? 'tanggal (2026-11-24)' : 'bilangan bulat';
    case 'long':
      return type.logical === 'timestamp-millis' ? 'waktu UTC (2026-11-24T01:02:03.000Z)' : 'bilangan bulat';
    case 'float':
    case 'double':
      return 'bilangan';
    case 'bytes':
    case 'fixed':
      return type.logical === 'decimal' ? (type.scale ? `desimal, ${type.scale} angka di belakang koma` : 'bilangan bulat (desimal)') : 'biner (base64)';
    case 'boolean':
      return 'ya/tidak (true/false)';
    case 'enum':
      return 'pilihan';
    case 'array':
      return `daftar ${words(optional(type.items).type)}`;
    case 'map':
      return `peta nama ke ${words(optional(type.values).type)}`;
    case 'record':
      return 'objek';
    case 'null':
    case 'union':
      return 'kosong';
  }
}
