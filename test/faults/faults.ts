/**
 * What every engine must survive, with real processes: killed hubs, frozen hubs, lost answers, killed servers, a rebalance in the middle of a sink's transaction. After each, every
 * row of the sources is in its topic exactly once and in order per key, every row of a sink was written once and in order, and whoever starts next is at work within 5 s.
 * Called by the test of each engine; the seed is printed and `FAULTS_SEED` replays it.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, openPool } from '../../hub/database/database.js';
import type { Log } from '../../hub/log/log.js';
import { readAll } from '../contract/log.js';
import { startWorker, type Worker } from './processes.js';
import type { Proxy } from './proxy.js';
import { createSinkTables, hold, type HoldAt, writesOf } from './target.js';
import { KEYS, type LogSettings, openLog, randomOf, type Said } from './worker.js';

export interface FaultyStorage {
  /** How workers reach the log. */
  readonly settings: LogSettings;
  /** The same through a proxy in front of whatever acknowledges commits. `isCommit` tells a request by which a commit becomes final. */
  readonly throughProxy: { readonly settings: LogSettings; readonly proxy: Proxy; readonly isCommit: (request: Buffer) => boolean };
  /** An empty database for the sink's rows, which is not hurt. */
  readonly target: string;
  /** Kills one of the servers behind the log with SIGKILL and resolves when it serves again. */
  killServer(server: string): Promise<void>;
  close(): Promise<void>;
}

const KILLS = 30;
const AT_ONCE = 3;
/** Of a process that starts, from its first breath, and of one that lived through an outage, from its end. */
const AT_WORK_WITHIN = 5_000;

