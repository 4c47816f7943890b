/** Reading partitions of Kafka: committed records from an offset on, at will or waiting for more. */
import errors from 'kafkajs/src/protocol/error.js';
import fetchRequest from 'kafkajs/src/protocol/requests/fetch/v11/request.js';
import { OffsetOutOfRangeError, RetriableError } from '../../errors.js';
import type { StoredRecord } from '../../record.js';
import type { PartitionReader } from '../consume.js';
import type { PartitionRange, RecordBatch } from '../log.js';
import { pause, through } from '../outage.js';
import { type Client, type Link, kafkaType, outageOf } from './client.js';
import { type Aborted, countBatches, decodeBatches } from './record-batch.js';

/** A partition under its own name and under that in Kafka. */
export interface Place {
  readonly topic: string;
  readonly inKafka: string;
  readonly partition: number;
}

/** What a fetch of one partition answers, batches not yet decoded. */
interface Raw extends Pick<Fetched, 'end' | 'stable'> {
  readonly data: Buffer;
  readonly aborted: readonly Aborted[];
}

interface Fetched {
  readonly records: StoredRecord[];
  readonly nextOffset: number;
  readonly end: number;
  /** End of what is decided: no transaction below it is open. */
  readonly stable: number;
}

const FETCH_BYTES = 1_048_576;
/** How long a reader's request waits at the broker: then it is asked again. */
const WAIT = 5_000;
/**
 * A read at will waits this long for transactions that were under way when it began: what was committed before lies behind them. One of a living writer takes a moment; that of a
 * killed one ends when its writer is opened again, or after its 10 s and the brokers' next look (every 10 s unless set).
 */
const SETTLE = 25_000;
const MOVES = 3_000;
/** A restarted broker may believe for a moment that its log ends earlier. */
const END_MAY_LAG = 5_000;

