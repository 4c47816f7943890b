/**
 * A hub reduced to what is killed: run from dist/ with its settings as JSON. It says on its output what it does, one JSON object a line.
 * `write`: commits the numbered rows of a source with its position, for ever or up to `until`.
 * `sink`: reads topics as a group member into a table, each row once, with the offset in the same transaction.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, openPool, transaction } from '../../hub/database/database.js';
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
  | { readonly mode: 'sink'; readonly log: LogSettings; readonly group: string; readonly topics: readonly string[]; readonly target: string; readonly seed: number };

/** Says that the process is at work. */
export interface Said {
  readonly said: 'ready' | 'committed' | 'reopen' | 'done' | 'handled' | 'failed';
  readonly position?: number;
  readonly error?: string;
}

export const KEYS = 7;

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

function say(said: Said): void {
  process.stdout.write(`${JSON.stringify(said)}\n`);
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
  const random = randomOf(settings.seed);
  const target = openPool(settings.target, 4);
  try {
    while (!signal.aborted) {
      try {
        await log.consume(settings.group, settings.topics, {
          signal,
          start: async (topic, partition) => {
            const { rows } = await target.query<{ next: string }>('SELECT next FROM fault_offset WHERE topic = $1 AND partition = $2', [topic, partition]);
            say({ said: 'ready' });
            return rows[0] ? Number(rows[0].next) : undefined;
          },
          limit: 50,
          handle: async ({ topic, partition, records, nextOffset }) => {
            await transaction(target, async (connection) => {
              await connection.query('INSERT INTO fault_offset VALUES ($1, $2, 0) ON CONFLICT DO NOTHING', [topic, partition]);
              const { rows } = await connection.query<{ next: string }>('SELECT next FROM fault_offset WHERE topic = $1 AND partition = $2 FOR UPDATE', [topic, partition]);
              const next = Number(rows[0]!.next);
              const fresh = records.filter(({ offset }) => offset >= next);
              await connection.query('INSERT INTO fault_row SELECT $1, $2, * FROM unnest($3::bigint[], $4::text[])', [topic, partition, fresh.map(({ offset }) => offset), fresh.map(({ id }) => id)]);
              await sleep(random() * 20);
              await connection.query('UPDATE fault_offset SET next = greatest(next, $3) WHERE topic = $1 AND partition = $2', [topic, partition, nextOffset]);
            });
            say({ said: 'handled' });
          },
        });
      } catch (error) {
        // The runtime would wait and start the sink again.
        say({ said: 'reopen', error: messageOf(error) });
        await sleep(100);
      }
    }
  } finally {
    await target.end();
  }
}

async function main(settings: WorkerSettings): Promise<void> {
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort(new Error('SIGTERM')));
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
