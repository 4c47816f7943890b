/**
 * A hub reduced to what is killed: run from dist/ with its settings as JSON. It says on its output what it does, one JSON object a line.
 * `write`: commits the numbered rows of a source with its position, for ever or up to `until`.
 * `sink`: reads topics as a group member into the table `fault_row` by the PostgreSQL connector, as the runtime does.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { startPartition } from '../../connectors/postgres/offset.js';
import type { PostgresSettings } from '../../connectors/postgres/settings.js';
import { writeTable } from '../../connectors/postgres/sink.js';
import type { ConnectorContext } from '../../hub/connector.js';
import { type Database, openPool } from '../../hub/database/database.js';
import { FencedError, messageOf } from '../../hub/errors.js';
import { openKafkaLog } from '../../hub/log/kafka.js';
import type { Log, Writer } from '../../hub/log/log.js';
import { openPostgresLog } from '../../hub/log/postgres.js';

/** How a process opens the log under test. */
export type LogSettings =
  | { readonly engine: 'postgres'; readonly url: string }
  | { readonly engine: 'kafka'; readonly url: string; readonly brokers: readonly string[] };

export type WorkerSettings =
  | { readonly mode: 'write'; readonly log: LogSettings; readonly name: string; readonly topics: readonly string[]; readonly until?: number; readonly seed: number }
  | { readonly mode: 'sink'; readonly log: LogSettings; readonly group: string; readonly topics: readonly string[]; readonly target: string };

/** `started`: the program is loaded and begins. Writers: `ready` and `committed`; sinks: `ready` per partition that they were given, `handled` per batch that they wrote. */
export interface Said {
  readonly said: 'started' | 'ready' | 'committed' | 'reopen' | 'done' | 'handled' | 'failed';
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly position?: number;
  /** Topic and partition. */
  readonly place?: string;
  readonly error?: string;
}

/** So many that every partition has some. */
export const KEYS = 31;

/** Opens the log of the settings, on a pool that is ended with it. */
export async function openLog(settings: LogSettings): Promise<{ log: Log; database: Database; close(): Promise<void> }> {
  const database = openPool(settings.url);
  const log = settings.engine === 'postgres' ? await openPostgresLog({ database, url: settings.url }) : await openKafkaLog({ database, url: settings.url, brokers: settings.brokers });
  return {
    log,
    database,
    close: async () => {
      await log.close();
      await database.end();
    },
  };
}

/** Small numbers in an order that the seed decides (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function say(said: Omit<Said, 'time'>): void {
  process.stdout.write(`${JSON.stringify({ ...said, time: Date.now() } satisfies Said)}\n`);
}

/** Row n goes to topic n modulo the number of topics, so that a commit spans topics and partitions. */
async function write(log: Log, settings: Extract<WorkerSettings, { mode: 'write' }>, signal: AbortSignal): Promise<void> {
  const random = randomOf(settings.seed);
  let writer: Writer | undefined;
  try {
    while (!signal.aborted) {
      writer ??= await log.writer(settings.name, { signal });
      const position = (writer.position() as number | undefined) ?? 0;
      if (settings.until !== undefined && position >= settings.until) break;
      say({ said: 'ready', position });
      try {
        for (let next = position; !signal.aborted && (settings.until === undefined || next < settings.until); ) {
          const end = Math.min(next + 1 + Math.floor(random() * 20), settings.until ?? Infinity);
          const records = Array.from({ length: end - next }, (_, i) => {
            const n = next + i;
            return { topic: settings.topics[n % settings.topics.length]!, key: `${settings.name}/${n % KEYS}`, value: Buffer.from(String(n)), id: `${settings.name}:${n}` };
          });
          await log.commit(writer, { records, position: end });
          say({ said: 'committed', position: end });
          next = end;
        }
      } catch (error) {
        say({ said: 'reopen', error: error instanceof FencedError ? 'fenced' : messageOf(error) });
        await writer.close().catch(() => undefined);
        writer = undefined;
      }
    }
  } finally {
    await writer?.close();
  }
  if (!signal.aborted) say({ said: 'done' });
}

async function sink(log: Log, settings: Extract<WorkerSettings, { mode: 'sink' }>, signal: AbortSignal): Promise<void> {
  const target: PostgresSettings = { url: settings.target, tls: 'off', table: 'fault_row', overlap: 0, batch: 1_000, onDelete: 'delete', offsets: 'public.sasando_offset' };
  const contextOf = (until: AbortSignal): ConnectorContext => ({
    instance: settings.group, owner: 'uji', signal: until, logger: SILENT, now: () => new Date(), files: '/', keys: async () => [],
  });
  while (!signal.aborted) {
    try {
      await log.consume(settings.group, settings.topics, {
        signal,
        start: async (topic, partition) => {
          const offset = await startPartition(target, { topic, partition }, contextOf(signal));
          say({ said: 'ready', place: `${topic}/${partition}` });
          return offset;
        },
        limit: 50,
        handle: async ({ topic, partition, records, nextOffset }, taken) => {
          const until = AbortSignal.any([signal, taken]);
          const rows = records.map(({ offset, key, id, time }) => ({ topic, partition, offset, key, id, time, value: { id, topic, partition, record_offset: offset, member: String(process.pid) } }));
          try {
            await writeTable(target, { topic, partition, records: rows, nextOffset }, contextOf(until));
          } catch (error) {
            if (until.aborted) return;
            throw error;
          }
          say({ said: 'handled', place: `${topic}/${partition}` });
        },
      });
    } catch (error) {
      // The runtime would wait and start the sink again.
      say({ said: 'reopen', error: messageOf(error) });
      await sleep(100);
    }
  }
}

const SILENT: ConnectorContext['logger'] = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

async function main(settings: WorkerSettings): Promise<void> {
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort(new Error('SIGTERM')));
  say({ said: 'started' });
  const opened = await openLog(settings.log);
  try {
    if (settings.mode === 'write') await write(opened.log, settings, stop.signal);
    else await sink(opened.log, settings, stop.signal);
  } catch (error) {
    if (error !== stop.signal.reason) throw error;
  } finally {
    await opened.close();
  }
}

if (process.argv[1]?.endsWith('worker.js') && process.argv[2]) {
  main(JSON.parse(process.argv[2]) as WorkerSettings).catch((error: unknown) => {
    say({ said: 'failed', error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    process.exit(1);
  });
}
