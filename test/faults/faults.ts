/**
 * What every engine must survive, with real processes: killed hubs, frozen hubs, lost answers, a killed server. After each, every row of the sources is in its topic
 * exactly once and in order per key, and every row of a sink once. Called by the test of each engine; the seed is printed and `FAULTS_SEED` replays it.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, openPool } from '../../hub/database/database.js';
import type { Log } from '../../hub/log/log.js';
import { readAll } from '../contract/log.js';
import { startWorker, type Worker } from './processes.js';
import type { Proxy } from './proxy.js';
import { KEYS, type LogSettings, openLog, randomOf } from './worker.js';

export interface FaultyStorage {
  /** How workers reach the log. */
  readonly settings: LogSettings;
  /** The same through a proxy in front of whatever acknowledges commits. */
  readonly throughProxy: { readonly settings: LogSettings; readonly proxy: Proxy };
  /** An empty database for the sink's rows, which is not hurt. */
  readonly target: string;
  /** Kills the server of the log with SIGKILL and resolves when it is up again. */
  killServer(): Promise<void>;
  close(): Promise<void>;
}

const KILLS = 30;
const AT_ONCE = 3;

export function testFaults(name: string, open: () => Promise<FaultyStorage>): void {
  describe(`faults: ${name}`, () => {
    const seed = Number(process.env.FAULTS_SEED ?? randomInt(1_000_000));
    const random = randomOf(seed);
    let storage: FaultyStorage;
    let log: Log;
    let target: Database;
    let closeLog: () => Promise<void>;
    const running = new Set<Worker>();

    beforeAll(async () => {
      process.stderr.write(`faults: ${name}: FAULTS_SEED=${seed}\n`);
      storage = await open();
      ({ log, close: closeLog } = await openLog(storage.settings));
      target = openPool(storage.target);
      await target.query('CREATE TABLE fault_offset (topic text, partition int, next bigint NOT NULL, PRIMARY KEY (topic, partition))');
      await target.query('CREATE TABLE fault_row (topic text, partition int, record_offset bigint, id text)');
    }, 120_000);
    afterAll(async () => {
      await Promise.all([...running].map((worker) => worker.kill()));
      await target?.end();
      await closeLog?.();
      await storage?.close();
    }, 60_000);

    const start = (settings: Parameters<typeof startWorker>[0]): Worker => {
      const worker = startWorker(settings);
      running.add(worker);
      void worker.ended().catch(() => undefined).finally(() => running.delete(worker));
      return worker;
    };
    const topicsOf = async (count: number): Promise<string[]> => {
      const topics = Array.from({ length: count }, () => `gagal.topik_${randomUUID().slice(0, 8)}`);
      for (const topic of topics) await log.ensureTopic({ name: topic, partitions: 3, cleanup: 'compact' });
      return topics;
    };
    const seeded = (): number => Math.floor(random() * 1_000_000);
    const writing = (topics: string[], writer: string, until?: number, settings = storage.settings): Worker =>
      start({ mode: 'write', log: settings, name: writer, topics, seed: seeded(), ...(until === undefined ? {} : { until }) });
    const sinking = (topics: string[], group: string): Worker => start({ mode: 'sink', log: storage.settings, group, topics, target: storage.target, seed: seeded() });

    /** Brings the source of this writer to its end and compares the topics with it. */
    const finished = async (topics: string[], writer: string): Promise<void> => {
      const last = await log.writer(writer);
      const reached = (last.position() as number | undefined) ?? 0;
      await last.close();
      const total = reached + 50;
      await writing(topics, writer, total).ended();
      const stored = (await Promise.all(topics.map((topic) => readAll(log, topic)))).flat().filter(({ id }) => id.startsWith(`${writer}:`));
      const values = stored.map(({ value }) => Number(value));
      expect(values.length).toBe(total);
      expect(new Set(values).size).toBe(total);
      expect(Math.max(...values)).toBe(total - 1);
      for (const topic of topics) {
        for (let key = 0; key < KEYS; key++) {
          const ofKey = stored.filter((one) => one.topic === topic && one.key === `${writer}/${key}`).map(({ value }) => Number(value));
          expect(ofKey).toEqual([...ofKey].sort((a, b) => a - b));
        }
      }
    };
    /** Waits until the sink has caught up, then compares its rows with the topics. */
    const sunk = async (topics: string[]): Promise<void> => {
      for (const topic of topics) {
        const ids = (await readAll(log, topic)).map(({ id }) => id).sort();
        let rows: string[] = [];
        for (const limit = Date.now() + 30_000; rows.length < ids.length && Date.now() < limit; await sleep(50)) {
          rows = (await target.query<{ id: string }>('SELECT id FROM fault_row WHERE topic = $1', [topic])).rows.map(({ id }) => id);
        }
        expect(rows.sort()).toEqual(ids);
      }
    };

    test(`hubs killed at ${KILLS} random moments`, async () => {
      const topics = await topicsOf(2);
      const writers = Array.from({ length: AT_ONCE - 1 }, (_, n) => `sumber-${n}-${topics[0]}`);
      const group = `sasaran-${topics[0]}`;
      const steady = sinking(topics, group);
      for (let kills = 0; kills < KILLS; kills += AT_ONCE) {
        const began = Date.now();
        const workers = [...writers.map((writer) => writing(topics, writer)), sinking(topics, group)];
        // The sink may be left without a partition; a writer always gets its turn, and soon.
        await Promise.all(workers.slice(0, -1).map((worker) => worker.says(({ said }) => said === 'committed')));
        expect(Date.now() - began).toBeLessThan(15_000);
        await Promise.all(
          workers.map(async (worker) => {
            await sleep(random() * 400);
            await worker.kill();
          }),
        );
      }
      for (const writer of writers) await finished(topics, writer);
      await sunk(topics);
      await steady.stop();
    }, 300_000);

    test('the answer of a commit is lost', async () => {
      const topics = await topicsOf(2);
      const { settings, proxy } = storage.throughProxy;
      const writer = `hilang-${topics[0]}`;
      const worker = writing(topics, writer, undefined, settings);
      for (let n = 0; n < 3; n++) {
        await worker.says(({ said }) => said === 'committed');
        proxy.swallow();
        await sleep(50 + random() * 200);
        const reopened = worker.says(({ said }) => said === 'reopen');
        const ready = worker.says(({ said }) => said === 'ready');
        proxy.restore();
        const { error } = await reopened;
        expect(error).not.toBe('fenced');
        await ready;
      }
      await worker.stop();
      await finished(topics, writer);
    }, 120_000);

    test('of two hubs with one writer name one is frozen and wakes up', async () => {
      const topics = await topicsOf(2);
      const writer = `beku-${topics[0]}`;
      const frozen = writing(topics, writer);
      await frozen.says(({ said }) => said === 'committed');
      await sleep(random() * 100);
      frozen.process.kill('SIGSTOP');
      const since = Date.now();
      const other = writing(topics, writer);
      await other.says(({ said }) => said === 'committed');
      expect(Date.now() - since).toBeLessThan(10_000);
      const woken = frozen.says(({ said }) => said === 'reopen');
      frozen.process.kill('SIGCONT');
      await woken;
      const again = frozen.says(({ said }) => said === 'committed');
      await other.stop();
      await again;
      await frozen.stop();
      await finished(topics, writer);
    }, 120_000);

    test('the server is killed under load and comes back', async () => {
      const topics = await topicsOf(2);
      const writers = [0, 1].map((n) => `server-${n}-${topics[0]}`);
      const workers = writers.map((writer) => writing(topics, writer));
      const sink = sinking(topics, `sasaran-${topics[0]}`);
      await Promise.all(workers.map((worker) => worker.says(({ said }) => said === 'committed')));
      for (let n = 0; n < 2; n++) {
        await sleep(random() * 300);
        await storage.killServer();
        const up = Date.now();
        await Promise.all(workers.map((worker) => worker.says(({ said }) => said === 'committed')));
        expect(Date.now() - up).toBeLessThan(10_000);
      }
      await Promise.all(workers.map((worker) => worker.stop()));
      for (const writer of writers) await finished(topics, writer);
      await sunk(topics);
      await sink.stop();
    }, 180_000);
  });
}
