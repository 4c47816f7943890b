/**
 * What the whole hub must survive: killed at random moments, frozen beside a second hub, the target of a sink killed. After each, every row of the source is in its topic
 * exactly once and in order per key, every row of the sink was written once, and the account of every instance is right. `FAULTS_SEED` replays the printed seed.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, openPool } from '../../hub/database/database.js';
import { type EmbeddedPostgres, startEmbedded } from '../../hub/database/embedded.js';
import { testDatabase } from '../database.js';
import { type HubProcess, recordsOf, startHubProcess } from './hub-process.js';
import { addRows, createSource, createTarget, EVERY, hubProject, KEYS, TOPIC } from './hub-project.js';
import { randomOf } from './worker.js';

const KILLS = 12;
const FIRST_ROWS = 3_000;
const INSTANCES = ['sumber', 'sasaran', 'terakhir'];

/** @param engine settings of the engine of the log, as `SASANDO_*` variables. */
export function testHubFaults(name: string, engine: () => Readonly<Record<string, string>>): void {
  describe(`faults of the whole hub: ${name}`, () => {
    const seed = Number(process.env.FAULTS_SEED ?? randomInt(1_000_000));
    const random = randomOf(seed);
    const folders: string[] = [];
    const running = new Set<HubProcess>();
    let server: EmbeddedPostgres;
    let serverFolder: string;
    let source: Database;
    let target: Database;
    let start: () => HubProcess;
    let rows = 0;
    let adding: Promise<void> | undefined;

    beforeAll(async () => {
      process.stderr.write(`faults of the whole hub: ${name}: FAULTS_SEED=${seed}\n`);
      const folder = (): string => {
        const made = mkdtempSync(join(tmpdir(), 'sasando-hub-faults-'));
        chmodSync(made, 0o711);
        folders.push(made);
        return made;
      };
      // Its own, since it is killed.
      serverFolder = folder();
      server = await startEmbedded(serverFolder);
      const [hubUrl, sourceUrl] = [await testDatabase(), await testDatabase()];
      source = openPool(sourceUrl, 2);
      target = openPool(server.url, 2);
      await createSource(source);
      await createTarget(target);
      const project = hubProject(sourceUrl, server.url);
      folders.push(project);
      const settings = { DATABASE_URL: hubUrl, SASANDO_PROJECT_DIR: project, ...engine() };
      start = () => {
        const hub = startHubProcess({ ...settings, SASANDO_DATA_DIR: folder() });
        running.add(hub);
        hub.process.once('close', () => running.delete(hub));
        return hub;
      };
      await addRows(source, 1, (rows = FIRST_ROWS));
    }, 60_000);
    afterEach(async () => {
      await Promise.all([...running].map((hub) => hub.kill()));
    });
    afterAll(async () => {
      await source?.end();
      await target?.end();
      await server?.close();
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
      expect(Math.max(...waits)).toBeLessThan(5_000);
    }, 120_000);

    test('of two hubs one is frozen in the middle of the work of its sink and wakes up', async () => {
      const frozen = start();
      await frozen.ready;
      let other: HubProcess;
      await whileRowsCome(async () => {
        await progress(frozen);
        other = start();
        await other.ready;
        // Its sink stands in the middle of a transaction when it is frozen.
        const lock = await target.connect();
        try {
          await lock.query(`BEGIN; SELECT FROM sasando_offset WHERE instance = 'sasaran' FOR UPDATE`);
          const waiting = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%sasando_offset%'`;
          for (const limit = Date.now() + 10_000; (await lock.query(waiting)).rowCount === 0 && Date.now() < limit; ) await sleep(20);
          frozen.process.kill('SIGSTOP');
          await lock.query('COMMIT');
        } finally {
          lock.release();
        }
        expect(await progress(other)).toBeLessThan(20_000);
        frozen.process.kill('SIGCONT');
        await progress(other);
      });
      await complete(other!);
      await Promise.all([frozen.stop(), other!.stop()]);
    }, 90_000);

    test('the database of the sinks is killed twice under load', async () => {
      const hub = start();
      await hub.ready;
      await whileRowsCome(async () => {
        for (let kills = 0; kills < 2; kills++) {
          await progress(hub);
          await sleep(random() * 300);
          process.kill(Number(readFileSync(join(serverFolder, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]), 'SIGKILL');
        }
        await progress(hub);
      });
      await complete(hub);
      await hub.stop();
    }, 90_000);
  });
}