/** On a connection of its own. The end of its range counts transactions under way. */
export function openReader(client: Client, place: Place): PartitionReader {
  let link: Link | undefined;
  let left: RecordBatch | undefined;
  let closed = false;
  const drop = (): void => {
    link?.close();
    link = undefined;
  };
  const linked = async (): Promise<Link> => {
    if (link) return link;
    const opened = await client.own(await leaderOf(client, place));
    if (closed) opened.close();
    return (link = opened);
  };
  return {
    range: (signal) => through(signal, async () => (await rangesOf(client, place.topic, place.inKafka)).find(({ partition }) => partition === place.partition)!),
    close: () => {
      closed = true;
      drop();
    },
    next: async (offset, limit, signal) => {
      if (left?.records[0] && left.records[0].offset >= offset && left.nextOffset > offset) {
        const { first, rest } = split(left, limit);
        left = rest;
        return first;
      }
      left = undefined;
      let wait = 50;
      let beyondSince: number | undefined;
      signal.addEventListener('abort', drop);
      try {
        while (!signal.aborted) {
          try {
            const fetched = await fetchOnce(await linked(), place, offset, WAIT);
            if (fetched.nextOffset <= offset) {
              wait = 50;
              continue;
            }
            const { first, rest } = split({ topic: place.topic, partition: place.partition, records: fetched.records, nextOffset: fetched.nextOffset }, limit);
            left = rest;
            return first;
          } catch (error) {
            if (signal.aborted) return undefined;
            if (kafkaType(error) === 'OFFSET_OUT_OF_RANGE') {
              const range = (await through(signal, () => rangesOf(client, place.topic, place.inKafka))).find(({ partition }) => partition === place.partition)!;
              if (offset < range.start) throw new OffsetOutOfRangeError(place.topic, place.partition, offset, range.start);
              beyondSince ??= performance.now();
              if (performance.now() - beyondSince > END_MAY_LAG) throw new RangeError(`Topik ${place.topic} partisi ${place.partition}: offset ${offset} melewati akhir log di ${range.end}.`);
            } else if (!(outageOf(error) instanceof RetriableError) && kafkaType(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') {
              throw error;
            }
            drop();
            await pause(wait, signal);
            wait = Math.min(wait * 2, 1_000);
            await client.layout(0).catch(() => undefined);
          }
        }
        return undefined;
      } finally {
        signal.removeEventListener('abort', drop);
      }
    },
  };
}

/** @throws OffsetOutOfRangeError below the start. */
export async function readRecords(client: Client, place: Place, from: number, limit: number): Promise<RecordBatch> {
  const until = performance.now() + SETTLE;
  let decided: number | undefined;
  for (let wait = 3; ; wait = Math.min(wait * 1.5, 100)) {
    let fetched: Fetched;
    try {
      fetched = await whileMoving(client, async () => client.ask(await leaderNode(client, place), (link) => fetchOnce(link, place, from, 0)));
    } catch (error) {
      if (kafkaType(error) !== 'OFFSET_OUT_OF_RANGE') throw error;
      const range = (await rangesOf(client, place.topic, place.inKafka)).find(({ partition }) => partition === place.partition)!;
      if (from < range.start) throw new OffsetOutOfRangeError(place.topic, place.partition, from, range.start);
      return { topic: place.topic, partition: place.partition, records: [], nextOffset: from };
    }
    decided ??= fetched.end;
    if (fetched.nextOffset > from || fetched.stable >= decided || performance.now() > until) {
      const batch = { topic: place.topic, partition: place.partition, records: fetched.records, nextOffset: fetched.nextOffset };
      return split(batch, limit).first;
    }
    await pause(wait);
  }
}

/** Records of a partition's end, from some offset at or before `until` on: enough to hold the last one that `found` accepts, if there is any. Reads backwards in growing steps. */
export async function lastBefore(client: Client, place: Place, until: number, found: (record: StoredRecord) => boolean): Promise<StoredRecord | undefined> {
  const { start } = (await rangesOf(client, place.topic, place.inKafka))[place.partition]!;
  for (let back = 50, from = until; from > start; back *= 10) {
    const end = from;
    from = Math.max(start, end - back);
    let latest: StoredRecord | undefined;
    for (let at = from; at < end; ) {
      const batch = await readRecords(client, place, at, Infinity);
      for (const record of batch.records) if (record.offset < end && found(record)) latest = record;
      if (batch.nextOffset <= at) throw new RetriableError(`Topik ${place.topic} belum terbaca sampai offset ${end}.`);
      at = batch.nextOffset;
    }
    if (latest) return latest;
  }
  return undefined;
}

/** `end`: high watermark, so transactions under way are included. */
export async function rangesOf(client: Client, topic: string, inKafka: string): Promise<PartitionRange[]> {
  const [starts, ends] = await Promise.all([listOffsets(client, topic, inKafka, '-2', 0), listOffsets(client, topic, inKafka, '-1', 0)]);
  return starts.map((start, partition) => ({ partition, start, end: ends[partition]! }));
}

/** Waits a moment for transactions under way, so that what was committed before the call lies below `end`. */
export async function stableRangesOf(client: Client, topic: string, inKafka: string): Promise<PartitionRange[]> {
  const ranges = await rangesOf(client, topic, inKafka);
  const until = performance.now() + SETTLE;
  for (let wait = 3; ; wait = Math.min(wait * 1.5, 100)) {
    const stable = await listOffsets(client, topic, inKafka, '-1', 1);
    if (ranges.every(({ partition, end }) => stable[partition]! >= end) || performance.now() > until) return ranges.map((range) => ({ ...range, end: stable[range.partition]! }));
    await pause(wait);
  }
}

/** Per partition; `time` -2 asks for the start, -1 for the end, and otherwise -1 is answered where no record is that young. */
export async function listOffsets(client: Client, topic: string, inKafka: string, time: string, isolationLevel: 0 | 1): Promise<number[]> {
  return whileMoving(client, async () => {
    const leaders = await leadersOf(client, topic, inKafka);
    const offsets: number[] = [];
    await Promise.all(
      [...new Set(leaders)].map(async (node) => {
        const partitions = [...leaders.keys()].filter((partition) => leaders[partition] === node).map((partition) => ({ partition, timestamp: time }));
        const { responses } = await client.ask(node, (link) => link.broker.listOffsets({ isolationLevel, topics: [{ topic: inKafka, partitions }] }));
        for (const { partition, offset } of responses[0]!.partitions) offsets[partition] = Number(offset);
      }),
    );
    return offsets;
  });
}

/** Again, for a moment, when a partition is led by another broker than we believe: it moved, or is new. */
async function whileMoving<T>(client: Client, work: () => Promise<T>): Promise<T> {
  for (const until = performance.now() + MOVES; ; ) {
    try {
      return await work();
    } catch (error) {
      if (!['NOT_LEADER_FOR_PARTITION', 'LEADER_NOT_AVAILABLE', 'UNKNOWN_TOPIC_OR_PARTITION'].includes(kafkaType(error) ?? '') || performance.now() > until) throw error;
    }
    await pause(20);
    await client.layout(0);
  }
}

async function leadersOf(client: Client, topic: string, inKafka: string): Promise<readonly number[]> {
  const leaders = (await client.layout()).topics.get(inKafka) ?? (await client.layout(0)).topics.get(inKafka);
  if (!leaders) throw new RetriableError(`Topik ${topic} tidak ada di Kafka.`);
  return leaders;
}

async function leaderNode(client: Client, place: Place): Promise<number> {
  const node = (await leadersOf(client, place.topic, place.inKafka))[place.partition];
  if (node === undefined) throw new RangeError(`Topik ${place.topic} tidak memiliki partisi ${place.partition}.`);
  return node;
}

async function leaderOf(client: Client, place: Place): Promise<{ host: string; port: number }> {
  const node = await leaderNode(client, place);
  const address = (await client.layout()).brokers.get(node);
  if (!address) throw new RetriableError(`Broker Kafka ${node} tidak dapat dihubungi.`);
  return address;
}

/** Counts committed records from an offset on, as far as one request reaches. */
export async function countFrom(client: Client, place: Place, from: number): Promise<{ records: number; nextOffset: number }> {
  const { data, aborted } = await whileMoving(client, async () => client.ask(await leaderNode(client, place), (link) => fetchRaw(link, place, from, 0)));
  return countBatches(data, aborted, place.topic, place.partition, from);
}

async function fetchOnce(link: Link, place: Place, offset: number, wait: number): Promise<Fetched> {
  const { data, aborted, end, stable } = await fetchRaw(link, place, offset, wait);
  return { ...decodeBatches(data, aborted, place.topic, place.partition, offset), end, stable };
}

async function fetchRaw(link: Link, place: Place, offset: number, wait: number): Promise<Raw> {
  const request = fetchRequest({
    replicaId: -1,
    maxWaitTime: wait,
    minBytes: 1,
    maxBytes: FETCH_BYTES,
    isolationLevel: 1,
    topics: [{ topic: place.inKafka, partitions: [{ partition: place.partition, fetchOffset: String(offset), maxBytes: FETCH_BYTES }] }],
  });
  return link.send(request, { decode: async (raw) => decodeResponse(raw), parse: async (data) => data }, wait + 5_000);
}

/** Fetch response, version 11, of one partition. */
function decodeResponse(raw: Buffer): Raw {
  const whole = raw.readInt16BE(4);
  if (whole !== 0) throw errors.createErrorFromCode(whole);
  // Throttle time, error, session, number of topics; then the topic's name.
  let at = 4 + 2 + 4 + 4;
  at += 2 + raw.readInt16BE(at);
  at += 4 + 4;
  const error = raw.readInt16BE(at);
  if (error !== 0) throw errors.createErrorFromCode(error);
  const end = Number(raw.readBigInt64BE(at + 2));
  const stable = Number(raw.readBigInt64BE(at + 10));
  at += 26;
  const aborted: Aborted[] = [];
  let count = raw.readInt32BE(at);
  at += 4;
  for (; count > 0; count--, at += 16) aborted.push({ producerId: raw.readBigInt64BE(at), firstOffset: Number(raw.readBigInt64BE(at + 8)) });
  at += 4;
  const size = raw.readInt32BE(at);
  const data = raw.subarray(at + 4, at + 4 + Math.max(0, size));
  return { data, aborted, end, stable };
}

function split(batch: RecordBatch, limit: number): { first: RecordBatch; rest: RecordBatch | undefined } {
  if (batch.records.length <= limit) return { first: batch, rest: undefined };
  return {
    first: { ...batch, records: batch.records.slice(0, limit), nextOffset: batch.records[limit - 1]!.offset + 1 },
    rest: { ...batch, records: batch.records.slice(limit) },
  };
}
