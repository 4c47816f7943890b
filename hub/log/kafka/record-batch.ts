/** Kafka's record batches (magic 2): what a partition's log consists of. Encoded for a commit, decoded from a fetch. */
import { gunzipSync } from 'node:zlib';
import crc32C from 'kafkajs/src/protocol/recordBatch/crc32C/index.js';
import { ContractError } from '../../errors.js';
import type { NewRecord, StoredRecord } from '../../record.js';

/** Of a producer's session; absent for writing outside transactions. */
export interface Sequenced {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  /** Number of the batch's first record among all that the producer sent to this partition. */
  readonly sequence: number;
}

const TRANSACTIONAL = 16;
const CONTROL = 32;
const HEADER = 61;
const HEADER_ID = Buffer.from('ce_id');
const HEADER_TRACE = Buffer.from('traceparent');
/** Marks a record that only takes up an offset: see migrate.ts. */
const HEADER_FILLER = Buffer.from('sasando_isi');

/** Records of one partition in order. `now` is the time of those without one. */
export function encodeBatch(records: readonly NewRecord[], now: number, by?: Sequenced): Buffer {
  let room = HEADER;
  for (const { key, value, id, traceparent } of records) room += 64 + key.length * 3 + (value?.length ?? 0) + id.length * 3 + (traceparent?.length ?? 0) * 3;
  const buffer = Buffer.allocUnsafe(room);
  const first = records[0]?.time ?? now;
  let latest = first;
  let at = HEADER;
  records.forEach((record, n) => {
    const time = record.time ?? now;
    if (time > latest) latest = time;
    const keyBytes = Buffer.byteLength(record.key);
    const idBytes = Buffer.byteLength(record.id);
    const traceBytes = record.traceparent === undefined ? -1 : Buffer.byteLength(record.traceparent);
    const size =
      1 + varintSize(time - first) + varintSize(n) + varintSize(keyBytes) + keyBytes + (record.value ? varintSize(record.value.length) + record.value.length : 1) + 1 +
      headerSize(HEADER_ID, idBytes) + (traceBytes < 0 ? 0 : headerSize(HEADER_TRACE, traceBytes));
    at = writeVarint(buffer, at, size);
    buffer[at++] = 0;
    at = writeVarint(buffer, at, time - first);
    at = writeVarint(buffer, at, n);
    at = writeVarint(buffer, at, keyBytes);
    at += buffer.write(record.key, at);
    at = writeVarint(buffer, at, record.value ? record.value.length : -1);
    if (record.value) at += record.value.copy(buffer, at);
    at = writeVarint(buffer, at, traceBytes < 0 ? 1 : 2);
    at = writeHeader(buffer, at, HEADER_ID, record.id, idBytes);
    if (record.traceparent !== undefined) at = writeHeader(buffer, at, HEADER_TRACE, record.traceparent, traceBytes);
  });
  return frame(buffer, at, records.length, first, latest, by ? TRANSACTIONAL : 0, by);
}

/** A batch of records that take up `count` offsets and say nothing. */
export function encodeFillers(count: number, now: number): Buffer {
  const buffer = Buffer.allocUnsafe(HEADER + count * 32);
  let at = HEADER;
  for (let n = 0; n < count; n++) {
    at = writeVarint(buffer, at, 4 + varintSize(n) + 1 + headerSize(HEADER_FILLER, 0));
    buffer[at++] = 0;
    at = writeVarint(buffer, at, 0);
    at = writeVarint(buffer, at, n);
    at = writeVarint(buffer, at, 0);
    at = writeVarint(buffer, at, -1);
    at = writeVarint(buffer, at, 1);
    at = writeHeader(buffer, at, HEADER_FILLER, '', 0);
  }
  return frame(buffer, at, count, now, now, 0, undefined);
}

