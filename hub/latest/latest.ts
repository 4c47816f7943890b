/** The latest record of each key of each topic, in PostgreSQL: what lookups of mappings and grants read. A projection of the log with offsets of its own. */
import { type Connection, type Database, transaction } from '../database/database.js';
import { RetriableError } from '../errors.js';
import type { Log, PartitionRange, RecordBatch } from '../log/log.js';
import { ask, pause, through } from '../log/outage.js';

export interface LatestRecord {
  readonly value: Buffer;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** Reading, outside or inside a snapshot. */
export interface LatestView {
  /** Those of the keys that exist and are not deleted. */
  get(topic: string, keys: readonly string[]): Promise<Map<string, LatestRecord>>;
  /** Records in the order of their keys (by code point), after the key `after`, at most `limit`. */
  scan(topic: string, options: { readonly prefix?: string; readonly after?: string; readonly limit: number }): Promise<(LatestRecord & { readonly key: string })[]>;
}

export interface Latest extends LatestView {
  /** Feeds the projection until `signal` is aborted; waits through outages of the database. Several hubs share the work. @throws OffsetOutOfRangeError when retention was faster. */
  follow(topics: readonly string[], signal: AbortSignal): Promise<void>;
  /** Whether everything that the topics hold now is in the projection. */
  reached(topics: readonly string[]): Promise<boolean>;
  /** Resolves once everything that the topics held at the call is in the projection. @throws the reason of `signal`. */
  waitUntilReached(topics: readonly string[], signal: AbortSignal): Promise<void>;
  /** All reads of `work` see one moment. */
  snapshot<T>(work: (view: LatestView) => Promise<T>): Promise<T>;
  /** Forgets a topic, so that it is read again from the log's start (after a change of engine, or when in doubt). Whoever follows it begins anew within a second or two. */
  rebuild(topic: string): Promise<void>;
}

const GROUP = '_latest';
/** Another hub may be the one that follows: then only asking tells. */
const ASK_EVERY = 100;
/** How soon a follower notices that a topic is to be built anew. */
const LOOK_EVERY = 1_000;

export function openLatest({ database, log }: { database: Database; log: Log }): Latest {
  /** Where each partition stands that this process reads. */
  const standing = new Map<string, number>();
  const waiting = new Set<() => void>();

  async function start(topic: string, partition: number): Promise<number | undefined> {
    const stored = (await offsetsOf(topic)).get(partition);
    standing.set(place(topic, partition), stored ?? 0);
    return stored;
  }

  async function handle(batch: RecordBatch, signal: AbortSignal): Promise<void> {
    const at = place(batch.topic, batch.partition);
    if (signal.aborted) return;
    const { rows } = await ask(database, { name: 'latest_apply', text: 'SELECT latest_apply($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS applied', values: argumentsOf(batch, standing.get(at) ?? 0) });
    if (!(rows[0] as { applied: boolean }).applied) {
      if (signal.aborted) return;
      throw new RetriableError(`Catatan terakhir dari ${batch.topic} partisi ${batch.partition} sudah dilanjutkan oleh hub lain; dibaca kembali dari posisi yang tersimpan.`);
    }
    standing.set(at, batch.nextOffset);
    for (const wake of [...waiting]) wake();
  }

  async function offsetsOf(topic: string): Promise<Map<number, number>> {
    const { rows } = await ask(database, { name: 'latest_offsets', text: 'SELECT partition, next_offset FROM latest_offset WHERE topic = $1', values: [topic] });
    return new Map((rows as { partition: number; next_offset: string }[]).map((row) => [row.partition, Number(row.next_offset)]));
  }

  /** Whether somebody had a topic built anew while it is being read here. */
  async function wentBack(topics: readonly string[]): Promise<boolean> {
    const before = new Map(standing);
    for (const topic of topics) {
      const stored = await offsetsOf(topic);
      for (const [at, next] of before) if (at.startsWith(`${topic}/`) && (stored.get(Number(at.slice(topic.length + 1))) ?? 0) < next) return true;
    }
    return false;
  }

  async function rangesOf(topics: readonly string[]): Promise<[topic: string, ranges: PartitionRange[]][]> {
    return Promise.all(topics.map(async (topic) => [topic, (await log.offsets(topic)).filter(({ start, end }) => end > start)]));
  }

  async function covers(topics: readonly [topic: string, ranges: PartitionRange[]][]): Promise<boolean> {
    for (const [topic, ranges] of topics) {
      const stored = ranges.length > 0 ? await offsetsOf(topic) : undefined;
      for (const { partition, start, end } of ranges) {
        const next = stored?.get(partition) ?? start;
        if (next < end && !(await nothingBetween(topic, partition, next, end))) return false;
      }
    }
    return true;
  }

  /** Kafka's end may lie behind offsets that hold no record (transaction markers, compaction). */
  async function nothingBetween(topic: string, partition: number, next: number, end: number): Promise<boolean> {
    const { records, nextOffset } = await log.read(topic, partition, next, 1);
    return records.length === 0 ? nextOffset >= end : records[0]!.offset >= end;
  }

  return {
    ...viewOf((text, values) => ask(database, { text, values })),

    async follow(topics, signal) {
      while (topics.length > 0 && !signal.aborted) {
        const again = new AbortController();
        const watch = setInterval(() => {
          wentBack(topics).then((back) => back && again.abort(), () => undefined);
        }, LOOK_EVERY);
        const until = AbortSignal.any([signal, again.signal]);
        standing.clear();
        try {
          await through(until, () => log.consume(GROUP, topics, { start, handle, signal: until }));
        } catch (error) {
          if (!until.aborted) throw error;
        } finally {
          clearInterval(watch);
        }
      }
    },

    reached: async (topics) => covers(await rangesOf(topics)),

    async waitUntilReached(topics, signal) {
      const ranges = await through(signal, () => rangesOf(topics));
      while (!(await through(signal, () => covers(ranges)))) {
        const moved = new AbortController();
        const wake = () => moved.abort();
        waiting.add(wake);
        await pause(ASK_EVERY, AbortSignal.any([moved.signal, signal]));
        waiting.delete(wake);
        signal.throwIfAborted();
      }
    },

    snapshot: (work) =>
      transaction(database, async (connection: Connection) => {
        await connection.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
        return work(viewOf((text, values) => connection.query(text, values)));
      }),

    async rebuild(topic) {
      await transaction(database, async (connection) => {
        await connection.query('DELETE FROM latest_offset WHERE topic = $1', [topic]);
        await connection.query('DELETE FROM latest WHERE topic = $1', [topic]);
      });
    },
  };
}

interface Row {
  key: string;
  value: Buffer;
  partition: number;
  record_offset: string;
  time: string;
}

function viewOf(query: (text: string, values: unknown[]) => Promise<{ rows: unknown[] }>): LatestView {
  return {
    async get(topic, keys) {
      if (keys.length === 0) return new Map();
      const { rows } = await query('SELECT key, value, partition, record_offset, time FROM latest WHERE topic = $1 AND key = ANY($2)', [topic, keys.filter(storable)]);
      return new Map((rows as Row[]).map((row) => [row.key, recordOf(row)]));
    },
    async scan(topic, { prefix = '', after = '', limit }) {
      // No character sorts behind U+10FFFF, so the range holds exactly the keys with the prefix and can use the index.
      const { rows } = await query(
        `SELECT key, value, partition, record_offset, time FROM latest WHERE topic = $1 AND key >= $2 AND key < $2 || U&'\\+10FFFF' AND key > $3 ORDER BY key LIMIT $4`,
        [topic, prefix, after, limit],
      );
      return (rows as Row[]).map((row) => ({ key: row.key, ...recordOf(row) }));
    },
  };
}

function recordOf(row: Row): LatestRecord {
  return { value: row.value, partition: row.partition, offset: Number(row.record_offset), time: Number(row.time) };
}

/** The arguments of `latest_apply`: the last record of each key, values in one piece. */
function argumentsOf(batch: RecordBatch, expected: number): unknown[] {
  const last = new Map<string, RecordBatch['records'][number]>();
  for (const record of batch.records) if (storable(record.key)) last.set(record.key, record);
  const records = [...last.values()];
  const starts: number[] = [];
  let size = 0;
  for (const { value } of records) {
    starts.push(size);
    size += value?.length ?? 0;
  }
  return [
    batch.topic, batch.partition, expected, batch.nextOffset,
    records.map(({ key }) => key), records.map(({ offset }) => offset), records.map(({ time }) => time),
    starts, records.map(({ value }) => value?.length ?? -1), Buffer.concat(records.flatMap(({ value }) => (value ? [value] : []))),
  ];
}

/** PostgreSQL's text cannot hold U+0000. Pipelines refuse such keys; a foreign writer's could not be looked up and must not hold up the rest. */
function storable(key: string): boolean {
  return !key.includes('\0');
}

function place(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
