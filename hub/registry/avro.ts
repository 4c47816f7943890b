/** An Avro schema as a tree of types, names resolved. The codec, the validator and the compatibility checker all work on it; `parse-avro.ts` makes it. */
import type { Json, JsonObject } from '../record.js';

export const PRIMITIVES = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const;
export type PrimitiveKind = (typeof PRIMITIVES)[number];

/** A logical type that fits its carrier; others are ignored, as the specification says. */
export interface Logical {
  readonly logical?: string;
  /** Of a decimal. */
  readonly precision?: number;
  readonly scale?: number;
}
/** What belongs to a named type: full name, former full names, and attributes that Avro itself does not know. */
export interface Named {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly doc?: string;
  readonly attributes: JsonObject;
}
export interface PrimitiveType extends Logical {
  readonly kind: PrimitiveKind;
  readonly attributes?: JsonObject;
}
export interface RecordType extends Named {
  readonly kind: 'record';
  readonly fields: readonly RecordField[];
}
export interface RecordField {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly type: AvroType;
  readonly doc?: string;
  /** As written in the schema; undefined when there is none. */
  readonly default?: Json;
  readonly attributes: JsonObject;
}
export interface EnumType extends Named {
  readonly kind: 'enum';
  readonly symbols: readonly string[];
  readonly default?: string;
}
export interface FixedType extends Named, Logical {
  readonly kind: 'fixed';
  readonly size: number;
}
export interface ArrayType {
  readonly kind: 'array';
  readonly items: AvroType;
  readonly attributes?: JsonObject;
}
export interface MapType {
  readonly kind: 'map';
  readonly values: AvroType;
  readonly attributes?: JsonObject;
}
export interface UnionType {
  readonly kind: 'union';
  readonly branches: readonly AvroType[];
}
export type AvroType = PrimitiveType | RecordType | EnumType | FixedType | ArrayType | MapType | UnionType;

/** Unwraps `["null", X]`: the one form of an optional value. */
export function optional(type: AvroType): { type: AvroType; nullable: boolean } {
  if (type.kind !== 'union') return { type, nullable: type.kind === 'null' };
  const others = type.branches.filter((branch) => branch.kind !== 'null');
  return others.length === 1 && type.branches.length === 2 ? { type: others[0]!, nullable: true } : { type, nullable: others.length < type.branches.length };
}
