/** Records in the Confluent wire format: byte 0, schema id (4 bytes big-endian), Avro binary. Values outside are plain JSON (see `avro-logical.ts`). */
import type { Type } from 'avsc';
import { RejectedRecord, RetriableError } from '../errors.js';
import { parseJson } from '../json.js';
import type { JsonObject } from '../record.js';
import { avscType } from './avro-logical.js';
import type { Contract } from './contract.js';
import { compileEncoder, type Encode, type Sheet } from './encoder.js';
import { parseAvro } from './parse-avro.js';

const HEADER = 5;
const SHEET_BYTES = 64 * 1024;
const sheet: Sheet = { buffer: Buffer.allocUnsafeSlow(SHEET_BYTES), at: 0 };
const encoders = new WeakMap<Contract, Encode>();

/**
 * Encodes a validated record under a registered schema id. The buffers of many records share one block of 64 KB: copy one (`Buffer.from`) that is kept for long.
 * @throws TypeError naming the field when the record was not validated.
 */
export function encode(contract: Contract, id: number, value: JsonObject): Buffer {
  let write = encoders.get(contract);
  if (!write) encoders.set(contract, (write = compileEncoder(contract.type)));
  const start = sheet.at;
  try {
    sheet.at = start + HEADER;
    write(sheet, value);
    if (sheet.at > sheet.buffer.length) {
      const size = sheet.at - start;
      // A record that needs a block of its own gets it; the shared block goes on after it.
      if (size > SHEET_BYTES / 8) return alone(write, id, value, size, start);
      sheet.buffer = Buffer.allocUnsafeSlow(SHEET_BYTES);
      sheet.at = HEADER;
      write(sheet, value);
      return finish(sheet.buffer, 0, sheet.at, id);
    }
    return finish(sheet.buffer, start, sheet.at, id);
  } catch (error) {
    sheet.at = start;
    throw error;
  }
}

function alone(write: Encode, id: number, value: JsonObject, size: number, start: number): Buffer {
  const own: Sheet = { buffer: Buffer.allocUnsafeSlow(size), at: HEADER };
  write(own, value);
  sheet.at = start;
  return finish(own.buffer, 0, size, id);
}

function finish(buffer: Buffer, start: number, end: number, id: number): Buffer {
  buffer[start] = 0;
  buffer[start + 1] = id >>> 24;
  buffer[start + 2] = id >>> 16;
  buffer[start + 3] = id >>> 8;
  buffer[start + 4] = id;
  return buffer.subarray(start, end);
}

export interface Decoder {
  /** Fetches the schemas these values were written with. Await it once per batch; afterwards `decode` answers at once. */
  prepare(values: readonly (Buffer | null)[]): Promise<void>;
  /**
   * The record, with every field of its writer's schema, or resolved to the fields of `reader`.
   * @throws RejectedRecord when the bytes are no such record or do not resolve; Error when its schema was not prepared.
   */
  decode(value: Buffer, reader?: Contract): JsonObject;
  /** Both, for a whole batch; null stays null. */
  decodeAll(values: readonly (Buffer | null)[], reader?: Contract): Promise<(JsonObject | null)[]>;
}

/** Decodes by the id in front of each value. `byId` answers the text of a schema; it is asked once per id. */
export function decoder(byId: (id: number) => string | undefined | Promise<string | undefined>): Decoder {
  const writers = new Map<number, { type: Type; text: string }>();
  const readers = new WeakMap<Contract, Type>();
  const resolvers = new WeakMap<Contract, Map<number, ReturnType<Type['createResolver']>>>();

  const prepare = async (values: readonly (Buffer | null)[]): Promise<void> => {
    let last = -1;
    for (const value of values) {
      if (value === null || value.length < HEADER || value[0] !== 0) continue;
      const id = value.readUInt32BE(1);
      if (id === last || writers.has(id)) continue;
      last = id;
      const text = await byId(id);
      if (text !== undefined) writers.set(id, { type: avscOf(text), text });
    }
  };

  const decode = (value: Buffer, reader?: Contract): JsonObject => {
    if (value.length < HEADER || value[0] !== 0) throw rejected('bukan catatan berformat Avro dengan nomor skema');
    const id = value.readUInt32BE(1);
    const writer = writers.get(id);
    if (!writer) throw new RetriableError(`Skema nomor ${id} belum dikenal registri. Daftarkan skemanya, atau periksa apakah catatan ini ditulis dengan registri lain.`);
    try {
      const { value: record, offset } = reader && reader.text !== writer.text ? readerOf(reader).decode(value, HEADER, resolverOf(reader, id, writer.type)) : writer.type.decode(value, HEADER);
      if (offset !== value.length) throw rejected(offset < 0 ? 'catatan terpotong' : 'ada byte berlebih setelah catatan');
      return record as JsonObject;
    } catch (error) {
      throw error instanceof RejectedRecord ? error : rejected('isi catatan tidak sesuai skemanya', error);
    }
  };

  const readerOf = (reader: Contract): Type => {
    let type = readers.get(reader);
    if (!type) readers.set(reader, (type = avscType(reader.type)));
    return type;
  };
  const resolverOf = (reader: Contract, id: number, writer: Type): ReturnType<Type['createResolver']> => {
    let known = resolvers.get(reader);
    if (!known) resolvers.set(reader, (known = new Map()));
    let resolver = known.get(id);
    if (!resolver) known.set(id, (resolver = readerOf(reader).createResolver(writer)));
    return resolver;
  };

  return {
    prepare,
    decode,
    async decodeAll(values, reader) {
      await prepare(values);
      return values.map((value) => (value === null ? null : decode(value, reader)));
    },
  };
}

function avscOf(text: string): Type {
  const { type, faults } = parseAvro(parseJson(text));
  if (!type) throw new Error(`A registered schema does not parse: ${faults.map((fault) => `${fault.label} ${fault.message}`).join('; ')}`);
  return avscType(type);
}

function rejected(message: string, cause?: unknown): RejectedRecord {
  return new RejectedRecord([{ path: '', rule: 'syntax', message, repair: 'Periksa program yang menulis topik ini', severity: 'reject' }], { cause });
}
