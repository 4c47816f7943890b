import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testDatabase } from '../../test/database.js';
import { type Database, migrate, openPool } from '../database/database.js';
import { CASE_TOPIC, type Log, type Writer } from '../log/log.js';
import { openPostgresLog } from '../log/postgres.js';
import type { Rejection } from '../record.js';
import { type Cases, closingRecord, openCases } from './cases.js';

let database: Database;
let log: Log;
let writer: Writer;
let cases: Cases;
beforeAll(async () => {
  const url = await testDatabase();
  await migrate(url);
  database = openPool(url);
  log = await openPostgresLog({ database, url });
  writer = await log.writer('uji');
  cases = await openCases({ database, log });
});
afterAll(async () => {
  await log.close();
  await database.end();
});

const rejection = (id: string, more: Partial<Rejection> = {}): Rejection => ({
  id, instance: 'siak', owner: 'dispenduk', topic: 'kependudukan.penduduk', key: `kunci-${id}`, payload: { NIK: '537101', isi: 'a\u0000b' },
  faults: [{ path: 'nik', rule: 'format.nik', message: '6 angka, seharusnya 16', severity: 'reject' }], origin: 'baris 7', position: { baris: 6 }, time: 1_000, ...more,
});

test('a rejection is a case at once, with everything that came with it', async () => {
  await log.commit(writer, { records: [], rejections: [rejection('a')] });
  expect(await cases.show('a')).toEqual({ ...rejection('a'), state: 'open', openedAt: 1_000, seen: 1 });
  expect(await cases.show('tidak ada')).toBeUndefined();
});

test('closed it leaves the open ones; opened again it is the same case', async () => {
  const one = (await cases.show('a'))!;
  await log.commit(writer, { records: [closingRecord(one, { state: 'replayed', because: 'person', by: 'rina', time: 2_000 })] });
  expect(await cases.show('a')).toEqual({ ...rejection('a'), state: 'replayed', closing: { state: 'replayed', because: 'person', by: 'rina', time: 2_000 }, openedAt: 1_000, seen: 1 });
  await log.commit(writer, { records: [], rejections: [rejection('a', { time: 3_000 })] });
  expect(await cases.show('a')).toMatchObject({ state: 'open', openedAt: 1_000, seen: 2 });
});

test('listed newest first, by state, instance and owner, in pages', async () => {
  await log.commit(writer, { records: [], rejections: [rejection('b', { time: 5_000, owner: 'bkpp', instance: 'simpeg' }), rejection('c', { time: 4_000 })] });
  const ids = async (filter: Parameters<Cases['list']>[0]) => {
    const { cases: found, total } = await cases.list(filter);
    return [found.map(({ id }) => id), total];
  };
  expect(await ids({})).toEqual([['b', 'c', 'a'], 3]);
  expect(await ids({ owner: 'dispenduk' })).toEqual([['c', 'a'], 2]);
  expect(await ids({ instance: 'simpeg', state: 'open' })).toEqual([['b'], 1]);
  expect(await ids({ state: 'closed' })).toEqual([[], 0]);
  expect(await ids({ limit: 1, offset: 1 })).toEqual([['c'], 3]);
  expect(await cases.counts()).toEqual(new Map([['siak', 2], ['simpeg', 1]]));
  expect((await cases.openFor('siak', [{ topic: 'kependudukan.penduduk', key: 'kunci-c' }, { topic: 'kependudukan.penduduk', key: 'kunci-b' }])).map(({ id }) => id)).toEqual(['c']);
});

test('two hubs project the same topic at once, also from the start, and an erased case is gone', async () => {
  await database.query('TRUNCATE rejected_case, case_offset');
  const other = await openCases({ database, log });
  await log.commit(writer, { records: [], rejections: Array.from({ length: 2_500 }, (_, index) => rejection(`banyak-${index}`)) });
  await log.commit(writer, { records: [{ topic: CASE_TOPIC, key: 'b', value: null, id: 'hapus' }] });
  await Promise.all([cases.catchUp(), other.catchUp(), cases.catchUp(), other.catchUp()]);
  expect((await other.list({ limit: 1 })).total).toBe(2_502);
  expect(await cases.show('a')).toMatchObject({ state: 'open', seen: 2 });
  expect(await cases.show('b')).toBeUndefined();
});
