/** The log on the hub's own PostgreSQL: one table of records, offsets without holes that become visible in order, readers woken by NOTIFY. */
import { randomUUID } from 'node:crypto';
import type { Database } from '../database/database.js';
import { ContractError } from '../errors.js';
import type { Json } from '../record.js';
import { openReadings, resetGroup, type Shared } from './consume.js';
import { storedOffsets } from './group.js';
import { type Lease, takeLease } from './lease.js';
import { CASE_TOPIC } from './log.js';
import type { MovableLog } from './migrate.js';
import { ask, through } from './outage.js';
import { cleanLog, eraseValues } from './postgres/clean.js';
import { committerOf, type PostgresWriter } from './postgres/commit.js';
import { headsOf } from './postgres/heads.js';
import { offsetsAtTime, openReader, rangesOf, readRecords } from './postgres/read.js';
import { restoreRecords, storedPositions } from './postgres/restore.js';
import { topicsOf } from './postgres/topics.js';

export interface PostgresLogOptions {
  /** Pool on a migrated database; stays the caller's. */
  readonly database: Database;
  /** Its connection string, for the connection that listens. */
  readonly url: string;
  /** The time, for retention. */
  readonly now?: () => number;
}

export async function openPostgresLog({ database, url, now = Date.now }: PostgresLogOptions): Promise<MovableLog> {
  const topics = topicsOf(database);
  const heads = headsOf(database, url);
  const committer = committerOf(database, topics);
  const closed = new AbortController();
  const writers = new Set<PostgresWriter>();
  let closing: Promise<void> | undefined;

  const shared: Shared = {
    database,
    partitions: async (names) => {
      await topics.refresh();
      const found = new Map<string, number>();
      for (const name of names) {
        const topic = await topics.find(name).catch((error: unknown) => {
          if (!(error instanceof ContractError)) throw error;
        });
        if (topic) found.set(name, topic.partitions);
      }
      return found;
    },
    reader: (name, partition) => openReader(database, topics, heads, name, partition),
    change: heads.change,
  };
  const readings = openReadings(shared, closed.signal);

  await topics.refresh();
  await topics.find(CASE_TOPIC).catch(() => topics.ensure({ name: CASE_TOPIC, partitions: 1, cleanup: 'compact' }));

  const openWriter = (name: string, lease: Lease, position: string | undefined): PostgresWriter => {
    const opened: PostgresWriter = {
      name,
      lease,
      positionText: position,
      ended: undefined,
      position: () => (opened.positionText === undefined ? undefined : (JSON.parse(opened.positionText) as Json)),
      close: async () => {
        opened.ended ??= new Error(`Penulis "${name}" sudah ditutup.`);
        writers.delete(opened);
        await lease.release();
      },
    };
    lease.lost.addEventListener('abort', () => (opened.ended ??= lease.lost.reason as Error));
    writers.add(opened);
    return opened;
  };

  return {
    engine: 'postgres',
    ensureTopic: topics.ensure,
    topics: topics.list,
    writer: async (name, options = {}) => {
      closed.signal.throwIfAborted();
      const signal = options.signal ? AbortSignal.any([options.signal, closed.signal]) : closed.signal;
      const lease = await takeLease(database, name, { ...options, signal });
      try {
        const { rows } = await through(signal, () => ask(database, { text: 'SELECT position FROM log_position WHERE name = $1', values: [name] }));
        return openWriter(name, lease, (rows[0] as { position: string } | undefined)?.position);
      } catch (error) {
        await lease.release();
        throw error;
      }
    },
    commit: async (writer, batch) => {
      closed.signal.throwIfAborted();
      return committer.commit(writer as PostgresWriter, batch);
    },
    consume: readings.consume,
    groupOffsets: async (group) => {
      const stored = await storedOffsets(database, group);
      const ranges = new Map<string, number>();
      for (const name of new Set(stored.map(({ topic }) => topic))) {
        const found = await topics.find(name).catch(() => undefined);
        for (const { partition, end } of found ? await rangesOf(database, found) : []) ranges.set(`${name}/${partition}`, end);
      }
      return stored.map((one) => ({ ...one, lag: Math.max(0, (ranges.get(`${one.topic}/${one.partition}`) ?? one.offset) - one.offset) }));
    },
    resetGroup: (group, topic, partition, offset) => resetGroup(database, group, topic, partition, offset),
    read: async (topic, partition, fromOffset, limit) => readRecords(database, await topics.find(topic), partition, fromOffset, limit),
    offsets: async (topic) => rangesOf(database, await topics.find(topic)),
    offsetsAt: async (topic, time) => offsetsAtTime(database, await topics.find(topic), time),
    erase: async (topic, key) => {
      if (!(await eraseValues(database, await topics.find(topic), key))) return;
      // Readers that have passed learn of it by a tombstone.
      const name = `erase/${randomUUID()}`;
      const eraser = openWriter(name, await takeLease(database, name, { signal: closed.signal, once: true }), undefined);
      try {
        await committer.commit(eraser, { records: [{ topic, key, value: null, id: randomUUID() }] });
      } finally {
        await eraser.close();
      }
    },
    clean: () => cleanLog(database, now()),
    positions: async () => (await storedPositions(database)).map(({ name, position }) => ({ name, position: JSON.parse(position) as Json })),
    restore: async (topic, partition, piece) => restoreRecords(database, await topics.find(topic), partition, piece),
    close: () =>
      (closing ??= (async () => {
        closed.abort(new Error('Log sudah ditutup.'));
        await readings.ended();
        await committer.settled();
        await Promise.all([...writers].map((one) => one.close()));
        await heads.close();
      })()),
  };
}
