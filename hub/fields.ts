/**
 * Records with a fixed set of fields, made and read by functions written for exactly these names. V8 makes and reads an object many times faster where the names stand in the
 * code than where they come from a variable, and this is what happens most in the whole hub.
 */
import type { Json, JsonObject } from './record.js';

/** A function that makes a record of the values of these fields, in their order. */
export function recordMaker(names: readonly string[]): (values: readonly Json[]) => JsonObject {
  // In an object literal this one name would mean the prototype.
  if (names.includes('__proto__')) throw new TypeError('A field cannot be called __proto__');
  return written('values', `({ ${names.map((name, index) => `${JSON.stringify(name)}: values[${index}]`).join(', ')} })`) as (values: readonly Json[]) => JsonObject;
}

/** A function that reads one field; undefined where the record does not have it itself. */
export function fieldReader(name: string): (record: Readonly<Record<string, unknown>>) => unknown {
  const text = JSON.stringify(name);
  const read = `record[${text}]`;
  return written('record', name in Object.prototype ? `Object.hasOwn(record, ${text}) ? ${read} : undefined` : read) as (record: Readonly<Record<string, unknown>>) => unknown;
}

function written(parameter: string, expression: string): (argument: never) => unknown {
  // eslint-disable-next-line no-restricted-syntax -- Only names in JSON quotes come from outside.
  return new Function(parameter, `return ${expression};`) as (argument: never) => unknown;
}
