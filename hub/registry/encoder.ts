/**
 * Writes plain JSON records as Avro binary, straight from text to bytes. avsc would check the branch of every optional field by converting its value once more; this writer
 * knows the one form of union that contracts allow. Decoding is avsc's (`codec.ts`), and the tests hold the two together.
 */
import { fieldReader } from '../fields.js';
import { optional, type AvroType, type RecordType } from './avro.js';
import { civilDay, instant } from '../calendar.js';
import { unscaled } from './decimal.js';

/** Bytes are written to `buffer` at `at`; writing past the end loses bytes but keeps counting, so that the caller knows the size it needs. */
export interface Sheet {
  buffer: Buffer;
  at: number;
}
export type Encode = (sheet: Sheet, value: unknown) => void;

/** Compiles the writer of a type. It throws TypeError, naming the field, for a value that a validator would have refused. */
export function compileEncoder(type: AvroType): Encode {
  return compile(type, '', new Map());
}

function compile(type: AvroType, label: string, known: Map<AvroType, { encode?: Encode }>): Encode {
  switch (type.kind) {
    case 'null':
      return () => undefined;
    case 'boolean':
      return (sheet, value) => void (sheet.buffer[sheet.at++] = bool(value, label) ? 1 : 0);
    case 'int':
      if (type.logical === 'date') {
        return (sheet, value) => {
          const day = typeof value === 'string' ? civilDay(value) : undefined;
          if (day === undefined) refuse(label, 'a date');
          writeLong(sheet, day);
        };
      }
      return (sheet, value) => {
        if (typeof value !== 'number' || (value | 0) !== value) refuse(label, 'an int');
        writeLong(sheet, value);
      };
    case 'long':
      if (type.logical === 'timestamp-millis') {
        return (sheet, value) => {
          const millis = typeof value === 'string' ? instant(value) : undefined;
          if (millis === undefined) refuse(label, 'a timestamp');
          writeLong(sheet, millis);
        };
      }
      return (sheet, value) => {
        if (typeof value === 'number' && Number.isSafeInteger(value)) writeLong(sheet, value);
        else if (typeof value === 'string' && isLong(value)) {
          const number = Number(value);
          if (Number.isSafeInteger(number)) writeLong(sheet, number);
          else writeBigLong(sheet, BigInt(value));
        } else refuse(label, 'a long');
      };
    case 'float':
      return (sheet, value) => writeFloat(sheet, real(value, label), 4);
    case 'double':
      return (sheet, value) => writeFloat(sheet, real(value, label), 8);
    case 'string':
      return (sheet, value) => writeText(sheet, typeof value === 'string' ? value : refuse(label, 'a string'));
    case 'bytes':
      if (type.logical === 'decimal') {
        const scale = type.scale!;
        return (sheet, value) => writeDecimal(sheet, unscaled(typeof value === 'string' ? value : refuse(label, 'a decimal'), scale));
      }
      return (sheet, value) => {
        const bytes = base64(value, label);
        writeLong(sheet, bytes.length);
        copy(sheet, bytes);
      };
    case 'fixed': {
      const { size, scale } = type;
      if (type.logical === 'decimal') return (sheet, value) => writeWide(sheet, BigInt(unscaled(typeof value === 'string' ? value : refuse(label, 'a decimal'), scale!)), size);
      return (sheet, value) => {
        const bytes = base64(value, label);
        if (bytes.length !== size) refuse(label, `${size} bytes`);
        copy(sheet, bytes);
      };
    }
    case 'enum': {
      const indices = new Map(type.symbols.map((symbol, index) => [symbol, index]));
      return (sheet, value) => writeLong(sheet, indices.get(value as string) ?? refuse(label, 'a symbol of the enum'));
    }
    case 'array': {
      const item = compile(type.items, `${label}[]`, known);
      return (sheet, value) => {
        if (!Array.isArray(value)) refuse(label, 'an array');
        if (value.length > 0) writeLong(sheet, value.length);
        for (const element of value) item(sheet, element);
        sheet.buffer[sheet.at++] = 0;
      };
    }
    case 'map': {
      const entry = compile(type.values, `${label}.*`, known);
      return (sheet, value) => {
        if (typeof value !== 'object' || value === null) refuse(label, 'a map');
        const entries = Object.entries(value);
        if (entries.length > 0) writeLong(sheet, entries.length);
        for (const [name, element] of entries) {
          writeText(sheet, name);
          entry(sheet, element);
        }
        sheet.buffer[sheet.at++] = 0;
      };
    }
    case 'union': {
      const { type: inner, nullable } = optional(type);
      if (!nullable || inner.kind === 'union' || inner.kind === 'null') throw new TypeError(`${label || 'schema'}: only ["null", X] unions can be written`);
      const absent = type.branches[0]!.kind === 'null' ? 0 : 2;
      const present = 2 - absent;
      const encode = compile(inner, label, known);
      return (sheet, value) => {
        if (value === null || value === undefined) sheet.buffer[sheet.at++] = absent;
        else {
          sheet.buffer[sheet.at++] = present;
          encode(sheet, value);
        }
      };
    }
    case 'record':
      return record(type, label, known);
  }
}

