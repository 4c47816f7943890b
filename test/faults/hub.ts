/**
 * What the whole hub must survive: killed at random moments, frozen beside a second hub, a second one that takes over in the middle of its sink's transactions, killed servers on
 * every side. After each, every row of the source is in its topic exactly once and in order per key, every row of the sink was written once, and the account of every instance is
 * right. `FAULTS_SEED` replays the printed seed.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, openPool } from '../../hub/database/database.js';
import { testDatabase } from '../database.js';
import { type HubProcess, recordsOf, startHubProcess } from './hub-process.js';
import { addRows, createSource, createTarget, EVERY, hubProject, KEYS, TOPIC } from './hub-project.js';
import { type Mortal, startMortalPostgres } from './servers.js';
import { hold } from './target.js';
import { randomOf } from './worker.js';

const KILLS = 30;
const FIRST_ROWS = 3_000;
const INSTANCES = ['sumber', 'sasaran', 'terakhir'];
/** Of a hub that starts, once it says that it is ready, and of one that takes over or lived through an outage. */
const AT_WORK_WITHIN = 5_000;

export interface HubEngine {
  /** Settings of the engine, as `SASANDO_*` variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** The log's own server, where it is not the hub's database. */
  readonly broker?: Mortal;
}

export function testHubFaults(name: string, open: () => Promise<HubEngine>): void {
  describe(`faults of the whole hub: ${name}`, () => {
    const seed = Number(process.env.FAULTS_SEED ?? randomInt(1_000_000));
    const random = randomOf(seed);
    const print = (text: string): boolean => process.stderr.write(`faults of the whole hub: ${name}: ${text}\n`);
    const folders: string[] = [];
    const running = new Set<HubProcess>();
    const servers = new Map<string, Mortal>();
    let source: Database;
    let target: Database;
    let start: () => HubProcess;
    let rows = 0;
    let adding: Promise<void> | undefined;

    beforeAll(async () => {
      print(`FAULTS_SEED=${seed}`);
      const folder = (): string => {
        const made = mkdtempSync(join(tmpdir(), 'sasando-hub-faults-'));
        chmodSync(made, 0o711);
        folders.push(made);
        return made;
      };
      const [ours, theirs] = await Promise.all([startMortalPostgres(), startMortalPostgres()]);
      servers.set('the database of the sinks', theirs).set('the database of the hub', ours);
      const engine = await open();
      if (engine.broker) servers.set('the broker', engine.broker);
      const sourceUrl = await testDatabase();
      source = openPool(sourceUrl, 2);
      target = openPool(theirs.url, 3);
      await createSource(source);
      await createTarget(target);
      const project = hubProject(sourceUrl, theirs.url);
      folders.push(project);
      const settings = { DATABASE_URL: ours.url, SASANDO_PROJECT_DIR: project, ...engine.environment };
      start = () => {
        const hub = startHubProcess({ ...settings, SASANDO_DATA_DIR: folder() });
        running.add(hub);
        hub.process.once('close', () => running.delete(hub));
        return hub;
      };
      await addRows(source, 1, (rows = FIRST_ROWS));
    }, 90_000);
    afterEach(async () => {
      await Promise.all([...running].map((hub) => hub.kill()));
    });
    afterAll(async () => {
      await source?.end();
      await target?.end();
      for (const server of servers.values()) await server.close();
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    }, 60_000);

    /** Rows keep coming while `work` runs. */
    const whileRowsCome = async (work: () => Promise<void>): Promise<void> => {
      let enough = false;
      adding = (async () => {
        for (; !enough; await sleep(50)) {
          await addRows(source, rows + 1, 15);
          rows += 15;
        }
      })();
      try {
        await work();
      } finally {
        enough = true;
        await adding;
      }
    };
    /** Resolves with the milliseconds that it took until source and sinks had moved on. */
    const progress = async (hub: HubProcess): Promise<number> => {
      await hub.ready;
      const since = Date.now();
      const before = await hub.instances();
      for (const limit = since + 30_000; Date.now() < limit; await sleep(50)) {
        const now = await hub.instances();
        if (INSTANCES.every((one) => now.get(one)!.recordsIn > before.get(one)!.recordsIn)) return Date.now() - since;
      }
      throw new Error(`nothing moves: ${JSON.stringify([...(await hub.instances()).values()])}`);
    };
    /** Waits until everything has arrived, then compares topic, targets and accounts with the source. */
    const complete = async (hub: HubProcess): Promise<void> => {
      const all = Array.from({ length: rows }, (_, index) => index + 1);
      const inTopic = all.filter((n) => n % EVERY.filtered !== 0 && n % EVERY.refused !== 0);
      const inTarget = inTopic.filter((n) => n % EVERY.sinkFiltered !== 0 && n % EVERY.sinkRefused !== 0);
      const caught = async (): Promise<boolean> => {
        const now = await hub.instances();
        return now.get('sumber')!.recordsIn >= rows && ['sasaran', 'terakhir'].every((one) => now.get(one)!.recordsIn >= inTopic.length);
      };
      for (const limit = Date.now() + 30_000; !(await caught()) && Date.now() < limit; ) await sleep(50);

      const records = await recordsOf(hub, TOPIC);
      expect(records.map(({ value }) => Number(value.nomor)).sort((a, b) => a - b)).toEqual(inTopic);
      expect(new Set(records.map(({ key, id }) => `${key} ${id}`)).size).toBe(inTopic.length);
      for (let key = 0; key < KEYS; key++) {
        const ofKey = records.filter((record) => record.key === `K${key}`);
        expect(new Set(ofKey.map(({ partition }) => partition)).size).toBe(1);
        expect(ofKey.map(({ value }) => Number(value.nomor))).toEqual(inTopic.filter((n) => n % KEYS === key));
      }

      const numbers = async (sql: string): Promise<number[]> => (await target.query<{ nomor: string }>(sql)).rows.map(({ nomor }) => Number(nomor));
      expect(await numbers('SELECT nomor FROM baris ORDER BY nomor')).toEqual(inTarget);
      expect(await numbers('SELECT nomor FROM tulisan ORDER BY nomor')).toEqual(inTarget);
      expect(await numbers('SELECT nomor FROM terakhir ORDER BY nomor')).toEqual(
        Array.from({ length: KEYS }, (_, key) => Math.max(...inTopic.filter((n) => n % KEYS === key))).sort((a, b) => a - b),
      );

      const refused = all.filter((n) => n % EVERY.filtered !== 0 && n % EVERY.refused === 0).length;
      const sinkRefused = inTopic.filter((n) => n % EVERY.sinkFiltered !== 0 && n % EVERY.sinkRefused === 0).length;
      const counts = [...(await hub.instances()).values()].map(({ name: of, recordsIn, recordsOut, filtered, cases }) => ({ of, recordsIn, recordsOut, sum: recordsOut + filtered + cases }));
      expect(counts.sort((a, b) => a.of.localeCompare(b.of))).toEqual([
        { of: 'sasaran', recordsIn: inTopic.length, recordsOut: inTarget.length, sum: inTopic.length },
        { of: 'sumber', recordsIn: rows, recordsOut: inTopic.length, sum: rows },
        { of: 'terakhir', recordsIn: inTopic.length, recordsOut: inTopic.length, sum: inTopic.length },
      ]);
      // A later row of the key ends the case of an earlier one, so that only so many may still be open.
      const { total } = await hub.ask<{ total: number }>('/cases?state=all&limit=1');
      expect(total).toBe(refused + sinkRefused);
    };

    test(`killed at ${KILLS} random moments`, async () => {
      const waits: number[] = [];
      await whileRowsCome(async () => {
        for (let kills = 0; kills < KILLS; kills++) {
          const hub = start();
          // Every third one, the very first too, in the middle of its start.
          if (kills % 3 === 0) await sleep(random() * 2_500);
          else {
            waits.push(await progress(hub));
            await sleep(random() * 700);
          }
          await hub.kill();
        }
      });
      const hub = start();
      await complete(hub);
      await hub.stop();
      print(`${KILLS} kills; at work again within ${Math.max(...waits)} ms`);
      expect(Math.max(...waits)).toBeLessThan(AT_WORK_WITHIN);
    }, 240_000);

    test('of two hubs one is frozen in the middle of the work of its sink and wakes up', async () => {
      const frozen = start();
      await frozen.ready;
      let other: HubProcess;
      let wait = 0;
      await whileRowsCome(async () => {
        await progress(frozen);
        other = start();
        await other.ready;
        const held = await hold(target, 'writing');
        try {
          await held.waiting(1);
          frozen.process.kill('SIGSTOP');
        } finally {
          await held.release();
        }
        wait = await progress(other);
        frozen.process.kill('SIGCONT');
        await progress(other);
      });
      await complete(other!);
      await Promise.all([frozen.stop(), other!.stop()]);
      print(`took over from a frozen hub within ${wait} ms`);
      expect(wait).toBeLessThan(AT_WORK_WITHIN);
    }, 90_000);

    test("a hub leaves at the commit of its sink's transactions and another takes over", async () => {
      const first = start();
      let second: HubProcess;
      let took = 0;
      await whileRowsCome(async () => {
        await progress(first);
        second = start();
        await second.ready;
        const held = await hold(target, 'committing');
        try {
          const open = await held.waiting(3);
          const left = Date.now();
          await first.stop();
          // Its transactions are still to come when the other has begun.
          expect([open, await held.behind(open)]).toEqual([3, 3]);
          took = Date.now() - left;
        } finally {
          await held.release();
        }
        await progress(second);
      });
      await complete(second!);
      await second!.stop();
      print(`took over from a hub that left within ${took} ms`);
      expect(took).toBeLessThan(AT_WORK_WITHIN);
    }, 90_000);

    test('every server is killed under load, alone and together with the hub', async () => {
      let hub = start();
      const lived: string[] = [];
      const started: number[] = [];
      await whileRowsCome(async () => {
        for (const [what, server] of servers) {
          await progress(hub);
          await sleep(random() * 300);
          await server.kill();
          lived.push(`${what} ${await progress(hub)}`);
          // As when the power fails.
          await Promise.all([server.kill(), hub.kill()]);
          hub = start();
          started.push(await progress(hub));
        }
      });
      await complete(hub);
      await hub.stop();
      print(`after a server was killed, the hub was at work again within ms: ${lived.join(', ')}; a new one within ${Math.max(...started)} ms`);
      expect(Math.max(...started)).toBeLessThan(AT_WORK_WITHIN);
    }, 180_000);
  });
}