/** @param servers what `killServer` can kill. */
export function testFaults(name: string, servers: readonly string[], open: () => Promise<FaultyStorage>): void {
  describe(`faults: ${name}`, () => {
    const seed = Number(process.env.FAULTS_SEED ?? randomInt(1_000_000));
    const random = randomOf(seed);
    const print = (text: string): boolean => process.stderr.write(`faults: ${name}: ${text}\n`);
    let storage: FaultyStorage;
    let log: Log;
    let target: Database;
    let closeLog: () => Promise<void>;
    const running = new Set<Worker>();

    beforeAll(async () => {
      print(`FAULTS_SEED=${seed}`);
      storage = await open();
      ({ log, close: closeLog } = await openLog(storage.settings));
      target = openPool(storage.target);
      await createSinkTables(target);
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
    const writing = (topics: string[], writer: string, until?: number, settings = storage.settings): Worker =>
      start({ mode: 'write', log: settings, name: writer, topics, seed: Math.floor(random() * 1_000_000), ...(until === undefined ? {} : { until }) });
    const sinking = (topics: string[], group: string): Worker => start({ mode: 'sink', log: storage.settings, group, topics, target: storage.target });
    const says = (worker: Worker, what: Said['said']): Promise<Said> => worker.says(({ said }) => said === what);
    /** Milliseconds that a process which was just started took from its first breath to this. */
    const startOf = async (worker: Worker, what: Said['said']): Promise<number> => {
      const [from, to] = await Promise.all([says(worker, 'started'), says(worker, what)]);
      return to.time - from.time;
    };

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
    /** Waits until the sink has caught up, then compares every write that it ever did with the topics: each record once, and in order. */
    const sunk = async (topics: string[]): Promise<void> => {
      for (const topic of topics) {
        const stored = await readAll(log, topic);
        let writes = await writesOf(target, topic);
        for (const limit = Date.now() + 30_000; writes.length < stored.length && Date.now() < limit; await sleep(50)) writes = await writesOf(target, topic);
        const order = (one: { partition: number; offset: number }, other: { partition: number; offset: number }): number => one.partition - other.partition || one.offset - other.offset;
        const inTopic = stored.sort(order).map(({ partition, offset, id }) => `${partition} ${offset} ${id}`);
        // Sorting is stable, so that what was written out of order within a partition stays so.
        const written = [...writes].sort((one, other) => one.partition - other.partition).map(({ partition, offset, id }) => `${partition} ${offset} ${id}`);
        expect(written).toEqual(inTopic);
      }
    };

    test(`hubs killed at ${KILLS} random moments`, async () => {
      const topics = await topicsOf(2);
      const { settings: proxied, proxy, isCommit } = storage.throughProxy;
      const writers = Array.from({ length: AT_ONCE - 1 }, (_, n) => `sumber-${n}-${topics[0]}`);
      const group = `sasaran-${topics[0]}`;
      const steady = sinking(topics, group);
      const waits: number[] = [];
      let kills = 0;
      let unanswered = 0;
      for (; kills < KILLS; kills += AT_ONCE) {
        const loses = kills % 2 === 1;
        const workers = [...writers.map((writer, n) => writing(topics, writer, undefined, n === 0 && loses ? proxied : storage.settings)), sinking(topics, group)];
        waits.push(...(await Promise.all(workers.map((worker, n) => startOf(worker, n < writers.length ? 'committed' : 'ready')))));
        await Promise.all(
          workers.map(async (worker, n) => {
            await sleep(random() * 400);
            if (n === 0 && loses) {
              await proxy.swallow(isCommit);
              unanswered++;
            }
            await worker.kill();
            if (n === 0 && loses) proxy.restore();
          }),
        );
      }
      for (const writer of writers) await finished(topics, writer);
      await sunk(topics);
      await steady.stop();
      print(`${kills} kills, ${unanswered} of them between a commit and its answer; started again within ${Math.max(...waits)} ms`);
      expect(unanswered).toBe(KILLS / AT_ONCE / 2);
      expect(Math.max(...waits)).toBeLessThan(AT_WORK_WITHIN);
    }, 300_000);

    test('the answer of a commit is lost', async () => {
      const topics = await topicsOf(2);
      const { settings, proxy, isCommit } = storage.throughProxy;
      const writer = `hilang-${topics[0]}`;
      const worker = writing(topics, writer, undefined, settings);
      for (let n = 0; n < 3; n++) {
        await says(worker, 'committed');
        await sleep(random() * 100);
        await proxy.swallow(isCommit);
        const reopened = says(worker, 'reopen');
        const again = says(worker, 'committed');
        const restored = Date.now();
        proxy.restore();
        expect((await reopened).error).not.toBe('fenced');
        expect((await again).time - restored).toBeLessThan(AT_WORK_WITHIN);
      }
      await worker.stop();
      await finished(topics, writer);
    }, 120_000);

    test('of two hubs with one writer name one is frozen and wakes up', async () => {
      const topics = await topicsOf(2);
      const writer = `beku-${topics[0]}`;
      const frozen = writing(topics, writer);
      await says(frozen, 'committed');
      await sleep(random() * 100);
      frozen.process.kill('SIGSTOP');
      const other = writing(topics, writer);
      const wait = await startOf(other, 'committed');
      const woken = says(frozen, 'reopen');
      frozen.process.kill('SIGCONT');
      await woken;
      const again = says(frozen, 'committed');
      await other.stop();
      await again;
      await frozen.stop();
      await finished(topics, writer);
      print(`beside a frozen hub another started within ${wait} ms`);
      expect(wait).toBeLessThan(AT_WORK_WITHIN);
    }, 120_000);

    test.each(servers)('%s is killed under load and comes back', async (server) => {
      const topics = await topicsOf(2);
      const writers = [0, 1].map((n) => `server-${n}-${topics[0]}`);
      const workers = writers.map((writer) => writing(topics, writer));
      const sink = sinking(topics, `sasaran-${topics[0]}`);
      await Promise.all([...workers.map((worker) => says(worker, 'committed')), says(sink, 'handled')]);
      const waits: number[] = [];
      for (let n = 0; n < 2; n++) {
        await sleep(random() * 300);
        // The second time a hub dies with it, as when the power fails.
        const dies = n === 1;
        await Promise.all([storage.killServer(server), ...(dies ? [workers[1]!.kill()] : [])]);
        const up = Date.now();
        const moves = async (worker: Worker, what: Said['said']): Promise<number> => (await says(worker, what)).time - up;
        if (dies) workers[1] = writing(topics, writers[1]!);
        waits.push(...(await Promise.all([moves(workers[0]!, 'committed'), dies ? startOf(workers[1]!, 'committed') : moves(workers[1]!, 'committed'), moves(sink, 'handled')])));
      }
      await Promise.all(workers.map((worker) => worker.stop()));
      for (const writer of writers) await finished(topics, writer);
      await sunk(topics);
      await sink.stop();
      print(`${server} killed: at work again within ${waits.join(', ')} ms`);
      expect(Math.max(...waits)).toBeLessThan(AT_WORK_WITHIN);
    }, 180_000);

    test.each<[string, HoldAt]>([
      ['in the middle of', 'writing'],
      ['at the commit of', 'committing'],
    ])("a member joins and another leaves %s a sink's transactions", async (where, at) => {
      const topics = await topicsOf(2);
      const group = `sasaran-${topics[0]}`;
      const writer = `pindah-${topics[0]}`;
      const first = sinking(topics, group);
      const source = writing(topics, writer);
      await says(first, 'handled');
      await sleep(random() * 200);
      // No transaction of the target comes past this point now.
      const held = await hold(target, at);
      let second: Worker;
      let open: number;
      let behind: number;
      let joined: number;
      let taken: number;
      try {
        open = await held.waiting(6);
        second = sinking(topics, group);
        joined = await startOf(second, 'ready');
        const places = new Set(second.heard.flatMap(({ place }) => place ?? []));
        const all = second.says(({ place }) => place !== undefined && places.add(place).size === 6);
        const left = Date.now();
        await first.stop();
        taken = (await all).time - left;
        // It writes behind the transactions of the first one, which are still open.
        behind = await held.behind(open);
      } finally {
        await held.release();
      }
      await says(second, 'handled');
      await source.stop();
      await finished(topics, writer);
      await sunk(topics);
      await second.stop();
      for (const topic of topics) {
        for (const partition of [0, 1, 2]) {
          // Nothing of the member that left was written after the one that came.
          const members = (await writesOf(target, topic)).filter((one) => one.partition === partition).map(({ member }) => Number(member));
          const turns = members.filter((member, index) => member !== members[index - 1]);
          expect(turns).toEqual([...(turns.length > 1 ? [first.process.pid] : []), second.process.pid]);
        }
      }
      print(`rebalance ${where} ${open} transactions, ${behind} of the new member behind them; joined in ${joined} ms, took over in ${taken} ms`);
      expect([open, behind]).toEqual([6, 6]);
      expect(Math.max(joined, taken)).toBeLessThan(AT_WORK_WITHIN);
    }, 120_000);
  });
}
