import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testDatabase } from '../../test/database.js';
import { type Database, migrate, openPool } from '../database/database.js';
import { claimEngine, recordedEngine } from './engine.js';

let database: Database;
beforeAll(async () => {
  const url = await testDatabase();
  await migrate(url);
  database = openPool(url, 2);
});
afterAll(() => database.end());

test('the engine of the first start is recorded, and another one is refused with the way out', async () => {
  expect(await recordedEngine(database)).toBeUndefined();
  await claimEngine(database, 'postgres');
  await claimEngine(database, 'postgres');
  expect(await recordedEngine(database)).toBe('postgres');
  await expect(claimEngine(database, 'kafka')).rejects.toThrow(
    'SASANDO_ENGINE: log hub ini ada di mesin postgres, bukan kafka; pindahkan dahulu dengan "sasando log migrate --to kafka", atau jalankan dengan --engine postgres',
  );
});
