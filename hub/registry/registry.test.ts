import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { migrate, openPool, type Database } from '../database/database.js';
import { ContractError } from '../errors.js';
import { testDatabase } from '../../test/database.js';
import { until } from '../../test/until.js';
import { LEVELS } from './compatibility.js';
import { IncompatibleError, openRegistry, type Registry } from './registry.js';

let database: Database;
let elsewhere: Database;
let registry: Registry;
/** A second hub on the same database. */
let other: Registry;

beforeAll(async () => {
  const url = await testDatabase();
  await migrate(url);
  database = openPool(url, 6);
  elsewhere = openPool(url, 3);
  registry = await openRegistry(database);
  other = await openRegistry(elsewhere);
});
afterAll(async () => {
  await registry.close();
  await registry.close();
  await other.close();
  await database.end();
  await elsewhere.end();
});

const FIELD_A = { name: 'a', type: 'int' };
function schema(fields: object[] = [FIELD_A], more: object = {}): string {
  return JSON.stringify({ type: 'record', name: 'R', namespace: 'uji', fields, ...more });
}

describe('register', () => {
  test('numbers versions per subject and gives one schema one id everywhere', async () => {
    const first = await registry.register('satu', schema());
    const second = await registry.register('satu', schema([FIELD_A, { name: 'b', type: 'int', default: 0 }]));
    const elsewhereToo = await registry.register('dua', schema());
    expect([first.version, second.version, elsewhereToo.version]).toEqual([1, 2, 1]);
    expect(elsewhereToo.id).toBe(first.id);
    expect(second.id).not.toBe(first.id);
    expect(await registry.register('satu', schema())).toEqual(first);
    expect(await registry.versions('satu')).toEqual([1, 2]);
    expect(await registry.subjects()).toEqual(['dua', 'satu']);
    expect(await registry.latest('satu')).toMatchObject({ subject: 'satu', version: 2, id: second.id });
    expect(await registry.version('satu', 1)).toMatchObject({ version: 1, id: first.id, schema: schema() });
    expect(await registry.byId(first.id)).toBe(schema());
  });

  test('unknown subjects, versions and ids are undefined', async () => {
    expect([await registry.latest('tiada'), await registry.version('satu', 99), await registry.byId(999_999), await registry.byId(-1), await registry.byId(2 ** 40)]).toEqual(Array(5).fill(undefined));
    expect(await registry.versions('tiada')).toEqual([]);
    expect(await registry.find('satu', schema([{ name: 'z', type: 'int' }]))).toBeUndefined();
  });

  test.each<[string, string, string]>([
    ['spaces and order of attributes', '{"fields":[{"type":"int","name":"a"}],  "name":"R","namespace":"uji","type":"record"}', schema()],
    ['namespace inside the name', JSON.stringify({ type: 'record', name: 'uji.R', fields: [FIELD_A] }), schema()],
    ['a wrapped primitive', '{"type":"string"}', '"string"'],
    ['a field with a wrapped primitive', schema([{ name: 'a', type: { type: 'int' } }]), schema()],
  ])('the same in other words: %s', async (name, one, two) => {
    const registered = await registry.register(`kata ${name}`, one);
    expect(await registry.register(`kata ${name}`, two)).toEqual(registered);
    expect(await registry.find(`kata ${name}`, two)).toMatchObject(registered);
  });

  test.each<[string, string, string]>([
    ['doc', schema(), schema([FIELD_A], { doc: 'x' })],
    ['default', schema([{ ...FIELD_A, default: 1 }]), schema([{ ...FIELD_A, default: 2 }])],
    ['hub attributes', schema([{ ...FIELD_A, hub: { mask: 'drop' } }]), schema([{ ...FIELD_A, hub: { mask: 'hash' } }])],
    ['logical type', schema(), schema([{ name: 'a', type: { type: 'int', logicalType: 'date' } }])],
    ['an unknown logical type', schema(), schema([{ name: 'a', type: { type: 'int', logicalType: 'bulan' } }])],
    ['alias', schema(), schema([{ ...FIELD_A, aliases: ['z'] }])],
  ])('another schema: %s', async (name, one, two) => {
    const first = await registry.register(`beda ${name}`, one);
    const second = await registry.register(`beda ${name}`, two);
    expect(second.version).toBe(2);
    expect(second.id).not.toBe(first.id);
  });

  test('keeps the text as submitted, but a bare primitive as its name', async () => {
    const text = `{\n  "type": "record", "name": "Teks", "fields": [ { "name": "t", "type": {"type": "int", "logicalType": "date"}, "hub": {"mask": "year"} } ]\n}`;
    const { id } = await registry.register('teks', text);
    expect(await registry.byId(id)).toBe(text);
    expect(await registry.byId((await registry.register('primitif', '{"type":"long"}')).id)).toBe('"long"');
  });

  test.each<[string, string]>([
    ['{"type":', 'bukan JSON yang benar'], ['"texx"', 'tipe "texx" tidak dikenal'], ['{"type":"record","name":"R"}', 'fields: daftar kolom (fields) belum ditulis'],
    [schema([{ name: '__proto__', type: 'int' }]), '__proto__: nama kolom "__proto__" tidak boleh dipakai'], [`${'['.repeat(10_000)}${']'.repeat(10_000)}`, 'JSON bersarang lebih dari 200 tingkat'],
  ])('refuses %.60s', async (text, message) => {
    await expect(registry.register('salah', text)).rejects.toThrow(message);
    await expect(registry.register('salah', text)).rejects.toBeInstanceOf(ContractError);
    expect(await registry.versions('salah')).toEqual([]);
  });

  test('of many at once, on two hubs: one id for the same schema, versions without gaps', async () => {
    const texts = Array.from({ length: 8 }, (_, i) => schema([FIELD_A, { name: `b${i}`, type: 'int', default: 0 }]));
    const answers = await Promise.all(texts.flatMap((text) => [registry.register('ramai', text), other.register('ramai', text)]));
    expect(answers.map(({ version }) => version).sort((a, b) => a - b)).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8]);
    for (let i = 0; i < answers.length; i += 2) expect(answers[i]).toEqual(answers[i + 1]);
  });
});

