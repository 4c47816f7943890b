import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { testDatabase } from '../../test/database.js';
import { type Database, migrate, openPool } from '../database/database.js';
import { FencedError } from '../errors.js';
import { claimPartition, resetOffset, storedOffsets, storeOffset } from './group.js';
import { takeLease, tryLease } from './lease.js';

let one: Database;
let two: Database;
beforeAll(async () => {
  const url = await testDatabase();
  await migrate(url);
  one = openPool(url);
  two = openPool(url);
});
afterAll(async () => {
  await one.end();
  await two.end();
});

describe('lease', () => {
  test('is held by one until released, then by the next with a higher epoch', async () => {
    const first = await takeLease(one, 'a');
    expect(await tryLease(two, 'a')).toBeUndefined();
    const waiting = takeLease(two, 'a');
    await first.release();
    await first.release();
    const second = await waiting;
    expect(second.epoch).toBe(first.epoch + 1);
    expect(first.lost.aborted).toBe(false);
    await second.release();
  });

  test('waiting ends with the reason of the signal', async () => {
    const held = await takeLease(one, 'b');
    const stop = new AbortController();
    const waiting = takeLease(two, 'b', { signal: stop.signal });
    stop.abort(new Error('cukup'));
    await expect(waiting).rejects.toThrow('cukup');
    await held.release();
  });

  test('taking over tells the former holder within its next renewal, and its release harms nobody', async () => {
    const former = await takeLease(one, 'c');
    const taker = await takeLease(two, 'c', { takeOver: true });
    await new Promise((lost) => former.lost.addEventListener('abort', lost));
    await former.release();
    expect(await tryLease(one, 'c')).toBeUndefined();
    await taker.release();
  });

  test('outlives the time without renewal, and a broken session', async () => {
    const held = await takeLease(one, 'd');
    await two.query(`SELECT pg_terminate_backend(pid) FROM lease WHERE name = 'd'`);
    const { rows } = await two.query(`SELECT renewed FROM lease WHERE name = 'd'`);
    for (let renewals = 0, last = rows[0].renewed as Date; renewals < 3; ) {
      const now = (await two.query(`SELECT renewed FROM lease WHERE name = 'd'`)).rows[0].renewed as Date;
      if (now > last) renewals++;
      last = now;
    }
    expect(held.lost.aborted).toBe(false);
    expect(await tryLease(two, 'd')).toBeUndefined();
    await held.release();
  });

  test('of a process that is gone is free before the four seconds are over', async () => {
    const { rows } = await one.query('SELECT pg_backend_pid() AS pid');
    await one.query(`INSERT INTO lease VALUES ('e', 7, clock_timestamp(), $1, '2020-01-01')`, [rows[0].pid]);
    const started = Date.now();
    const taken = await takeLease(two, 'e');
    expect(Date.now() - started).toBeLessThan(3_500);
    expect(taken.epoch).toBe(8);
    await taken.release();
  });

  test('of a process that is gone is free although the clock was set back since; a living one keeps it', async () => {
    const { rows } = await one.query('SELECT pg_backend_pid() AS pid');
    await one.query(`INSERT INTO lease VALUES ('f', 7, clock_timestamp() + interval '1 hour', $1, '2020-01-01')`, [rows[0].pid]);
    const taken = await tryLease(two, 'f');
    expect(taken?.epoch).toBe(8);
    const held = await takeLease(one, 'g');
    await two.query(`UPDATE lease SET renewed = clock_timestamp() + interval '1 hour' WHERE name = 'g'`);
    expect(await tryLease(two, 'g')).toBeUndefined();
    await taken?.release();
    await held.release();
  });
});

describe('group offsets', () => {
  test('a member that lost its partition cannot store', async () => {
    const before = await claimPartition(one, 'g', 't', 0);
    expect(before.offset).toBeUndefined();
    await storeOffset(one, 'g', 't', 0, 10, before.epoch);
    const after = await claimPartition(two, 'g', 't', 0);
    expect(after.offset).toBe(10);
    await expect(storeOffset(one, 'g', 't', 0, 5, before.epoch)).rejects.toThrow(FencedError);
    await storeOffset(two, 'g', 't', 0, 20, after.epoch);
    expect(await storedOffsets(one, 'g')).toEqual([{ topic: 't', partition: 0, offset: 20 }]);
    await resetOffset(one, 'g', 't', 0, 3);
    expect(await storedOffsets(one, 'g')).toEqual([{ topic: 't', partition: 0, offset: 3 }]);
    await resetOffset(one, 'g', 't', 0, undefined);
    expect(await storedOffsets(one, 'g')).toEqual([]);
  });
});
