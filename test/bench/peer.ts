/** The peer's way over the same table: Debezium's PostgreSQL source into a topic, and its JDBC sink from the topic into a table. */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { startWorker } from './peer-worker.js';
import type { Moved } from './task.js';

export interface PeerTask {
  /** `host:port` */
  readonly brokers: string;
  /** Database with the table `pegawai`, on a server with `wal_level=logical`. */
  readonly agencyUrl: string;
  readonly rows: number;
  readonly run: number;
  readonly signal: AbortSignal;
}

export interface PeerMoved extends Moved {
  /** Seconds, part of `seconds`, until the first row was there. */
  readonly first: number;
}

/** As many as a topic of the hub has. */
const PARTITIONS = 3;
const TARGET = 'salinan_pembanding';
/** Without any progress. */
const STALLED_AFTER = 120_000;

/**
 * Moves the table into a topic and from there into a copy, each with a worker of its own, so that peak memory is that of one direction.
 * @throws Error when a connector fails or stands still, or when the copy is not the table.
 */
export async function measurePeer(task: PeerTask): Promise<{ source: PeerMoved; sink: PeerMoved }> {
  const prefix = `pembanding${task.run}`;
  const topic = `${prefix}.public.pegawai`;
  const admin = new Kafka({ clientId: 'bench', brokers: [task.brokers], logLevel: logLevel.NOTHING }).admin();
  const database = new pg.Client({ connectionString: task.agencyUrl });
  await Promise.all([admin.connect(), database.connect()]);
  try {
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: PARTITIONS, replicationFactor: 1 }] });
    await database.query('CHECKPOINT');
    const source = await inWorker(task, `${prefix}-sumber`, sourceConfig(task.agencyUrl, prefix), () => recordsIn(admin, topic));
    await forgetSlot(database, prefix);
    await database.query(`DROP TABLE IF EXISTS ${TARGET}; CREATE TABLE ${TARGET} (LIKE pegawai, PRIMARY KEY (nomor)); CHECKPOINT`);
    const sink = await inWorker(task, `${prefix}-tujuan`, sinkConfig(task.agencyUrl, topic), () => count(database, `SELECT count(*) FROM ${TARGET}`));
    const equal = await count(database, `SELECT count(*) FROM ${TARGET} s JOIN pegawai p USING (nomor) WHERE s IS NOT DISTINCT FROM p`);
    if ((await count(database, `SELECT count(*) FROM ${TARGET}`)) !== task.rows || equal !== task.rows) throw new Error(`Pembanding: ${equal} baris di tujuan sama dengan asalnya; seharusnya ${task.rows}`);
    await admin.deleteTopics({ topics: [topic] });
    return { source, sink };
  } finally {
    await Promise.allSettled([admin.disconnect(), database.end()]);
  }
}

async function inWorker(task: PeerTask, name: string, config: Readonly<Record<string, string>>, arrived: () => Promise<number>): Promise<PeerMoved> {
  const worker = await startWorker({ brokers: task.brokers, group: name, signal: task.signal });
  try {
    const start = performance.now();
    await worker.create(name, config);
    const { first, last } = await arrivalOf(task, arrived, start, () => worker.check(name));
    return { seconds: (last - start) / 1000, first: (first - start) / 1000, ready: worker.ready, cases: 0, ...worker.usage() };
  } finally {
    await worker.stop();
  }
}

/** When the first and the last row were there. Counts ever more often towards the end, so that counting itself costs little. */
async function arrivalOf({ rows, signal }: PeerTask, arrived: () => Promise<number>, start: number, check: () => Promise<void>): Promise<{ first: number; last: number }> {
  let before = 0;
  let progress = start;
  let first: number | undefined;
  for (;;) {
    signal.throwIfAborted();
    const asked = performance.now();
    const now = await arrived();
    if (now > 0) first ??= asked;
    if (now >= rows) return { first: first!, last: asked };
    await check();
    if (now > before) progress = asked;
    else if (asked - progress > STALLED_AFTER) throw new Error(`Pembanding berhenti pada ${now} dari ${rows} baris`);
    before = now;
    const left = first === undefined || asked === first ? 200 : ((asked - first) * (rows - now)) / now;
    await sleep(Math.min(Math.max(left / 2, 25), 5_000), undefined, { signal });
  }
}

function sourceConfig(agencyUrl: string, prefix: string): Record<string, string> {
  const { hostname, port, username, password, pathname } = new URL(agencyUrl);
  return {
    'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
    'database.hostname': hostname,
    'database.port': port,
    'database.user': decodeURIComponent(username),
    'database.password': decodeURIComponent(password),
    'database.dbname': pathname.slice(1),
    'topic.prefix': prefix,
    'plugin.name': 'pgoutput',
    'slot.name': prefix,
    'publication.name': prefix,
    'publication.autocreate.mode': 'filtered',
    'table.include.list': 'public.pegawai',
    'snapshot.mode': 'initial',
    'producer.override.compression.type': 'lz4',
  };
}

function sinkConfig(agencyUrl: string, topic: string): Record<string, string> {
  const { hostname, port, username, password, pathname } = new URL(agencyUrl);
  return {
    'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
    'tasks.max': '1',
    'connection.url': `jdbc:postgresql://${hostname}:${port}${pathname}?reWriteBatchedInserts=true`,
    'connection.username': decodeURIComponent(username),
    'connection.password': decodeURIComponent(password),
    'insert.mode': 'upsert',
    'primary.key.mode': 'record_key',
    'schema.evolution': 'basic',
    'collection.name.format': TARGET,
    topics: topic,
    'batch.size': '2000',
    'use.reduction.buffer': 'true',
    'consumer.override.max.poll.records': '2000',
  };
}

async function recordsIn(admin: Admin, topic: string): Promise<number> {
  return (await admin.fetchTopicOffsets(topic)).reduce((sum, { high }) => sum + Number(high), 0);
}

async function count(database: pg.Client, sql: string): Promise<number> {
  return Number((await database.query<{ count: string }>(sql)).rows[0]!.count);
}

/** The killed worker's connection may live a moment longer. */
async function forgetSlot(database: pg.Client, name: string): Promise<void> {
  const slots = () => count(database, `SELECT count(*) FROM pg_replication_slots WHERE slot_name = '${name}'`);
  while ((await slots()) > 0) {
    await database.query(`SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '${name}' AND active`);
    await database.query(`SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '${name}' AND NOT active`).catch(() => undefined);
    await sleep(20);
  }
  await database.query(`DROP PUBLICATION IF EXISTS ${name}`);
}
