/** Reads the JSON of an Avro schema into a tree of types and collects every fault on the way. */
import type { Json, JsonObject } from '../record.js';
import { PRIMITIVES, type AvroType, type EnumType, type FixedType, type Logical, type Named, type PrimitiveKind, type RecordField, type RecordType } from './avro.js';

export interface AvroFault {
  /** Steps into the JSON of the schema. */
  readonly path: readonly (string | number)[];
  /** The same place by names of fields: `alamat.rt`; empty for the root. */
  readonly label: string;
  readonly message: string;
}
/** Where a type stands, for faults. */
interface Place {
  readonly path: readonly (string | number)[];
  readonly label: string;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const RESERVED: Record<string, readonly string[]> = {
  record: ['type', 'name', 'namespace', 'aliases', 'doc', 'fields'],
  error: ['type', 'name', 'namespace', 'aliases', 'doc', 'fields'],
  enum: ['type', 'name', 'namespace', 'aliases', 'doc', 'symbols', 'default'],
  fixed: ['type', 'name', 'namespace', 'aliases', 'doc', 'size'],
  array: ['type', 'items'],
  map: ['type', 'values'],
  field: ['name', 'type', 'doc', 'default', 'aliases'],
  primitive: ['type'],
};
/** Which carriers a logical type may have. */
const CARRIERS = new Map<string, readonly string[]>([
  ['date', ['int']],
  ['time-millis', ['int']],
  ['time-micros', ['long']],
  ['timestamp-millis', ['long']],
  ['timestamp-micros', ['long']],
  ['local-timestamp-millis', ['long']],
  ['local-timestamp-micros', ['long']],
  ['decimal', ['bytes', 'fixed']],
  ['uuid', ['string', 'fixed']],
  ['duration', ['fixed']],
]);

/** Reads the JSON of a schema. `type` is there exactly when `faults` is empty; `draft` also with faults, as far as it can be read, for whoever looks for more of them. */
export function parseAvro(schema: Json): { type?: AvroType; draft?: AvroType; faults: AvroFault[] } {
  const faults: AvroFault[] = [];
  const draft = new Parser(faults).parse(schema, '', { path: [], label: '' });
  return { ...(faults.length === 0 && draft && { type: draft }), ...(draft && { draft }), faults };
}

class Parser {
  readonly #types = new Map<string, AvroType>();
  readonly #faults: AvroFault[];
  constructor(faults: AvroFault[]) {
    this.#faults = faults;
  }

  parse(schema: Json | undefined, namespace: string, place: Place): AvroType | undefined {
    if (typeof schema === 'string') return this.#named(schema, namespace, place);
    if (Array.isArray(schema)) return this.#union(schema, namespace, place);
    if (typeof schema !== 'object' || schema === null) return this.#fault(place, schema === undefined ? 'tipe (type) belum ditulis' : 'tipe harus berupa nama, objek atau daftar');
    const { type } = schema;
    if (typeof type === 'string') {
      switch (type) {
        case 'record':
        case 'error':
          return this.#record(schema, namespace, place);
        case 'enum':
          return this.#enum(schema, namespace, place);
        case 'fixed':
          return this.#fixed(schema, namespace, place);
        case 'array': {
          const items = this.parse(schema.items, namespace, step(place, 'items'));
          return items && { kind: 'array', items, attributes: extra(schema, 'array') };
        }
        case 'map': {
          const values = this.parse(schema.values, namespace, step(place, 'values'));
          return values && { kind: 'map', values, attributes: extra(schema, 'map') };
        }
      }
      if (!(PRIMITIVES as readonly string[]).includes(type)) return this.#named(type, namespace, step(place, 'type'));
      const logical = this.#logical(schema, type, undefined, place);
      return { kind: type as PrimitiveKind, ...logical, attributes: extra(schema, 'primitive', logical) };
    }
    // {"type": {"type": "string", …}}: allowed, means the inner type.
    return this.parse(type, namespace, step(place, 'type'));
  }

  #named(name: string, namespace: string, place: Place): AvroType | undefined {
    if ((PRIMITIVES as readonly string[]).includes(name)) return { kind: name as PrimitiveKind };
    const found = this.#types.get(fullName(name, namespace)) ?? this.#types.get(name);
    return found ?? this.#fault(place, `tipe "${name}" tidak dikenal; periksa ejaannya atau tulis definisinya lebih dulu`);
  }

