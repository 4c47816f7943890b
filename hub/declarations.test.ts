import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testDatabase } from '../test/database.js';
import { INSTANCE, SCHEMA } from '../test/project.js';
import { type Database, migrate, openPool } from './database/database.js';
import { type Declarations, FIRST_START, openDeclarations } from './declarations.js';
import type { Log } from './log/log.js';
import { openRegistry, type Registry } from './registry/registry.js';

let database: Database;
let registry: Registry;
beforeAll(async () => {
  const url = await testDatabase();
  await migrate(url);
  database = openPool(url, 4);
  registry = await openRegistry(database);
});
afterAll(async () => {
  await registry.close();
  await database.end();
});
const open = (): Promise<Declarations> => openDeclarations({ database, registry, log: {} as Log, kinds: ['file'] });

test('a first start that is cut short is a first start again; of its instances there are all or none', async () => {
  const schema = { path: 'schemas/a.avsc', text: SCHEMA };
  const instance = { path: 'config/connectors/kominfo/a.yaml', text: INSTANCE };
  // PostgreSQL takes no U+0000: the second instance cannot be stored.
  const broken = { path: 'config/connectors/kominfo/\0.yaml', text: INSTANCE.replace('kominfo-wifi', 'kominfo-wifi-baru') };
  await expect((await open()).apply([schema, instance, broken], { commit: true, by: FIRST_START })).rejects.toThrow();
  const after = await open();
  expect(after.contracts.size).toBe(1);
  expect(await after.instances()).toMatchObject({ instances: [] });
  expect(await after.empty()).toBe(true);

  await after.apply([schema, instance], { commit: true, by: FIRST_START });
  expect((await after.instances()).instances.map(({ name }) => name)).toEqual(['kominfo-wifi']);
  expect(await after.empty()).toBe(false);
});