function frame(buffer: Buffer, end: number, count: number, first: number, latest: number, attributes: number, by: Sequenced | undefined): Buffer {
  buffer.writeBigInt64BE(0n, 0);
  buffer.writeInt32BE(end - 12, 8);
  buffer.writeInt32BE(-1, 12);
  buffer[16] = 2;
  buffer.writeInt16BE(attributes, 21);
  buffer.writeInt32BE(count - 1, 23);
  buffer.writeBigInt64BE(BigInt(first), 27);
  buffer.writeBigInt64BE(BigInt(latest), 35);
  buffer.writeBigInt64BE(by?.producerId ?? -1n, 43);
  buffer.writeInt16BE(by?.producerEpoch ?? -1, 51);
  buffer.writeInt32BE(by?.sequence ?? -1, 53);
  buffer.writeInt32BE(count, 57);
  buffer.writeUInt32BE(crc32C(buffer.subarray(21, end)), 17);
  return buffer.subarray(0, end);
}

/** A transaction that was aborted, as a fetch tells it. */
export interface Aborted {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

export interface Decoded {
  readonly records: StoredRecord[];
  /** After the last batch that was complete; `from` where there was none. */
  readonly nextOffset: number;
}

/** A batch as it lies in what a fetch returned. */
interface Batch {
  readonly at: number;
  readonly end: number;
  readonly base: number;
  readonly last: number;
  readonly attributes: number;
  /** Its transaction was aborted, or it only tells the end of one. */
  readonly hidden: boolean;
}

/** All that are complete; the last one of a fetch may be cut off. */
function* batchesOf(data: Buffer, aborted: readonly Aborted[], topic: string, partition: number): Generator<Batch> {
  const waiting = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  const aborting = new Set<bigint>();
  for (let at = 0; at + HEADER <= data.length; ) {
    const base = Number(data.readBigInt64BE(at));
    const end = at + 12 + data.readInt32BE(at + 8);
    if (end > data.length) break;
    if (data[at + 16] !== 2) throw new ContractError(`Topik ${topic} partisi ${partition} offset ${base}: format pesan Kafka lama (magic ${data[at + 16]}) tidak didukung.`);
    const attributes = data.readInt16BE(at + 21);
    const last = base + data.readInt32BE(at + 23);
    const producerId = data.readBigInt64BE(at + 43);
    while (waiting[0] && waiting[0].firstOffset <= last) aborting.add(waiting.shift()!.producerId);
    const control = (attributes & CONTROL) !== 0;
    if (control && data.readInt32BE(at + 57) > 0 && markerType(data, at + HEADER) === 0) aborting.delete(producerId);
    yield { at, end, base, last, attributes, hidden: control || ((attributes & TRANSACTIONAL) !== 0 && aborting.has(producerId)) };
    at = end;
  }
}

/**
 * Committed records from offset `from` on, out of what a fetch returned. `topic` is the name the records get.
 * Values share the fetched memory.
 */
export function decodeBatches(data: Buffer, aborted: readonly Aborted[], topic: string, partition: number, from: number): Decoded {
  const records: StoredRecord[] = [];
  let nextOffset = from;
  for (const { at, end, base, last, attributes, hidden } of batchesOf(data, aborted, topic, partition)) {
    if (!hidden) decodeRecords(data, at, end, base, attributes, topic, partition, from, records);
    nextOffset = Math.max(nextOffset, last + 1);
  }
  return { records, nextOffset };
}

/** How many records `decodeBatches` would return. Batches tell it themselves; only what may hold fillers, or begins before `from`, is looked into. */
export function countBatches(data: Buffer, aborted: readonly Aborted[], topic: string, partition: number, from: number): { records: number; nextOffset: number } {
  let records = 0;
  let nextOffset = from;
  for (const { at, end, base, last, attributes, hidden } of batchesOf(data, aborted, topic, partition)) {
    if (!hidden && base >= from && attributes !== 0) records += data.readInt32BE(at + 57);
    else if (!hidden) {
      const found: StoredRecord[] = [];
      decodeRecords(data, at, end, base, attributes, topic, partition, from, found);
      records += found.length;
    }
    nextOffset = Math.max(nextOffset, last + 1);
  }
  return { records, nextOffset };
}

/** 0: abort, 1: commit. */
function markerType(data: Buffer, start: number): number {
  const read = { at: start };
  readVarint(data, read);
  read.at++;
  readVarint(data, read);
  readVarint(data, read);
  readVarint(data, read);
  return data.readInt16BE(read.at + 2);
}

function decodeRecords(data: Buffer, at: number, end: number, base: number, attributes: number, topic: string, partition: number, from: number, into: StoredRecord[]): void {
  const first = Number(data.readBigInt64BE(at + 27));
  const appended = attributes & 8 ? Number(data.readBigInt64BE(at + 35)) : undefined;
  const count = data.readInt32BE(at + 57);
  const compression = attributes & 7;
  if (compression > 1) {
    throw new ContractError(`Topik ${topic} partisi ${partition} offset ${base}: ditulis dengan kompresi ${['', '', 'snappy', 'lz4', 'zstd'][compression] ?? compression}. Atur penulisnya ke gzip atau tanpa kompresi.`);
  }
  const body = compression === 1 ? gunzipSync(data.subarray(at + HEADER, end)) : data;
  const read = { at: compression === 1 ? 0 : at + HEADER };
  for (let n = 0; n < count; n++) {
    const size = readVarint(body, read);
    const next = read.at + size;
    read.at++;
    const time = appended ?? first + readVarint(body, read);
    if (appended !== undefined) readVarint(body, read);
    const offset = base + readVarint(body, read);
    const keyStart = bytesAt(body, read);
    const key = keyStart < 0 ? '' : body.toString('utf8', keyStart, read.at);
    const valueStart = bytesAt(body, read);
    const value = valueStart < 0 ? null : body.subarray(valueStart, read.at);
    let id: string | undefined;
    let traceparent: string | undefined;
    let filler = false;
    for (let headers = readVarint(body, read); headers > 0; headers--) {
      const nameStart = bytesAt(body, read);
      const nameEnd = read.at;
      const start = bytesAt(body, read);
      if (same(body, nameStart, nameEnd, HEADER_ID)) id = body.toString('utf8', Math.max(start, 0), start < 0 ? 0 : read.at);
      else if (same(body, nameStart, nameEnd, HEADER_TRACE) && start >= 0) traceparent = body.toString('utf8', start, read.at);
      else if (same(body, nameStart, nameEnd, HEADER_FILLER)) filler = true;
    }
    read.at = next;
    if (offset < from || filler) continue;
    // Foreign producers give no id.
    id ??= `${topic}/${partition}/${offset}`;
    into.push(traceparent === undefined ? { topic, partition, offset, key, value, id, time } : { topic, partition, offset, key, value, id, time, traceparent });
  }
}

/** Reads a length and passes that many bytes; returns where they began, or -1 for null. */
function bytesAt(data: Buffer, read: { at: number }): number {
  const length = readVarint(data, read);
  if (length < 0) return -1;
  const start = read.at;
  read.at += length;
  return start;
}

function same(data: Buffer, start: number, end: number, name: Buffer): boolean {
  return end - start === name.length && data.compare(name, 0, name.length, start, end) === 0;
}

function headerSize(name: Buffer, bytes: number): number {
  return 1 + name.length + varintSize(bytes) + bytes;
}

function writeHeader(buffer: Buffer, start: number, name: Buffer, value: string, bytes: number): number {
  let at = writeVarint(buffer, start, name.length);
  at += name.copy(buffer, at);
  at = writeVarint(buffer, at, bytes);
  return at + buffer.write(value, at);
}

/** Zigzag varint; plain arithmetic, since differences of times pass 32 bits. */
function writeVarint(buffer: Buffer, start: number, value: number): number {
  let at = start;
  let rest = value >= 0 ? value * 2 : -value * 2 - 1;
  while (rest >= 128) {
    buffer[at++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  buffer[at++] = rest;
  return at;
}

function varintSize(value: number): number {
  let rest = value >= 0 ? value * 2 : -value * 2 - 1;
  let size = 1;
  for (; rest >= 128; size++) rest = Math.floor(rest / 128);
  return size;
}

function readVarint(data: Buffer, read: { at: number }): number {
  let result = 0;
  let scale = 1;
  for (;;) {
    const byte = data[read.at++]!;
    result += (byte & 127) * scale;
    if (byte < 128) break;
    scale *= 128;
  }
  return result % 2 === 0 ? result / 2 : -(result + 1) / 2;
}