  #union(schema: Json[], namespace: string, place: Place): AvroType | undefined {
    const branches = schema.map((branch, index) => this.parse(branch, namespace, step(place, index)));
    if (schema.length === 0) return this.#fault(place, 'union kosong');
    const seen = new Set<string>();
    for (const [index, branch] of branches.entries()) {
      if (!branch) continue;
      if (branch.kind === 'union') this.#fault(step(place, index), 'union tidak boleh berisi union');
      const name = 'name' in branch ? branch.name : branch.kind;
      if (seen.has(name)) this.#fault(step(place, index), `union memuat "${name}" dua kali`);
      seen.add(name);
    }
    return branches.every((branch) => branch !== undefined) ? { kind: 'union', branches } : undefined;
  }

  /** The name is known before its content is read, so that a type may contain itself. */
  #define<T extends RecordType | EnumType | FixedType>(schema: JsonObject, namespace: string, place: Place, rest: Omit<T, keyof Named>): { type: T; space: string } {
    const { name, namespace: own, aliases, doc } = schema;
    let full = '';
    if (typeof name !== 'string' || !name.split('.').every((part) => NAME.test(part))) {
      this.#fault(step(place, 'name'), `nama (name) ${typeof name === 'string' ? `"${name}" tidak sah: huruf, angka dan garis bawah saja` : 'belum ditulis'}`);
    } else full = fullName(name, typeof own === 'string' ? own : namespace);
    if (own !== undefined && (typeof own !== 'string' || (own !== '' && !own.split('.').every((part) => NAME.test(part))))) this.#fault(step(place, 'namespace'), 'namespace tidak sah');
    if (full && (this.#types.has(full) || (PRIMITIVES as readonly string[]).includes(full))) this.#fault(step(place, 'name'), `nama "${full}" dipakai dua kali`);
    const logical = rest as Logical;
    const space = full.includes('.') ? full.slice(0, full.lastIndexOf('.')) : '';
    const type = {
      name: full,
      aliases: this.#names(aliases, step(place, 'aliases')).map((alias) => fullName(alias, space)),
      ...(typeof doc === 'string' ? { doc } : {}),
      attributes: extra(schema, schema.type as string, logical),
      ...rest,
    } as unknown as T;
    if (full) this.#types.set(full, type);
    return { type, space };
  }

  #record(schema: JsonObject, namespace: string, place: Place): AvroType {
    const fields: RecordField[] = [];
    const { type, space } = this.#define<RecordType>(schema, namespace, place, { kind: 'record', fields });
    if (!Array.isArray(schema.fields)) {
      this.#fault(step(place, 'fields'), 'daftar kolom (fields) belum ditulis');
      return type;
    }
    const names = new Set<string>();
    for (const [index, field] of schema.fields.entries()) {
      const at = step(step(place, 'fields'), index);
      if (typeof field !== 'object' || field === null || Array.isArray(field)) {
        this.#fault(at, 'kolom harus berupa objek dengan name dan type');
        continue;
      }
      const { name } = field;
      if (typeof name !== 'string' || !NAME.test(name)) {
        this.#fault(at, typeof name === 'string' ? `nama kolom "${name}" tidak sah: huruf, angka dan garis bawah saja` : 'nama kolom (name) belum ditulis');
        continue;
      }
      const here: Place = { path: at.path, label: place.label ? `${place.label}.${name}` : name };
      // Such a name would reach into JavaScript's own objects, and its value would be lost.
      if (name in Object.prototype) this.#fault(here, `nama kolom "${name}" tidak boleh dipakai; pilih nama lain`);
      if (names.has(name)) this.#fault(here, 'kolom ditulis dua kali');
      names.add(name);
      const fieldType = this.parse(field.type, space, step(here, 'type'));
      const aliases = this.#names(field.aliases, step(here, 'aliases'));
      if (fieldType && field.default !== undefined && !fits(fieldType, field.default)) this.#fault(step(here, 'default'), 'nilai default tidak sesuai tipe kolom (pada union: tipe pertama)');
      fields.push({
        name,
        aliases,
        // Only in a draft: the fault is known.
        type: fieldType ?? { kind: 'null' },
        ...(typeof field.doc === 'string' ? { doc: field.doc } : {}),
        ...(field.default !== undefined ? { default: field.default } : {}),
        attributes: extra(field, 'field'),
      });
    }
    return type;
  }

  #enum(schema: JsonObject, namespace: string, place: Place): AvroType {
    const symbols = this.#names(schema.symbols, step(place, 'symbols'));
    if (symbols.length === 0) this.#fault(step(place, 'symbols'), 'pilihan (symbols) belum ditulis');
    for (const [index, symbol] of symbols.entries()) {
      if (!NAME.test(symbol)) this.#fault(step(step(place, 'symbols'), index), `pilihan "${symbol}" tidak sah: huruf, angka dan garis bawah saja`);
      if (symbols.indexOf(symbol) !== index) this.#fault(step(step(place, 'symbols'), index), `pilihan "${symbol}" ditulis dua kali`);
    }
    const { default: fallback } = schema;
    if (fallback !== undefined && (typeof fallback !== 'string' || !symbols.includes(fallback))) this.#fault(step(place, 'default'), 'nilai default bukan salah satu pilihan');
    return this.#define<EnumType>(schema, namespace, place, { kind: 'enum', symbols, ...(typeof fallback === 'string' ? { default: fallback } : {}) }).type;
  }

  #fixed(schema: JsonObject, namespace: string, place: Place): AvroType {
    const size = schema.size;
    if (typeof size !== 'number' || !Number.isInteger(size) || size < 1) this.#fault(step(place, 'size'), 'ukuran (size) harus bilangan bulat di atas nol');
    return this.#define<FixedType>(schema, namespace, place, { kind: 'fixed', size: size as number, ...this.#logical(schema, 'fixed', size as number, place) }).type;
  }

  #logical(schema: JsonObject, carrier: string, size: number | undefined, place: Place): Logical {
    const { logicalType: logical, precision, scale = 0 } = schema;
    if (typeof logical !== 'string') return {};
    if (!CARRIERS.get(logical)?.includes(carrier)) return {};
    if (logical !== 'decimal') return { logical };
    const most = size === undefined ? Infinity : Math.floor(Math.log10(2) * (8 * size - 1));
    const whole = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value);
    if (whole(precision) && precision > 0 && precision <= most && whole(scale) && scale >= 0 && scale <= precision) return { logical, precision, scale };
    this.#fault(place, 'decimal memerlukan precision di atas nol dan scale antara nol dan precision');
    return {};
  }

  #names(list: Json | undefined, place: Place): string[] {
    if (list === undefined) return [];
    if (Array.isArray(list) && list.every((name) => typeof name === 'string')) return list;
    this.#fault(place, 'harus berupa daftar nama');
    return [];
  }

  #fault(place: Place, message: string): undefined {
    this.#faults.push({ ...place, message });
  }
}

