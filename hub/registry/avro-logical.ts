/**
 * avsc types whose decoded values are plain JSON: date `YYYY-MM-DD`, timestamp ISO text with Z, decimal text with its scale, long a number (text beyond 2^53), bytes and
 * fixed base64 text.
 */
import avsc, { type Schema, type Type } from 'avsc';
import type { Json } from '../record.js';
import type { AvroType } from './avro.js';
import { civilDay, civilText, instant } from '../calendar.js';
import { decimalText, unscaled } from './decimal.js';

/** Compiles a type for decoding. */
export function avscType(type: AvroType): Type {
  return plain(avsc.Type.forSchema(schemaOf(type, new Set()) as Schema, { registry: { long }, logicalTypes, omitRecordMethods: true }));
}

/** avsc makes a class for each record; CEL, clones and comparisons want the plain objects that JSON has. */
function plain(type: Type, seen = new Set<Type>()): Type {
  if (seen.has(type)) return type;
  seen.add(type);
  const { recordConstructor, fields, itemsType, valuesType, types } = type as unknown as { recordConstructor?: { prototype: object }; fields?: { type: Type }[]; itemsType?: Type; valuesType?: Type; types?: Type[] };
  if (recordConstructor) recordConstructor.prototype = Object.prototype;
  for (const inner of [...(fields ?? []).map((field) => field.type), itemsType, valuesType, ...(types ?? [])]) if (inner) plain(inner, seen);
  return type;
}

/** The schema as avsc is told it: names in full, logical types only where they fit, bytes as base64. */
function schemaOf(type: AvroType, seen: Set<string>): Json {
  switch (type.kind) {
    case 'union':
      return type.branches.map((branch) => schemaOf(branch, seen));
    case 'array':
      return { type: 'array', items: schemaOf(type.items, seen) };
    case 'map':
      return { type: 'map', values: schemaOf(type.values, seen) };
    case 'record':
    case 'enum':
    case 'fixed': {
      if (seen.has(type.name)) return type.name;
      seen.add(type.name);
      const named = { type: type.kind, name: type.name, aliases: [...type.aliases] };
      if (type.kind === 'enum') return { ...named, symbols: [...type.symbols], ...(type.default === undefined ? {} : { default: type.default }) };
      if (type.kind === 'fixed') return { ...named, size: type.size, ...logicalOf(type, 'base64') };
      return {
        ...named,
        fields: type.fields.map((field) => ({
          name: field.name,
          type: schemaOf(field.type, seen),
          aliases: [...field.aliases],
          ...(field.default === undefined ? {} : { default: field.default }),
        })),
      };
    }
    default: {
      const logical = logicalOf(type, type.kind === 'bytes' ? 'base64' : undefined);
      return logical.logicalType === undefined ? type.kind : { type: type.kind, ...logical };
    }
  }
}

function logicalOf(type: { logical?: string; precision?: number; scale?: number }, fallback: string | undefined): { logicalType?: string; precision?: number; scale?: number } {
  if (type.logical === 'decimal') return { logicalType: 'decimal', precision: type.precision!, scale: type.scale! };
  const name = type.logical !== undefined && Object.hasOwn(logicalTypes, type.logical) ? type.logical : fallback;
  return name === undefined ? {} : { logicalType: name };
}

const { LogicalType } = avsc.types;

class DateText extends LogicalType {
  protected override _fromValue(day: number): string {
    return civilText(day);
  }
  protected override _toValue(text: string): number | undefined {
    return civilDay(text);
  }
  protected override _resolve(writer: Type): ((value: any) => unknown) | undefined {
    return writer instanceof DateText ? same : writer.typeName === 'int' ? civilText : undefined;
  }
}

class TimestampText extends LogicalType {
  protected override _fromValue(millis: number): string {
    return new Date(millis).toISOString();
  }
  protected override _toValue(text: string): number | undefined {
    return instant(text);
  }
  protected override _resolve(writer: Type): ((value: any) => unknown) | undefined {
    return writer instanceof TimestampText ? same : writer.typeName === 'int' || writer.typeName.endsWith('long') ? (millis: number) => this._fromValue(millis) : undefined;
  }
}

class DecimalText extends LogicalType {
  readonly #scale: number;
  readonly #size: number | undefined;
  constructor(schema: Schema, options?: unknown) {
    super(schema, options as never);
    const { scale = 0, size } = schema as unknown as { scale?: number; size?: number };
    this.#scale = scale;
    this.#size = size;
  }
  protected override _fromValue(bytes: Buffer): string {
    return decimalText(bytes, this.#scale);
  }
  protected override _toValue(text: string): Buffer {
    const value = BigInt(unscaled(text, this.#scale));
    let size = this.#size ?? 1;
    while (BigInt.asIntN(size * 8, value) !== value) size++;
    return Buffer.from(BigInt.asUintN(size * 8, value).toString(16).padStart(size * 2, '0'), 'hex');
  }
  protected override _resolve(writer: Type): ((value: any) => unknown) | undefined {
    // The writer's own scale stands in its text; the reader's only adds zeros.
    if (writer instanceof DecimalText) return writer.#scale <= this.#scale ? (text: string) => decimalText(this._toValue(text), this.#scale) : undefined;
    return writer instanceof Base64Text ? (text: string) => decimalText(Buffer.from(text, 'base64'), this.#scale) : undefined;
  }
}

class Base64Text extends LogicalType {
  protected override _fromValue(bytes: Buffer): string {
    return bytes.toString('base64');
  }
  protected override _toValue(text: string): Buffer {
    return Buffer.from(text, 'base64');
  }
  protected override _resolve(writer: Type): ((value: any) => unknown) | undefined {
    if (writer instanceof Base64Text) return this.underlyingType.typeName === writer.underlyingType.typeName ? same : undefined;
    return writer.typeName === 'string' && this.underlyingType.typeName === 'bytes' ? (text: string) => Buffer.from(text).toString('base64') : undefined;
  }
}

const logicalTypes = { date: DateText, 'timestamp-millis': TimestampText, decimal: DecimalText, base64: Base64Text } as never as Record<string, new (schema: Schema, options?: any) => InstanceType<typeof LogicalType>>;

function same<T>(value: T): T {
  return value;
}

const long = avsc.types.LongType.__with({
  fromBuffer(bytes: Buffer): number | string {
    const value = bytes.readBigInt64LE();
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value.toString();
  },
  toBuffer(value: number | string): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    return bytes;
  },
  fromJSON: same,
  toJSON: same,
  isValid: (value: unknown) => Number.isSafeInteger(value) || typeof value === 'string',
  compare: (a: number | string, b: number | string) => (BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0),
} as never) as Type;