describe('compatibility', () => {
  const needs = schema([FIELD_A, { name: 'b', type: 'int' }, { name: 'c', type: 'string' }]);

  test('an incompatible schema is refused with every reason and leaves nothing behind', async () => {
    await registry.register('cocok', schema());
    const error = await registry.register('cocok', needs).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(IncompatibleError);
    expect((error as IncompatibleError).incompatibilities.map((one) => [one.type, one.path, one.field, one.direction, one.version])).toEqual([
      ['READER_FIELD_MISSING_DEFAULT_VALUE', '/fields/1', 'b', 'backward', 1], ['READER_FIELD_MISSING_DEFAULT_VALUE', '/fields/2', 'c', 'backward', 1],
    ]);
    expect((error as Error).message).toContain('b: kolom "b" tidak ada di skema penulis dan tidak punya nilai default');
    expect(await registry.versions('cocok')).toEqual([1]);
    expect((await registry.check('cocok', needs)).length).toBe(2);
    expect(await registry.check('belum ada', needs)).toEqual([]);
  });

  test('a deliberate break is possible once, with its reason', async () => {
    expect(await registry.register('cocok', needs, { compatibility: 'NONE', by: 'kominfo', why: 'skema lama salah' })).toMatchObject({ version: 2 });
    expect(await registry.level('cocok')).toBe('BACKWARD');
    const { rows } = await database.query('SELECT registered_by, reason FROM registry_version WHERE subject = $1 ORDER BY version', ['cocok']);
    expect(rows).toEqual([{ registered_by: null, reason: null }, { registered_by: 'kominfo', reason: 'skema lama salah' }]);
  });

  test('checks against one version when asked', async () => {
    expect(await registry.check('cocok', schema(), { version: 1, compatibility: 'FULL' })).toEqual([]);
    expect((await registry.check('cocok', schema(), { version: 2, compatibility: 'FULL' })).map((one) => one.direction)).toEqual(['forward', 'forward']);
  });

  test('levels: of the subject, else the global one, else BACKWARD; each change is kept', async () => {
    expect([await registry.level('tingkat'), await registry.ownLevel('tingkat')]).toEqual(['BACKWARD', undefined]);
    await registry.setLevel(undefined, 'FULL', { by: 'kominfo', why: 'uji' });
    expect([await registry.level(), await registry.level('tingkat'), await registry.ownLevel('tingkat')]).toEqual(['FULL', 'FULL', undefined]);
    for (const level of LEVELS) {
      await registry.setLevel('tingkat', level);
      expect(await registry.level('tingkat')).toBe(level);
    }
    await registry.setLevel('tingkat', undefined);
    expect(await registry.level('tingkat')).toBe('FULL');
    await registry.setLevel(undefined, undefined);
    expect(await registry.level('tingkat')).toBe('BACKWARD');
    const { rows } = await database.query('SELECT count(*)::int AS changes FROM registry_level');
    expect(rows).toEqual([{ changes: 10 }]);
    await expect(registry.setLevel('tingkat', 'SIDEWAYS' as never)).rejects.toThrow('Tingkat kompatibilitas "SIDEWAYS" tidak dikenal');
  });
});

