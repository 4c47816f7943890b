import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { testDatabase } from '../../test/database.js';
import { type Database, migrate, openPool } from '../database/database.js';
import type { Log, Writer } from '../log/log.js';
import { openPostgresLog } from '../log/postgres.js';
import { type Latest, openLatest } from './latest.js';

const TOPIC = 'kependudukan.penduduk';
let url: string;
let database: Database;
let log: Log;
let writer: Writer;
let latest: Latest;
let following: { stop: () => Promise<void> }[];
let count: number;

beforeEach(async () => {
  url = await testDatabase();
  await migrate(url);
  database = openPool(url);
  log = await openPostgresLog({ database, url });
  await log.ensureTopic({ name: TOPIC, partitions: 3, cleanup: 'compact' });
  writer = await log.writer('uji');
  latest = openLatest({ database, log });
  following = [];
  count = 0;
});

afterEach(async () => {
  await Promise.all(following.map(({ stop }) => stop()));
  await log.close();
  await database.end();
});

async function put(...records: [key: string, value: string | null][]): Promise<void> {
  await log.commit(writer, { records: records.map(([key, value]) => ({ topic: TOPIC, key, value: value === null ? null : Buffer.from(value), id: `e${++count}`, time: 1_000 + count })) });
}

function follow(one: Latest = latest): { stop: () => Promise<void> } {
  const ending = new AbortController();
  const done = one.follow([TOPIC], ending.signal);
  const handle = {
    stop: async () => {
      ending.abort();
      await done;
    },
  };
  following.push(handle);
  return handle;
}

const reached = (): Promise<void> => latest.waitUntilReached([TOPIC], AbortSignal.timeout(20_000));
const texts = async (keys: string[]): Promise<Record<string, string>> => Object.fromEntries([...(await latest.get(TOPIC, keys))].map(([key, { value }]) => [key, value.toString()]));

test('holds the last record of each key, and none of a deleted one', async () => {
  await put(['a', 'a1'], ['b', 'b1'], ['c', 'c1'], ['a', 'a2']);
  await put(['b', null], ['d', ''], ['a', 'a3'], ['e', 'e1'], ['e', null], ['c', null], ['c', 'c2']);
  follow();
  await reached();
  expect(await texts(['a', 'b', 'c', 'd', 'e', 'f', '\0'])).toEqual({ a: 'a3', c: 'c2', d: '' });
  await put(['c', 'c3'], ['a', null]);
  await reached();
  expect(await texts(['a', 'c', 'd'])).toEqual({ c: 'c3', d: '' });
  const record = (await latest.get(TOPIC, ['c'])).get('c')!;
  const { records } = await log.read(TOPIC, record.partition, record.offset, 1);
  expect([record.time, records[0]!.key, records[0]!.value?.toString()]).toEqual([1_012, 'c', 'c3']);
  expect(await latest.get('keuangan.gaji', ['c'])).toEqual(new Map());
});

test('scans keys in order, by prefix and page', async () => {
  await put(['2026|b', '2'], ['2026|a', '1'], ['2025|z', '0'], ['2026|é', '4'], ['2026|c', '3'], ['2027|a', '5']);
  follow();
  await reached();
  const keys = async (options: { prefix?: string; after?: string; limit: number }): Promise<string[]> => (await latest.scan(TOPIC, options)).map(({ key }) => key);
  expect(await keys({ limit: 10 })).toEqual(['2025|z', '2026|a', '2026|b', '2026|c', '2026|é', '2027|a']);
  expect(await keys({ prefix: '2026|', limit: 2 })).toEqual(['2026|a', '2026|b']);
  expect(await keys({ prefix: '2026|', after: '2026|b', limit: 9 })).toEqual(['2026|c', '2026|é']);
  expect((await latest.scan(TOPIC, { prefix: '2025', limit: 1 }))[0]!.value.toString()).toBe('0');
});

test('tells whether it has reached the heads, and goes on where it stood', async () => {
  expect(await latest.reached([TOPIC])).toBe(true);
  await put(['a', '1']);
  expect(await latest.reached([TOPIC])).toBe(false);
  await expect(latest.waitUntilReached([TOPIC], AbortSignal.timeout(50))).rejects.toThrow();
  const first = follow();
  await reached();
  expect(await latest.reached([TOPIC])).toBe(true);
  await first.stop();
  // What it has read it does not read again: a row that is taken away stays away.
  await database.query(`DELETE FROM latest WHERE key = 'a'`);
  await put(['b', '1'], ['c', '1']);
  expect(await latest.reached([TOPIC])).toBe(false);
  latest = openLatest({ database, log });
  follow();
  await reached();
  expect(await texts(['a', 'b', 'c'])).toEqual({ b: '1', c: '1' });
});

test('a snapshot sees one moment', async () => {
  await put(['a', '1']);
  follow();
  await reached();
  const seen = await latest.snapshot(async (view) => {
    const before = (await view.get(TOPIC, ['a'])).get('a')!.value.toString();
    await put(['a', '2'], ['b', '1']);
    await reached();
    return [before, (await view.get(TOPIC, ['a'])).get('a')!.value.toString(), (await view.scan(TOPIC, { limit: 9 })).length];
  });
  expect(seen).toEqual(['1', '1', 1]);
  expect(await texts(['a', 'b'])).toEqual({ a: '2', b: '1' });
  await expect(latest.snapshot(async () => { throw new Error('berhenti'); })).rejects.toThrow('berhenti');
});

test('is built anew from the log while it is followed', async () => {
  await put(['a', '1'], ['b', '1'], ['c', '1']);
  follow();
  await reached();
  await database.query(`UPDATE latest SET value = 'salah'`);
  await latest.rebuild(TOPIC);
  await reached();
  expect(await texts(['a', 'b', 'c'])).toEqual({ a: '1', b: '1', c: '1' });
  await latest.rebuild(TOPIC);
  await put(['a', '2'], ['b', null]);
  await reached();
  expect(await texts(['a', 'b', 'c'])).toEqual({ a: '2', c: '1' });
});

test('two hubs share the work, and a lost connection loses nothing', async () => {
  const other = openPool(url);
  const otherLog = await openPostgresLog({ database: other, url });
  follow();
  follow(openLatest({ database: other, log: otherLog }));
  const killer = openPool(url, 1);
  for (let round = 0; round < 10; round++) {
    await put(...Array.from({ length: 100 }, (_, i): [string, string] => [`k${i}`, `${round}`]));
    if (round === 3 || round === 6) await killer.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()');
    if (round === 3 || round === 6) writer = await log.writer('uji', { takeOver: true });
  }
  await killer.end();
  await reached();
  expect(new Set(Object.values(await texts(Array.from({ length: 100 }, (_, i) => `k${i}`))))).toEqual(new Set(['9']));
  expect((await latest.scan(TOPIC, { limit: 1000 })).length).toBe(100);
  await Promise.all(following.splice(0).map(({ stop }) => stop()));
  await otherLog.close();
  await other.end();
});

test('values of one megabyte and batches of thousands', async () => {
  const big = 'x'.repeat(999_000);
  await put(['besar', big], ...Array.from({ length: 5_000 }, (_, i): [string, string] => [`k${i}`, `${i}`]));
  follow();
  await reached();
  expect((await texts(['besar', 'k4999']))).toEqual({ besar: big, k4999: '4999' });
});
