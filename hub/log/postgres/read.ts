/** Reading from the PostgreSQL engine. What lies below a partition's end is complete: offsets become visible in order. */
import type { Database } from '../../database/database.js';
import { OffsetOutOfRangeError } from '../../errors.js';
import type { StoredRecord } from '../../record.js';
import type { PartitionReader } from '../consume.js';
import type { PartitionRange, RecordBatch } from '../log.js';
import { ask, through } from '../outage.js';
import type { Heads } from './heads.js';
import type { Topic, Topics } from './topics.js';

/** A batch ends with the record that passes this, so that records of 1 MB do not fill the memory. */
const MAX_BYTES = 8_000_000;

export async function rangesOf(database: Database, topic: Topic): Promise<PartitionRange[]> {
  const { rows } = await ask(database, { name: 'log_ranges', text: 'SELECT partition, start_offset, next_offset FROM log_partition WHERE topic = $1 ORDER BY partition', values: [topic.id] });
  return (rows as { partition: number; start_offset: string; next_offset: string }[]).map((row) => ({ partition: row.partition, start: Number(row.start_offset), end: Number(row.next_offset) }));
}

async function rangeOf(database: Database, topic: Topic, partition: number): Promise<PartitionRange> {
  const range = (await rangesOf(database, topic)).find((one) => one.partition === partition);
  if (!range) throw new RangeError(`Topik ${topic.name} tidak memiliki partisi ${partition}.`);
  return range;
}

/**
 * Records from `from` on and below `end`, which must be an end that the partition has or had.
 * @throws OffsetOutOfRangeError when retention removed records from `from` on.
 */
async function fetchRecords(database: Database, topic: Topic, partition: number, from: number, end: number, limit: number): Promise<RecordBatch> {
  const { rows } = await ask(database, {
    name: 'log_fetch',
    text: `SELECT record_offset, time, key, id, traceparent, value FROM (
             SELECT *, sum(coalesce(octet_length(value), 0)) OVER (ORDER BY record_offset ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM (
               SELECT * FROM log_record WHERE topic = $1 AND partition = $2 AND record_offset >= $3 AND record_offset < $4 ORDER BY record_offset LIMIT $5
             ) AS candidate
           ) AS counted WHERE before IS NULL OR before < ${MAX_BYTES}`,
    values: [topic.id, partition, from, end, limit],
    rowMode: 'array',
  });
  const records = (rows as [string, string, string, string, string | null, Buffer | null][]).map(
    ([offset, time, key, id, traceparent, value]): StoredRecord =>
      traceparent === null
        ? { topic: topic.name, partition, offset: Number(offset), key, value, id, time: Number(time) }
        : { topic: topic.name, partition, offset: Number(offset), key, value, id, time: Number(time), traceparent },
  );
  const first = records[0];
  if (from < end && first?.offset !== from) {
    // A hole: compaction leaves those, retention moves the start.
    const { start } = await rangeOf(database, topic, partition);
    if (from < start) throw new OffsetOutOfRangeError(topic.name, partition, from, start);
  }
  const last = records.at(-1);
  if (!last) return { topic: topic.name, partition, records, nextOffset: Math.max(from, end) };
  const bytes = records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
  const whole = records.length < limit && bytes < MAX_BYTES;
  return { topic: topic.name, partition, records, nextOffset: whole ? Math.max(end, last.offset + 1) : last.offset + 1 };
}

export function openReader(database: Database, topics: Topics, heads: Heads, name: string, partition: number): PartitionReader {
  return {
    range: (signal) => through(signal, async () => rangeOf(database, await topics.find(name), partition)),
    next: async (offset, limit, signal) => {
      const topic = await through(signal, () => topics.find(name));
      const end = await heads.beyond(topic.id, partition, offset, signal);
      return end === undefined ? undefined : through(signal, () => fetchRecords(database, topic, partition, offset, end, limit));
    },
    close: () => undefined,
  };
}

export async function readRecords(database: Database, topic: Topic, partition: number, from: number, limit: number): Promise<RecordBatch> {
  const { start, end } = await rangeOf(database, topic, partition);
  if (from < start) throw new OffsetOutOfRangeError(topic.name, partition, from, start);
  return fetchRecords(database, topic, partition, from, end, limit);
}

/** First offset per partition whose record is not older than `time`; the end where there is none. */
export async function offsetsAtTime(database: Database, topic: Topic, time: number): Promise<{ partition: number; offset: number }[]> {
  const { rows } = await ask(database, {
    text: `SELECT partition, coalesce((
             SELECT record_offset FROM log_record AS record WHERE record.topic = head.topic AND record.partition = head.partition AND record.time >= $2 ORDER BY record_offset LIMIT 1
           ), next_offset) AS found FROM log_partition AS head WHERE topic = $1 ORDER BY partition`,
    values: [topic.id, time],
  });
  return (rows as { partition: number; found: string }[]).map((row) => ({ partition: row.partition, offset: Number(row.found) }));
}
