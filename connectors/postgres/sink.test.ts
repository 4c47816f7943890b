import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { RetriableError } from '../../hub/errors.js';
import type { JsonObject } from '../../hub/record.js';
import { parseSettings } from '../../hub/settings.js';
import { testContext } from '../../test/contract/context.js';
import { testSink } from '../../test/contract/sink.js';
import { testDatabase } from '../../test/database.js';
import { openRole, startGate } from './gate.js';
import { postgres } from './postgres.js';

let url: string;
let admin: pg.Pool;
beforeAll(async () => {
  url = await testDatabase();
  admin = new pg.Pool({ connectionString: url, max: 2 });
  admin.on('error', () => undefined);
});
afterAll(() => admin.end());

let tables = 0;
const nextTable = () => `s${++tables}`;

testSink('postgres', {
  connector: postgres,
  faulty: { settings: { url: 5, table: '', offsets: '', onDelete: 'drop' }, paths: ['settings.url', 'settings.table', 'settings.offsets', 'settings.onDelete'] },
  async open() {
    const table = nextTable();
    await admin.query(`CREATE TABLE ${table} (kunci text PRIMARY KEY, jumlah int, tanggal date)`);
    const { gate, role, overload } = await openRole(admin, url, table);
    return {
      settings: { url: gate.url, table, offsets: `offset_${table}` },
      value: (n) => ({ kunci: `k${n}`, jumlah: n, tanggal: '2026-11-24' }),
      bad: (n) => ({ kunci: `k${n}`, jumlah: 'dua puluh', tanggal: '2026-11-24' }),
      badPath: 'jumlah',
      deletes: true,
      async stored() {
        const { rows } = await admin.query<{ kunci: string }>(`SELECT kunci FROM ${table} ORDER BY length(kunci), kunci`);
        return rows.map((row) => row.kunci);
      },
      refuse: () => admin.query(`REVOKE ALL ON ${table} FROM ${role}`).then(() => undefined),
      overload,
      stall: async () => gate.stall(),
      breakOff: async () => gate.breakAfter(100),
      close: gate.close,
    };
  },
});

const settingsOf = (raw: JsonObject) => parseSettings(postgres.settings, { url, ...raw });

