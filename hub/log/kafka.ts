/** The log on Apache Kafka: records and positions in its topics, leases and group offsets in the hub's PostgreSQL. */
import { randomUUID } from 'node:crypto';
import type { Database } from '../database/database.js';
import { ContractError } from '../errors.js';
import type { Json } from '../record.js';
import { openReadings, resetGroup, type Shared } from './consume.js';
import { storedOffsets } from './group.js';
import { clientOf } from './kafka/client.js';
import { displayOf } from './kafka/display.js';
import { listOffsets, openReader, type Place, readRecords, stableRangesOf } from './kafka/fetch.js';
import { allPositions } from './kafka/position.js';
import { encodeBatch } from './kafka/record-batch.js';
import { restoreRecords } from './kafka/restore.js';
import { topicsOf } from './kafka/topics.js';
import { produceOnce } from './kafka/transaction.js';
import { type KafkaWriter, openWriter } from './kafka/writer.js';
import { CASE_TOPIC } from './log.js';
import type { MovableLog } from './migrate.js';
import { through } from './outage.js';
import { partitionOf } from './partitioner.js';
import { headsOf } from './postgres/heads.js';

export interface KafkaLogOptions {
  /** `host:port`, some of the cluster. */
  readonly brokers: readonly string[];
  /** Pool on a migrated database; stays the caller's. */
  readonly database: Database;
  /** Its connection string, for the connection that listens. */
  readonly url: string;
  /** Put before the names of topics, groups and writers in Kafka, where several hubs share a cluster. */
  readonly prefix?: string;
}

export async function openKafkaLog({ brokers, database, url, prefix = '' }: KafkaLogOptions): Promise<MovableLog> {
  const client = clientOf(brokers);
  const topics = topicsOf(client, prefix, database);
  const display = displayOf(client);
  // Of PostgreSQL's heads only the news of members is used.
  const heads = headsOf(database, url);
  const closed = new AbortController();
  const writers = new Set<KafkaWriter>();
  let closing: Promise<void> | undefined;

  const placeOf = async (topic: string, partition: number): Promise<Place> => ({ topic, inKafka: (await topics.find(topic)).inKafka, partition });
  const shared: Shared = {
    database,
    partitions: async (names) => {
      const { topics: known } = await client.layout();
      return new Map(names.flatMap((name) => (known.has(prefix + name) ? [[name, known.get(prefix + name)!.length] as const] : [])));
    },
    reader: (topic, partition) => openReader(client, { topic, inKafka: prefix + topic, partition }),
    change: heads.change,
    stored: (group, topic, partition, offset) => display.show(prefix + group, prefix + topic, partition, offset),
  };
  const readings = openReadings(shared, closed.signal);
  const endsOf = async (name: string): Promise<number[]> => {
    try {
      return await listOffsets(client, name, (await topics.find(name)).inKafka, '-1', 1);
    } catch (error) {
      if (error instanceof ContractError) return [];
      throw error;
    }
  };

  await topics.find(CASE_TOPIC).catch((error: unknown) => {
    if (error instanceof ContractError) return topics.ensure({ name: CASE_TOPIC, partitions: 1, cleanup: 'compact' });
    throw error;
  });

  return {
    engine: 'kafka',
    ensureTopic: topics.ensure,
    topics: topics.list,
    writer: async (name, options = {}) => {
      closed.signal.throwIfAborted();
      const signal = options.signal ? AbortSignal.any([options.signal, closed.signal]) : closed.signal;
      const opened = await openWriter({ client, database, topics, prefix }, name, { ...options, signal, takeOver: options.takeOver ?? false });
      const writer: KafkaWriter = {
        ...opened,
        close: async () => {
          writers.delete(writer);
          await opened.close();
        },
      };
      writers.add(writer);
      return writer;
    },
    commit: async (writer, batch) => {
      closed.signal.throwIfAborted();
      return (writer as KafkaWriter).commit(batch);
    },
    consume: readings.consume,
    groupOffsets: async (group) => {
      const stored = await storedOffsets(database, group);
      const ends = new Map<string, number[]>();
      for (const name of new Set(stored.map(({ topic }) => topic))) ends.set(name, await endsOf(name));
      return stored.map((one) => ({ ...one, lag: Math.max(0, (ends.get(one.topic)?.[one.partition] ?? one.offset) - one.offset) }));
    },
    resetGroup: (group, topic, partition, offset) => resetGroup(database, group, topic, partition, offset),
    read: async (topic, partition, fromOffset, limit) => readRecords(client, await placeOf(topic, partition), fromOffset, limit),
    offsets: async (topic) => stableRangesOf(client, topic, (await topics.find(topic)).inKafka),
    offsetsAt: async (topic, time) => {
      const { inKafka } = await topics.find(topic);
      const ranges = await stableRangesOf(client, topic, inKafka);
      const found = await listOffsets(client, topic, inKafka, String(time), 1);
      return ranges.map(({ partition, end }) => ({ partition, offset: found[partition]! < 0 ? end : found[partition]! }));
    },
    erase: async (topic, key) => {
      const { inKafka, partitions } = await topics.find(topic);
      const data = encodeBatch([{ topic, key, value: null, id: randomUUID() }], Date.now());
      await through(closed.signal, () => produceOnce(client, inKafka, partitionOf(key, partitions), data));
    },
    // Kafka applies retention and compaction by itself.
    clean: async () => undefined,
    positions: async () => (await allPositions(client, prefix)).map(({ name, position }) => ({ name, position: JSON.parse(position) as Json })),
    restore: async (topic, partition, piece) => restoreRecords(client, await placeOf(topic, partition), piece),
    close: () =>
      (closing ??= (async () => {
        closed.abort(new Error('Log sudah ditutup.'));
        await readings.ended();
        await Promise.all([...writers].map(async (one) => {
          await one.settled();
          await one.close();
        }));
        await display.close();
        await heads.close();
        await client.close();
      })()),
  };
}
