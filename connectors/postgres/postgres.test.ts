import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { ContractError, CredentialError, RetriableError, SettingsError } from '../../hub/errors.js';
import type { Json, JsonObject } from '../../hub/record.js';
import { parseSettings } from '../../hub/settings.js';
import { testContext } from '../../test/contract/context.js';
import { testReadme } from '../../test/contract/readme.js';
import { drain, testSource } from '../../test/contract/source.js';
import { testDatabase } from '../../test/database.js';
import { openRole } from './gate.js';
import { postgres } from './postgres.js';

testReadme(postgres, new URL('./README.md', import.meta.url));

let url: string;
let admin: pg.Pool;
beforeAll(async () => {
  url = await testDatabase();
  admin = new pg.Pool({ connectionString: url, max: 2 });
  admin.on('error', () => undefined);
});
afterAll(() => admin.end());

let tables = 0;
const nextTable = () => `t${++tables}`;

testSource('postgres', {
  connector: postgres,
  faulty: { settings: { url: 'mysql://x', query: 'SELECT 1', cursor: 'a', lebih: 1 }, paths: ['settings.lebih', 'settings.url', 'settings.key'] },
  async open(count) {
    const table = nextTable();
    // Three rows share each time: the key breaks the tie.
    await admin.query(`CREATE TABLE ${table} (nik text PRIMARY KEY, diubah timestamptz NOT NULL, isi text);
      INSERT INTO ${table} SELECT 'n' || lpad(i::text, 3, '0'), timestamptz '2026-01-01' + (i / 3) * interval '1 microsecond', repeat('x', 2000) FROM generate_series(0, ${count - 1}) i`);
    const { gate, role, overload } = await openRole(admin, url, table);
    return {
      settings: { url: gate.url, table, cursor: 'diubah', batch: 4 },
      expected: Array.from({ length: count }, (_, i) => `n${String(i).padStart(3, '0')}`),
      identity: (record) => String(record.value.nik),
      refuse: () => admin.query(`ALTER ROLE ${role} PASSWORD 'lain'`).then(() => undefined),
      overload,
      stall: async () => gate.stall(),
      breakOff: async () => gate.breakAfter(20_000),
      close: gate.close,
    };
  },
}, ['breakOne']);

const settingsOf = (raw: JsonObject) => parseSettings(postgres.settings, { url, ...raw });
const read = (raw: JsonObject, position?: Json) => drain(postgres, settingsOf(raw), position, testContext());