describe('postgres sink', () => {
  const batch = (values: (JsonObject | null)[], from = 0, keys: string[] = []) => ({
    topic: 'uji.sink',
    partition: 0,
    nextOffset: from + values.length,
    records: values.map((value, index) => ({ topic: 'uji.sink', partition: 0, offset: from + index, key: keys[index] ?? '', value, id: String(index), time: 0 })),
  });
  const write = async (raw: JsonObject, values: (JsonObject | null)[], from = 0, keys: string[] = []) => {
    const settings = settingsOf({ offsets: `offset_${String(raw.table)}`, ...raw });
    await postgres.start!(settings, { topic: 'uji.sink', partition: 0 }, testContext());
    return postgres.write!(settings, batch(values, from, keys), testContext());
  };

  test('partitions that start at the same moment share the offset table that the first of them makes', async () => {
    const table = nextTable();
    await admin.query(`CREATE TABLE ${table} (kunci text PRIMARY KEY)`);
    for (let round = 0; round < 20; round++) {
      const settings = settingsOf({ table, offsets: `bersama_${table}_${round}` });
      const starts = Array.from({ length: 6 }, (_, partition) => postgres.start!(settings, { topic: 'uji.sink', partition }, testContext()));
      expect(await Promise.all(starts)).toEqual([undefined, undefined, undefined, undefined, undefined, undefined]);
    }
  });

  test('writes every type from its plain text', async () => {
    await admin.query(`CREATE TABLE sasaran (nip text, periode text, gaji numeric(15,2), lahir date, diubah timestamptz, aktif bool, rincian jsonb, label text[], kode char(5), PRIMARY KEY (nip, periode))`);
    await write({ table: 'sasaran' }, [
      { nip: '1', periode: '2026-01', gaji: '4200000.00', lahir: '1985-03-09', diubah: '2026-11-24T01:02:03.000Z', aktif: true, rincian: { a: 'x"y' }, label: ['a,b', '{"c"}', null], kode: 'A1' },
      { nip: '2', periode: '2026-01', gaji: null, lahir: null, diubah: null, aktif: false, rincian: 'teks', label: [], kode: null },
    ]);
    const { rows } = await admin.query(`SELECT nip, gaji::text, lahir::text, diubah = '2026-11-24 09:02:03+08' AS tepat, aktif, rincian, label, kode::text FROM sasaran ORDER BY nip`);
    expect(rows).toEqual([
      { nip: '1', gaji: '4200000.00', lahir: '1985-03-09', tepat: true, aktif: true, rincian: { a: 'x"y' }, label: ['a,b', '{"c"}', null], kode: 'A1' },
      { nip: '2', gaji: null, lahir: null, tepat: null, aktif: false, rincian: 'teks', label: [], kode: null },
    ]);
    await write({ table: 'sasaran' }, [null], 2, ['1|2026-01']);
    expect((await admin.query('SELECT nip FROM sasaran')).rows).toEqual([{ nip: '2' }]);
  });

  test('fields that a record does not carry stay as they are, whatever else is in the batch', async () => {
    await admin.query(`CREATE TABLE sebagian (id text PRIMARY KEY, a text, b text)`);
    await write({ table: 'sebagian' }, [{ id: '1', a: 'a1', b: 'b1' }, { id: '2', a: 'a2', b: 'b2' }]);
    await write({ table: 'sebagian' }, [{ id: '1', a: 'baru' }, { id: '2', b: 'baru' }, { id: '2', a: 'juga' }], 2);
    expect((await admin.query('SELECT * FROM sebagian ORDER BY id')).rows).toEqual([
      { id: '1', a: 'baru', b: 'b1' },
      { id: '2', a: 'juga', b: 'baru' },
    ]);
  });

  test('refusals name field and reason without the value', async () => {
    await admin.query(`CREATE TABLE ketat (id text PRIMARY KEY, nama varchar(5) NOT NULL, umur int CHECK (umur > 0), lahir date)`);
    const receipts = await write({ table: 'ketat' }, [
      { id: '1', nama: 'terlalu panjang', umur: 1, lahir: null },
      { id: '2', nama: null, umur: 1, lahir: null },
      { id: '3', nama: 'Ina', umur: 0, lahir: null },
      { id: '4', nama: 'Ina', umur: 1, lahir: '31-31-2026' },
      { id: '5', nama: 'a\u0000b', umur: 1, lahir: null },
      { id: '6', nama: 'Ina', umur: 1, lahir: null },
    ]);
    expect(receipts.map((receipt) => (receipt.outcome === 'rejected' ? receipt.faults.map((fault) => `${fault.path}: ${fault.message}`) : 'ok'))).toEqual([
      ['nama: terlalu panjang untuk kolom tujuan'],
      ['nama: wajib diisi di tujuan'],
      [': melanggar aturan tabel tujuan (ketat_umur_check)'],
      ['lahir: tanggal atau waktu di luar batas'],
      ['nama: memuat huruf yang tidak dapat disimpan'],
      'ok',
    ]);
    expect(await admin.query('SELECT id FROM ketat').then(({ rows }) => rows)).toEqual([{ id: '6' }]);
  });

  test('a large batch is copied, with every character as it was, and its bad records are found', async () => {
    await admin.query(`CREATE TABLE besar (id text PRIMARY KEY, nama text, umur int, label text[], rincian jsonb)`);
    const values = Array.from({ length: 1000 }, (_, i): JsonObject => ({ id: String(i), nama: `a\tb\nc\\${i}\r"`, umur: i === 700 ? 'banyak' : i, label: ['x\ty', '\\'], rincian: { a: 'b\\n' } }));
    const receipts = await write({ table: 'besar' }, values);
    expect(receipts.map((receipt, index) => (receipt.outcome === 'rejected' ? index : -1)).filter((index) => index >= 0)).toEqual([700]);
    await write({ table: 'besar' }, values.slice(0, 500).map((value) => ({ ...value, umur: null })), 1000);
    const { rows } = await admin.query(`SELECT count(*)::int AS n, count(umur)::int AS umur FROM besar`);
    expect(rows).toEqual([{ n: 999, umur: 499 }]);
    expect((await admin.query(`SELECT nama, label, rincian FROM besar WHERE id = '7'`)).rows).toEqual([{ nama: 'a\tb\nc\\7\r"', label: ['x\ty', '\\'], rincian: { a: 'b\\n' } }]);
  });

  test('a commit whose answer was lost is not repeated, and its rejections are answered again', async () => {
    await admin.query(`CREATE TABLE hilang (id text PRIMARY KEY, n int)`);
    const gate = await startGate(url);
    const settings = settingsOf({ url: gate.url, table: 'hilang', offsets: 'offset_hilang' });
    await postgres.start!(settings, { topic: 'uji.sink', partition: 0 }, testContext());
    const values = [{ id: 'a', n: 1 }, { id: 'b', n: 'x' }];
    gate.swallowCommit();
    await expect(postgres.write!(settings, batch(values), testContext())).rejects.toBeInstanceOf(RetriableError);
    await admin.query(`UPDATE hilang SET n = 100`);
    const again = await postgres.write!(settings, batch(values), testContext());
    expect(again.map((receipt) => receipt.outcome)).toEqual(['delivered', 'rejected']);
    expect((await admin.query('SELECT * FROM hilang')).rows).toEqual([{ id: 'a', n: 100 }]);
    await gate.close();
  });

  test('a hub that still holds an older batch writes nothing', async () => {
    await admin.query(`CREATE TABLE rebut (id text PRIMARY KEY, n int)`);
    const [mine, theirs] = await Promise.all([write({ table: 'rebut' }, [{ id: 'a', n: 1 }, { id: 'b', n: 2 }]), write({ table: 'rebut' }, [{ id: 'a', n: 1 }])]);
    await write({ table: 'rebut' }, [{ id: 'a', n: 9 }], 2);
    await write({ table: 'rebut' }, [{ id: 'a', n: 1 }, { id: 'b', n: 2 }]);
    expect((await admin.query('SELECT id, n FROM rebut ORDER BY id')).rows).toEqual([
      { id: 'a', n: 9 },
      { id: 'b', n: 2 },
    ]);
    expect([mine.length, theirs.length]).toEqual([2, 1]);
  });

  test('a target restored from an older backup says where it stands', async () => {
    await admin.query(`CREATE TABLE pulih (id text PRIMARY KEY)`);
    await write({ table: 'pulih' }, [{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
    await admin.query(`DELETE FROM pulih WHERE id = 'c'; UPDATE offset_pulih SET next_offset = 2`);
    expect(await postgres.start!(settingsOf({ table: 'pulih', offsets: 'offset_pulih' }), { topic: 'uji.sink', partition: 0 }, testContext())).toBe(2);
  });

  test('a missing column or unique key is a ContractError', async () => {
    await admin.query(`CREATE TABLE cacat (id text, nama text)`);
    await expect(write({ table: 'cacat', key: 'id' }, [{ id: '1' }])).rejects.toThrow(/tidak punya kunci unik untuk kolom id/);
    await admin.query('ALTER TABLE cacat ADD PRIMARY KEY (id)');
    await expect(write({ table: 'cacat' }, [{ id: '1', alamat: 'x' }])).rejects.toThrow(/kolom alamat tidak ada pada tabel cacat/);
    await admin.query('ALTER TABLE cacat ADD alamat text');
    expect(await write({ table: 'cacat' }, [{ id: '1', alamat: 'x' }])).toEqual([{ outcome: 'delivered' }]);
  });
});
