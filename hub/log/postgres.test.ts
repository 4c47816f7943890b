import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { readAll, testLog } from '../../test/contract/log.js';
import { testDatabase } from '../../test/database.js';
import { type Database, migrate, openPool } from '../database/database.js';
import type { Log } from './log.js';
import { openPostgresLog } from './postgres.js';

testLog('PostgreSQL', async () => {
  const url = await testDatabase();
  await migrate(url);
  const database = openPool(url);
  const log = await openPostgresLog({ database, url });
  return {
    log,
    another: async () => {
      const pool = openPool(url);
      const opened = await openPostgresLog({ database: pool, url });
      let closing: Promise<void> | undefined;
      return { ...opened, close: () => (closing ??= opened.close().then(() => opened.close()).then(() => pool.end())) };
    },
    cleansAtOnce: true,
    close: async () => {
      await log.close();
      await database.end();
    },
  };
});

describe('PostgreSQL engine', () => {
  const DAY = 24 * 3_600_000;
  let url: string;
  let database: Database;
  let log: Log;
  let now = Date.UTC(2026, 10, 24);
  beforeAll(async () => {
    url = await testDatabase();
    await migrate(url);
    database = openPool(url);
    log = await openPostgresLog({ database, url, now: () => now });
  });
  afterAll(async () => {
    await log.close();
    await database.end();
  });

  test('a tombstone goes once it was there for a day, whatever time it carries', async () => {
    await log.ensureTopic({ name: 'uji.nisan', partitions: 1, cleanup: 'compact' });
    const writer = await log.writer('nisan');
    await log.commit(writer, { records: [{ topic: 'uji.nisan', key: 'a', value: Buffer.from('1'), id: '1' }, { topic: 'uji.nisan', key: 'a', value: null, id: '2', time: 5 }] });
    await writer.close();
    await log.clean();
    now += DAY - 1;
    await log.clean();
    expect((await readAll(log, 'uji.nisan')).map(({ id }) => id)).toEqual(['2']);
    now += 1;
    await log.clean();
    expect(await readAll(log, 'uji.nisan')).toEqual([]);
    expect((await log.topics()).find(({ name }) => name === 'uji.nisan')).toMatchObject({ records: 0 });
    expect(await log.offsets('uji.nisan')).toEqual([{ partition: 0, start: 0, end: 2 }]);
  });

  test('offsets are dense, and those of an open transaction are waited for', async () => {
    await log.ensureTopic({ name: 'uji.urut', partitions: 1, cleanup: 'compact' });
    const slow = await database.connect();
    await slow.query('BEGIN');
    await slow.query(`UPDATE log_partition SET next_offset = next_offset WHERE topic = (SELECT id FROM log_topic WHERE name = 'uji.urut')`);
    const writers = await Promise.all(['u1', 'u2'].map((name) => log.writer(name)));
    const commits = writers.map((writer, n) => log.commit(writer, { records: [{ topic: 'uji.urut', key: 'k', value: null, id: `${n}` }] }));
    await slow.query(`SELECT log_commit('{}', '{}', '{}', '{}', ARRAY[(SELECT id FROM log_topic WHERE name = 'uji.urut')], '{0}', '{1}', '{1}', '{1}', '{0}', '{k}', '{0}', '{-1}', '', '{lambat}', '{5}', NULL)`);
    expect(await readAll(log, 'uji.urut')).toEqual([]);
    await slow.query('COMMIT');
    slow.release();
    await Promise.all(commits);
    const stored = await readAll(log, 'uji.urut');
    expect(stored.map(({ offset }) => offset)).toEqual([0, 1, 2]);
    expect(stored[0]!.id).toBe('lambat');
    await Promise.all(writers.map((writer) => writer.close()));
  });

  test('one commit that PostgreSQL refuses does not harm those it travels with', async () => {
    await log.ensureTopic({ name: 'uji.bersama', partitions: 1, cleanup: 'compact' });
    const writers = await Promise.all(Array.from({ length: 12 }, (_, n) => log.writer(`b${n}`)));
    const results = await Promise.allSettled(
      writers.map((writer, n) => log.commit(writer, { records: [{ topic: 'uji.bersama', key: n === 7 ? 'nol \u0000' : `k${n}`, value: null, id: `${n}` }] })),
    );
    expect(results.map(({ status }) => status)).toEqual(results.map((_, n) => (n === 7 ? 'rejected' : 'fulfilled')));
    expect(await readAll(log, 'uji.bersama')).toHaveLength(11);
    await Promise.all(writers.map((writer) => writer.close()));
  });

  test('batches stay small in bytes', async () => {
    await log.ensureTopic({ name: 'uji.besar', partitions: 1, cleanup: 'compact' });
    const writer = await log.writer('besar');
    for (let n = 0; n < 3; n++) {
      await log.commit(writer, { records: Array.from({ length: 4 }, () => ({ topic: 'uji.besar', key: 'k', value: Buffer.alloc(1_000_000, n), id: randomUUID() })) });
    }
    await writer.close();
    const first = await log.read('uji.besar', 0, 0, 4_000);
    expect(first.records).toHaveLength(8);
    expect((await log.read('uji.besar', 0, first.nextOffset, 4_000)).records).toHaveLength(4);
  });
});