function record(type: RecordType, label: string, known: Map<AvroType, { encode?: Encode }>): Encode {
  const before = known.get(type);
  // A type inside itself: by then the writer is there.
  if (before) return before.encode ?? ((sheet, value) => before.encode!(sheet, value));
  const slot: { encode?: Encode } = {};
  known.set(type, slot);
  const readers = type.fields.map((field) => fieldReader(field.name));
  const fallbacks = type.fields.map((field) => field.default);
  const encoders = type.fields.map((field) => compile(field.type, label ? `${label}.${field.name}` : field.name, known));
  slot.encode = (sheet, value) => {
    if (typeof value !== 'object' || value === null) refuse(label, 'a record');
    for (let i = 0; i < readers.length; i++) {
      const element = readers[i]!(value as Record<string, unknown>);
      encoders[i]!(sheet, element === undefined ? fallbacks[i] : element);
    }
  };
  return slot.encode;
}

/** Whether a text is a whole number that fits 64 bits. */
export function isLong(text: string): boolean {
  if (!/^-?\d{1,19}$/.test(text)) return false;
  if (text.length < 19) return true;
  const value = BigInt(text);
  return BigInt.asIntN(64, value) === value;
}

function writeLong(sheet: Sheet, value: number): void {
  const { buffer } = sheet;
  if (value >= -0x40000000 && value <= 0x3fffffff) {
    let zigzag = value >= 0 ? value << 1 : (~value << 1) | 1;
    while (zigzag > 127) {
      buffer[sheet.at++] = (zigzag & 127) | 128;
      zigzag >>>= 7;
    }
    buffer[sheet.at++] = zigzag;
  } else if (value > -0x8000000000000 && value < 0x8000000000000) {
    const zigzag = value >= 0 ? value * 2 : -value * 2 - 1;
    // In two halves, so that all but this one division is done with whole numbers of 32 bits.
    let high = Math.floor(zigzag / 0x10000000);
    let low = zigzag - high * 0x10000000;
    for (let i = 0; i < 4; i++, low >>>= 7) buffer[sheet.at++] = (low & 127) | 128;
    for (; high > 127; high >>>= 7) buffer[sheet.at++] = (high & 127) | 128;
    buffer[sheet.at++] = high;
  } else writeBigLong(sheet, BigInt(value));
}

function writeBigLong(sheet: Sheet, value: bigint): void {
  let zigzag = BigInt.asUintN(64, value >= 0n ? value << 1n : (-value << 1n) - 1n);
  while (zigzag > 127n) {
    sheet.buffer[sheet.at++] = Number(zigzag & 127n) | 128;
    zigzag >>= 7n;
  }
  sheet.buffer[sheet.at++] = Number(zigzag);
}

/** Most texts are short and ASCII: their length is known at once and they are written without leaving JavaScript. */
function writeText(sheet: Sheet, text: string): void {
  const { buffer } = sheet;
  const length = text.length;
  if (length < 64) {
    const start = sheet.at + 1;
    let i = 0;
    for (; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) break;
      buffer[start + i] = code;
    }
    if (i === length) {
      buffer[sheet.at] = length << 1;
      sheet.at = start + length;
      return;
    }
  }
  const bytes = Buffer.byteLength(text);
  writeLong(sheet, bytes);
  if (sheet.at < buffer.length) buffer.write(text, sheet.at);
  sheet.at += bytes;
}

function writeDecimal(sheet: Sheet, value: number | bigint): void {
  if (typeof value === 'bigint') {
    let size = 1;
    while (BigInt.asIntN(size * 8, value) !== value) size++;
    writeLong(sheet, size);
    return writeWide(sheet, value, size);
  }
  let size = 1;
  for (let limit = 128; value < -limit || value >= limit; limit *= 256) size++;
  const { buffer } = sheet;
  buffer[sheet.at++] = size << 1;
  // The upper half is signed and small, the lower one has no sign: both are whole numbers of 32 bits.
  const high = Math.floor(value / 0x1000000);
  const low = value - high * 0x1000000;
  for (let i = size - 1, shift = 0; i >= 0; i--, shift += 8) buffer[sheet.at + i] = shift < 24 ? low >> shift : high >> (shift - 24);
  sheet.at += size;
}

function writeWide(sheet: Sheet, value: bigint, size: number): void {
  let rest = BigInt.asUintN(size * 8, value);
  for (let i = size - 1; i >= 0; i--) {
    sheet.buffer[sheet.at + i] = Number(rest & 255n);
    rest >>= 8n;
  }
  sheet.at += size;
}

function writeFloat(sheet: Sheet, value: number, size: 4 | 8): void {
  if (sheet.at + size <= sheet.buffer.length) {
    if (size === 4) sheet.buffer.writeFloatLE(value, sheet.at);
    else sheet.buffer.writeDoubleLE(value, sheet.at);
  }
  sheet.at += size;
}

function copy(sheet: Sheet, bytes: Buffer): void {
  if (sheet.at < sheet.buffer.length) bytes.copy(sheet.buffer, sheet.at);
  sheet.at += bytes.length;
}

function bool(value: unknown, label: string): boolean {
  return typeof value === 'boolean' ? value : refuse(label, 'a boolean');
}

function real(value: unknown, label: string): number {
  return typeof value === 'number' ? value : refuse(label, 'a number');
}

function base64(value: unknown, label: string): Buffer {
  return typeof value === 'string' ? Buffer.from(value, 'base64') : refuse(label, 'base64 text');
}

function refuse(label: string, wanted: string): never {
  throw new TypeError(`${label || 'record'} is not ${wanted}: validate a record before it is encoded`);
}