describe('what another hub does', () => {
  test('is seen: versions, levels, the global level', async () => {
    await registry.register('jauh', schema());
    expect(await registry.versions('jauh')).toEqual([1]);
    await other.register('jauh', schema([]));
    await until(async () => (await registry.versions('jauh')).length === 2);
    await other.setLevel('jauh', 'NONE');
    await until(async () => (await registry.level('jauh')) === 'NONE');
    await other.setLevel('jauh', undefined);
    await other.setLevel(undefined, 'FORWARD');
    await until(async () => (await registry.level('jauh')) === 'FORWARD');
    await other.setLevel(undefined, undefined);
    await until(async () => (await registry.level('jauh')) === 'BACKWARD');
  });

  test('is seen also while the connection that listens is gone, and after it is back', async () => {
    expect(await registry.versions('putus')).toEqual([]);
    await database.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN %' AND datname = current_database()");
    await other.register('putus', schema());
    await until(async () => (await registry.versions('putus')).length === 1);
    await until(async () => (await database.query("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN %' AND datname = current_database()")).rowCount === 2);
    await other.register('putus', schema([]));
    await until(async () => (await registry.versions('putus')).length === 2);
  });
});

describe('the contract of a topic', () => {
  const hub = { topic: 'uji.kontrak', key: 'id', owner: 'kominfo', steward: 'kominfo', classification: 'open' };
  const contract = (doc: string): string => JSON.stringify({ type: 'record', name: 'Kontrak', namespace: 'id.go.kupangkota.uji', doc, hub, fields: [{ name: 'id', type: 'string', doc: 'Kunci' }] });

  test('is the latest version', async () => {
    await expect(registry.contractOf('uji.kontrak')).rejects.toThrow('Topik uji.kontrak belum punya kontrak. Tambahkan schemas/uji/kontrak.avsc');
    const first = await registry.register('uji.kontrak-value', contract('Lama.'));
    expect(await registry.contractOf('uji.kontrak')).toMatchObject({ id: first.id, version: 1, contract: { topic: 'uji.kontrak', doc: 'Lama.', key: ['id'] } });
    expect((await registry.contractOf('uji.kontrak')).contract).toBe((await registry.contractOf('uji.kontrak')).contract);
    await registry.register('uji.kontrak-value', contract('Baru.'));
    expect(await registry.contractOf('uji.kontrak')).toMatchObject({ version: 2, contract: { doc: 'Baru.' } });
  });

  test('must be a contract', async () => {
    await registry.register('uji.polos-value', schema());
    await expect(registry.contractOf('uji.polos')).rejects.toThrow('Skema terbaru topik uji.polos (versi 1) bukan kontrak yang lengkap');
  });
});