function step(place: Place, key: string | number): Place {
  return { path: [...place.path, key], label: place.label };
}

function fullName(name: string, namespace: string): string {
  return name.includes('.') || !namespace ? name : `${namespace}.${name}`;
}

function extra(schema: JsonObject, kind: string, logical: Logical = {}): JsonObject {
  const known = [...(RESERVED[kind] ?? []), ...(logical.logical ? ['logicalType', ...(logical.logical === 'decimal' ? ['precision', 'scale'] : [])] : [])];
  return Object.fromEntries(Object.entries(schema).filter(([name]) => !known.includes(name)));
}

/** Whether a default as written in JSON fits its type; of a union, the first branch. */
function fits(type: AvroType, value: Json): boolean {
  switch (type.kind) {
    case 'null':
      return value === null;
    case 'boolean':
      return typeof value === 'boolean';
    case 'int':
      return typeof value === 'number' && (value | 0) === value;
    case 'long':
      return (typeof value === 'number' && Number.isInteger(value)) || (typeof value === 'string' && /^-?\d{16,19}$/.test(value));
    case 'float':
    case 'double':
      return typeof value === 'number';
    case 'bytes':
    case 'string':
      return typeof value === 'string';
    case 'fixed':
      return typeof value === 'string' && value.length === type.size;
    case 'enum':
      return typeof value === 'string' && type.symbols.includes(value);
    case 'array':
      return Array.isArray(value) && value.every((item) => fits(type.items, item));
    case 'map':
      return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every((item) => fits(type.values, item));
    case 'record':
      return (
        typeof value === 'object' && value !== null && !Array.isArray(value) &&
        type.fields.every((field) => (Object.hasOwn(value, field.name) ? fits(field.type, value[field.name]!) : field.default !== undefined))
      );
    case 'union':
      return fits(type.branches[0]!, value);
  }
}