describe('postgres source', () => {
  test('keeps every digit and writes dates and times as ISO text', async () => {
    await admin.query(`CREATE TABLE jenis (id int8 PRIMARY KEY, gaji numeric(15,2), lahir date, diubah timestamptz, dicatat timestamp, aktif bool, umur int, nama text, kode char(5), rincian jsonb, label text[], nilai numeric[], sandi bytea, kosong text);
      INSERT INTO jenis VALUES (9007199254740993, 4200000.00, '1985-03-09', '2026-11-24 09:02:03.123456+08', '2026-11-24 09:02:03', true, 41, E'Ina\\t"Lado"\\n\\\\baris', 'A1', '{"nip": 198503092010012001, "n": 2}', '{a,"b,c",NULL,"q\\"\\\\"}', '{1.50,2}', '\\x00ff', NULL)`);
    const { records } = await read({ table: 'public.jenis' });
    expect(records).toEqual([
      {
        origin: 'tabel public.jenis',
        value: {
          id: '9007199254740993',
          gaji: '4200000.00',
          lahir: '1985-03-09',
          diubah: '2026-11-24T01:02:03.123Z',
          dicatat: '2026-11-24T09:02:03.000',
          aktif: true,
          umur: 41,
          nama: 'Ina\t"Lado"\n\\baris',
          kode: 'A1',
          rincian: { nip: '198503092010012001', n: 2 },
          label: ['a', 'b,c', null, 'q"\\'],
          nilai: ['1.50', '2'],
          sandi: 'AP8=',
          kosong: null,
        },
      },
    ]);
  });

  test('JSON nested 2,000 deep is a fault of its record, the others pass', async () => {
    const { records } = await read({ query: `SELECT 1 AS id, (repeat('[', 2000) || repeat(']', 2000))::json AS isi UNION ALL SELECT 2, '[]'`, key: 'id' });
    expect(records.map((record) => record.faults?.map((fault) => [fault.path, fault.rule]))).toEqual([[['isi', 'depth']], undefined]);
  });

  test('late commits within the overlap are read, and the position does not fall back', async () => {
    await admin.query(`CREATE TABLE terlambat (id int PRIMARY KEY, diubah timestamptz NOT NULL); INSERT INTO terlambat VALUES (1, '2026-01-01 00:00:10'), (2, '2026-01-01 00:00:20')`);
    const settings = { table: 'terlambat', cursor: 'diubah', overlap: 8, batch: 1 };
    const first = await read(settings);
    await admin.query(`INSERT INTO terlambat VALUES (3, '2026-01-01 00:00:15'), (4, '2026-01-01 00:00:05')`);
    const second = await read(settings, first.position);
    expect(second.records.map((record) => record.value.id)).toEqual([3, 2]);
    expect(second.position).toEqual(first.position);
  });

  test('rows without a cursor value are not lost', async () => {
    await admin.query(`CREATE TABLE tanpa (id int PRIMARY KEY, diubah timestamptz); INSERT INTO tanpa VALUES (1, NULL), (2, '2026-01-01')`);
    const settings = { table: 'tanpa', cursor: 'diubah' };
    const first = await read(settings);
    expect(first.records.map((record) => record.value.id)).toEqual([1, 2]);
    await admin.query(`INSERT INTO tanpa VALUES (3, NULL)`);
    expect((await read(settings, first.position)).records.map((record) => record.value.id)).toEqual([1, 3]);
  });

  test('a number as cursor, and a composite key', async () => {
    await admin.query(`CREATE TABLE berurut (nip text, periode text, urut int8 NOT NULL, PRIMARY KEY (nip, periode));
      INSERT INTO berurut VALUES ('b', '2026-02', 7), ('a', '2026-02', 7), ('a', '2026-01', 7), ('c', '2026-01', 12345678901234567)`);
    const settings = { table: 'berurut', cursor: 'urut', batch: 2, overlap: 0 };
    const first = await read(settings);
    expect(first.records.map((record) => `${record.value.nip} ${record.value.periode}`)).toEqual(['a 2026-01', 'a 2026-02', 'b 2026-02', 'c 2026-01']);
    expect(first.position).toEqual({ cursor: '12345678901234567', key: ['c', '2026-01'] });
    await admin.query(`INSERT INTO berurut VALUES ('d', '2026-01', 12345678901234567)`);
    expect((await read(settings, first.position)).records.map((record) => record.value.nip)).toEqual(['d']);
  });

  test('soft deletion by time, by boolean and by value', async () => {
    await admin.query(`CREATE TABLE lunak (id int PRIMARY KEY, dihapus_pada timestamp, mati bool, status char(2)); INSERT INTO lunak VALUES (1, NULL, false, 'A'), (2, now(), true, 'H')`);
    const ways: JsonObject[] = [{ column: 'dihapus_pada' }, { column: 'mati' }, { column: 'status', values: ['H'] }];
    for (const deletions of ways) {
      expect((await read({ table: 'lunak', columns: ['id'], deletions })).records.map((record) => [record.value, record.deleted])).toEqual([
        [{ id: 1 }, undefined],
        [{ id: 2 }, true],
      ]);
    }
  });

  test('deleted keys are found by comparing, once, also when the run broke off between two batches of them', async () => {
    await admin.query(`CREATE TABLE banding (nik text, urut int, diubah int NOT NULL DEFAULT 1, PRIMARY KEY (nik, urut)); INSERT INTO banding SELECT '537101' || i, i FROM generate_series(1, 20) i`);
    const settings = { table: 'banding', cursor: 'diubah', deletions: { compare: true }, batch: 2 };
    const first = await read(settings);
    expect(first.records).toHaveLength(20);
    await admin.query(`DELETE FROM banding WHERE urut IN (3, 4, 5); INSERT INTO banding VALUES ('x', 99, 2)`);
    const running = postgres.read!(settingsOf(settings), first.position, testContext())[Symbol.asyncIterator]();
    const half = await running.next();
    await running.return!();
    expect(half.value.records.map((record: { value: JsonObject; deleted: boolean }) => [record.value, record.deleted])).toEqual([
      [{ nik: '5371013', urut: 3 }, true],
      [{ nik: '5371014', urut: 4 }, true],
    ]);
    const rest = await read(settings, half.value.position);
    expect(rest.records.map((record) => [record.value.urut, record.deleted])).toEqual([
      [5, true],
      [99, undefined],
    ]);
    expect((await read(settings, rest.position)).records).toEqual([]);
  });

  test('deleted keys are found by comparing with what the topic holds', async () => {
    await admin.query(`CREATE TABLE topik (nip char(4), periode int, PRIMARY KEY (nip, periode)); INSERT INTO topik VALUES ('b', 2), ('c', 3)`);
    const held = ['a|1', 'b|2', 'c|3', 'c|4'];
    const keys = (topic: string, after: string | undefined, limit: number) => Promise.resolve(topic === 'uji.topik' ? held.filter((key) => after === undefined || key > after).slice(0, limit) : []);
    const { records } = await drain(postgres, settingsOf({ table: 'topik', deletions: { topic: 'uji.topik' }, batch: 1 }), undefined, testContext({ keys }));
    expect(records.map((record) => [record.value, record.deleted])).toEqual([
      [{ nip: 'a', periode: 1 }, true],
      [{ nip: 'c', periode: 4 }, true],
      [{ nip: 'b', periode: 2 }, undefined],
      [{ nip: 'c', periode: 3 }, undefined],
    ]);
  });

  test('a table that was emptied by mistake deletes nothing', async () => {
    await admin.query(`CREATE TABLE kosongkan (id int PRIMARY KEY); INSERT INTO kosongkan SELECT generate_series(1, 100)`);
    const settings = { table: 'kosongkan', deletions: { compare: true } };
    const { position } = await read(settings);
    await admin.query('TRUNCATE kosongkan');
    await expect(read(settings, position)).rejects.toThrow(/100 dari 100 kunci tabel kosongkan hilang sekaligus/);
    expect((await read({ ...settings, deletions: { compare: true, most: 1 } }, position)).records).toHaveLength(100);
  });

  test('a query only reads', async () => {
    await admin.query(`CREATE TABLE aman (id int PRIMARY KEY); INSERT INTO aman VALUES (1)`);
    await admin.query(`CREATE FUNCTION hapus() RETURNS int LANGUAGE sql AS 'DELETE FROM aman; SELECT 1'`);
    await expect(read({ query: 'SELECT hapus() AS id' })).rejects.toBeInstanceOf(SettingsError);
    expect((await admin.query('SELECT * FROM aman')).rowCount).toBe(1);
    expect((await read({ query: 'SELECT id FROM aman -- catatan\n;', key: 'id' })).records.map((record) => record.value)).toEqual([{ id: 1 }]);
  });

  test('says what is wrong by outcome', async () => {
    await expect(read({ table: 'tiada' })).rejects.toBeInstanceOf(ContractError);
    await expect(read({ table: 'aman', cursor: 'kapan' })).rejects.toThrow(/kolom kapan tidak ada pada aman/);
    await expect(read({ query: 'SELEC 1' })).rejects.toBeInstanceOf(SettingsError);
    await expect(read({ query: 'SELECT 1 AS a, 2 AS a' })).rejects.toThrow(/Kolom "a" ganda/);
    await expect(read({ query: 'SELECT 1 AS "__proto__"' })).rejects.toBeInstanceOf(ContractError);
    await expect(read({ table: 'aman', url: 'postgres://u@127.0.0.1:1/x' })).rejects.toBeInstanceOf(RetriableError);
    await expect(read({ table: 'aman', tls: 'require' })).rejects.toThrow(/settings.tls: .*TLS/);
    const wrong = new URL(url);
    wrong.password = 'salah';
    await expect(read({ table: 'aman', url: wrong.href })).rejects.toBeInstanceOf(CredentialError);
    const missing = new URL(url);
    missing.pathname = '/tidak_ada';
    await expect(read({ table: 'aman', url: missing.href })).rejects.toBeInstanceOf(SettingsError);
  });

  test('two faults that need each other are both named', () => {
    expect(() => settingsOf({ query: 'SELECT 1', table: 'a', cursor: 'b' })).toThrow(/query: pilih salah satu.*\n?.*key: wajib diisi/s);
  });

  test('finds tables with their fields and keys', async () => {
    await admin.query(`CREATE SCHEMA simpeg; CREATE TABLE simpeg.pegawai (nip varchar(18) PRIMARY KEY, gaji numeric(15,2)); COMMENT ON COLUMN simpeg.pegawai.nip IS 'NIP baru'`);
    const found = await postgres.discover!(settingsOf({ table: 'apa_saja' }), testContext());
    expect(found.find((entry) => entry.name === 'simpeg.pegawai')).toEqual({
      name: 'simpeg.pegawai',
      fields: [
        { name: 'nip', type: 'character varying(18)', key: true, description: 'NIP baru' },
        { name: 'gaji', type: 'numeric(15,2)' },
      ],
      settings: { table: 'simpeg.pegawai' },
    });
  });
});
