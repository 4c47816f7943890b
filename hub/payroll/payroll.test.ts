import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { testDatabase } from '../../test/database.js';
import { until } from '../../test/until.js';
import { closingRecord } from '../cases/cases.js';
import { joinContracts, type Registered, topicSpec } from '../contracts.js';
import { type Database, migrate, openPool } from '../database/database.js';
import { type Latest, openLatest } from '../latest/latest.js';
import { CASE_TOPIC, type Log, type Writer } from '../log/log.js';
import { partitionOf } from '../log/partitioner.js';
import { openPostgresLog } from '../log/postgres.js';
import type { JsonObject, Rejection } from '../record.js';
import { loadReferences, type References } from '../pipeline/codes.js';
import { decoder } from '../registry/codec.js';
import { openRegistry, type Registry } from '../registry/registry.js';
import { openPayroll, PAYROLL_TOPICS, type Payroll, type PayrollContracts } from './payroll.js';

/** Synthetic employees. BKN knows all but the last. */
const [ANA, BUDI, CITRA, DEWI, UNKNOWN] = ['197001011995031001', '197102021996032002', '197203031997033003', '197304041998034004', '198001012005011009'] as const;
const NIK: Readonly<Record<string, string>> = { [ANA]: '5371010101700001', [BUDI]: '5371010202710002', [CITRA]: '5371010303720003', [DEWI]: '5371010404730004', [UNKNOWN]: '5371010101800009' };
const FILE = 'gaji-2026-11.csv';
const FIRST = 'a'.repeat(32);
const SECOND = 'b'.repeat(32);

let url: string;
let database: Database;
let log: Log;
let registry: Registry;
let references: References | undefined;
let contracts: PayrollContracts;
let writer: Writer;
let hubs: Hub[];
let warnings: string[];
let moment: number;
let count: number;

beforeEach(async () => {
  url = await testDatabase();
  await migrate(url);
  database = openPool(url);
  log = await openPostgresLog({ database, url });
  registry = await openRegistry(database);
  references ??= await loadReferences('config/reference');
  const known = new Map<string, Registered>();
  for (const topic of PAYROLL_TOPICS) {
    await registry.register(`${topic}-value`, readFileSync(`schemas/${topic.replace('.', '/')}.avsc`, 'utf8'));
    const registered = await registry.contractOf(topic);
    known.set(topic, registered);
    await log.ensureTopic(topicSpec(registered.contract));
  }
  contracts = joinContracts((topic) => known.get(topic), references, decoder((id) => registry.byId(id)), () => new Date());
  writer = await log.writer('uji');
  hubs = [];
  warnings = [];
  moment = Date.parse('2026-11-02T01:00:00.000Z');
  count = 0;
  await put('kepegawaian.asn', ...[ANA, BUDI, CITRA, DEWI].map((nip) => ({ nip, id_pns: `pns-${nip}`, nama: 'UJI', tanggal_lahir: '1970-01-01', jenis_kelamin: '1', tmt_pensiun: '2040-01-01' })));
});

afterEach(async () => {
  await Promise.all(hubs.map(({ stop }) => stop()));
  await registry.close();
  await log.close();
  await database.end();
});

interface Hub {
  readonly payroll: Payroll;
  readonly latest: Latest;
  stop(): Promise<void>;
}

/** A hub of its own on the same database; `topics` are those whose latest records it keeps up to date. */
async function hub({ officer = 'Rina Uji', topics = PAYROLL_TOPICS }: { officer?: string; topics?: readonly string[] } = {}): Promise<Hub> {
  const pool = openPool(url);
  const ownLog = await openPostgresLog({ database: pool, url });
  const latest = openLatest({ database: pool, log: ownLog });
  const logger = { debug() {}, info() {}, error() {}, warn: (_: object, said: string) => void warnings.push(said) };
  const payroll = openPayroll({ log: ownLog, latest, contracts, officer, logger, now: () => new Date((moment += 1_000)) });
  const ending = new AbortController();
  const running = [payroll.follow(ending.signal), latest.follow(topics, ending.signal)];
  let stopped: Promise<void> | undefined;
  const opened: Hub = {
    payroll,
    latest,
    stop: () =>
      (stopped ??= (async () => {
        ending.abort(new Error('berhenti'));
        await Promise.all(running);
        await ownLog.close();
        await pool.end();
      })()),
  };
  hubs.push(opened);
  return opened;
}

async function put(topic: string, ...values: readonly JsonObject[]): Promise<void> {
  const contract = contracts.of(topic);
  await log.commit(writer, { records: values.map((value) => ({ topic, key: contract.key(value)!, value: contract.encode(value), id: `e${++count}` })) });
}

function line(nip: string, changed: JsonObject = {}): JsonObject {
  return { nip, nik: NIK[nip]!, periode: '2026-11', jenis_gaji: 'INDUK', nama: 'UJI', gaji_pokok: '3000000.00', kotor: '3000000.00', potongan: '0.00', bersih: '3000000.00', kode_skpd: '1.01', rekening: '0010000001', ...changed };
}

/** Rows of a payroll file as the file connector commits them; `bad` are rows that became cases. */
async function deliver(lines: readonly JsonObject[], { file = FILE, hash = FIRST, rows = lines.length, from = 1, bad = [] }: { file?: string; hash?: string; rows?: number; from?: number; bad?: readonly Rejection[] } = {}): Promise<void> {
  const contract = contracts.of('keuangan.gaji');
  const values = lines.map((one): JsonObject => ({ ...one, berkas: file, jumlah_baris: rows }));
  await log.commit(writer, { records: values.map((value, n) => ({ topic: 'keuangan.gaji', key: contract.key(value)!, value: contract.encode(value), id: `${hash}::${from + n}` })), rejections: bad });
}

function rejected(row: number, { rows, hash = FIRST }: { rows: number; hash?: string }): Rejection {
  return { id: `kasus-${row}`, instance: 'bkd-gaji', owner: 'bkd', topic: 'keuangan.gaji', payload: { NIP: '1', _berkas: FILE, _jumlah_baris: rows }, faults: [], origin: `${FILE}, baris ${row}`, position: { file: FILE, hash: hash + hash, rows, finished: true }, time: 1 };
}

const death = (id: string, nip: string, date: string, changed: JsonObject = {}): Promise<void> => put('kependudukan.peristiwa', { id_peristiwa: id, jenis: 'MATI', nik: NIK[nip]!, tanggal_peristiwa: date, ...changed });
const warrant = (changed: JsonObject = {}): Promise<void> =>
  put('keuangan.sp2d', { nomor_sp2d: 'S1', tanggal_sp2d: '2026-11-03', nilai_sp2d: '6000000.00', jenis_ls: 'gaji', kode_skpd: '1.01', bulan_gaji: 11, tahun_gaji: 2026, ...changed });

/** Until the check has dealt with all that the log holds, and what it found can be read. */
async function settled({ latest }: Hub): Promise<void> {
  await until(async () => {
    const { rows } = await database.query<{ position: string }>(`SELECT position FROM log_position WHERE name = '_payroll'`);
    const { offsets = {} } = JSON.parse(rows[0]?.position ?? '{}') as { offsets?: Record<string, number> };
    for (const topic of ['keuangan.gaji', CASE_TOPIC, 'kependudukan.peristiwa']) {
      for (const { partition, start, end } of await log.offsets(topic)) if (end > start && (offsets[`${topic}/${partition}`] ?? 0) < end) return false;
    }
    return latest.reached(PAYROLL_TOPICS);
  });
}

/** Findings as the officer sees them: whose line, which rule, decided how. */
async function seen({ payroll }: Hub): Promise<string[]> {
  return (await payroll.findings()).map(({ nip, jenis_gaji, aturan, keputusan }) => `${String(nip)} ${String(jenis_gaji)} ${String(aturan)} ${String(keputusan)}`).sort();
}

/** Every version of every finding, in the order in which they were written. */
async function versions(): Promise<JsonObject[]> {
  const found: { time: number; value: JsonObject }[] = [];
  for (const { partition, start, end } of await log.offsets('keuangan.temuan_gaji')) {
    const { records } = await log.read('keuangan.temuan_gaji', partition, start, end - start + 1);
    await contracts.prepare(records.map(({ value }) => value!));
    for (const record of records) found.push({ time: record.time, value: contracts.decode(record.value!) });
  }
  return found.sort((a, b) => a.time - b.time).map(({ value }) => value);
}

const idOf = async ({ payroll }: Hub, nip: string): Promise<string> => String((await payroll.findings()).find((one) => one.nip === nip)!.id_temuan);

describe('a batch is checked once it is complete', () => {
  test('not after two pieces of three, but after the third', async () => {
    const one = await hub();
    await deliver([line(UNKNOWN)], { rows: 3 });
    await deliver([line(ANA)], { rows: 3, from: 2 });
    await settled(one);
    expect(await seen(one)).toEqual([]);
    await deliver([line(BUDI)], { rows: 3, from: 3 });
    await settled(one);
    expect(await seen(one)).toEqual([`${UNKNOWN} INDUK TIDAK_ADA_DI_BKN MENUNGGU`]);
    expect((await one.payroll.findings())[0]).toMatchObject({ petugas: 'Rina Uji', berkas: FILE, nilai: '3000000.00', uraian: 'NIP pada daftar gaji tidak ada di data BKN' });
  });

  test('a line that became a case counts, its end does not, and its mended line is checked when it comes', async () => {
    const one = await hub();
    const bad = rejected(3, { rows: 3 });
    await deliver([line(UNKNOWN)], { rows: 3, bad: [bad] });
    await log.commit(writer, { records: [closingRecord({ ...bad, state: 'open', openedAt: 1, seen: 1 }, { state: 'replayed', because: 'person', time: 2 })] });
    await settled(one);
    expect(await seen(one)).toEqual([]);
    await deliver([line(ANA)], { rows: 3, from: 2 });
    await settled(one);
    expect(await seen(one)).toEqual([`${UNKNOWN} INDUK TIDAK_ADA_DI_BKN MENUNGGU`]);

    await death('p1', BUDI, '2026-10-20');
    await settled(one);
    const mended = { ...line(BUDI), berkas: FILE, jumlah_baris: 3 };
    await log.commit(writer, { records: [{ topic: 'keuangan.gaji', key: `${BUDI}|2026-11|INDUK`, value: contracts.of('keuangan.gaji').encode(mended), id: 'kasus:kasus-3:1' }] });
    await settled(one);
    expect(await seen(one)).toEqual([`${BUDI} INDUK MENINGGAL_BUKAN_TERUSAN MENUNGGU`, `${UNKNOWN} INDUK TIDAK_ADA_DI_BKN MENUNGGU`]);
  });

  test('only when the latest records have reached what the sources hold', async () => {
    await death('p1', ANA, '2026-10-20');
    const one = await hub({ topics: PAYROLL_TOPICS.filter((topic) => topic !== 'kependudukan.peristiwa') });
    await deliver([line(UNKNOWN), line(ANA)]);
    await until(() => one.latest.reached(['keuangan.gaji', 'kepegawaian.asn']));
    expect(await versions()).toEqual([]);
    const ending = new AbortController();
    const following = one.latest.follow(['kependudukan.peristiwa'], ending.signal);
    await settled(one);
    expect(await seen(one)).toEqual([`${ANA} INDUK MENINGGAL_BUKAN_TERUSAN MENUNGGU`, `${UNKNOWN} INDUK TIDAK_ADA_DI_BKN MENUNGGU`]);
    ending.abort();
    await following;
  });
});

test('bytes that are no record, written past the hub, do not stop the check', async () => {
  const one = await hub();
  const poison = Buffer.from(contracts.of('keuangan.gaji').encode({ ...line(ANA), berkas: FILE, jumlah_baris: 1 }).subarray(0, 20));
  await log.commit(writer, { records: ['keuangan.gaji', 'kependudukan.peristiwa'].map((topic) => ({ topic, key: 'racun', value: poison, id: `racun-${topic}` })) });
  await deliver([line(UNKNOWN)]);
  await settled(one);
  expect(await seen(one)).toEqual([`${UNKNOWN} INDUK TIDAK_ADA_DI_BKN MENUNGGU`]);
  expect(warnings).toHaveLength(2);
});

describe('a restart loses and repeats nothing', () => {
  test('between arrival and check', async () => {
    const before = await hub();
    await deliver([line(UNKNOWN), line(ANA)], { rows: 4 });
    await settled(before);
    await before.stop();
    // In the partition of the first line: were that read again, it would be counted again, and the file be complete.
    const partition = (one: JsonObject): number => partitionOf(contracts.of('keuangan.gaji').key(one)!, 3);
    const third = ['INDUK', 'SUSULAN', 'KEKURANGAN', 'GAJI_13', 'THR'].map((jenis_gaji) => line(BUDI, { jenis_gaji })).find((one) => partition(one) === partition(line(UNKNOWN)))!;
    await deliver([third], { rows: 4, from: 3 });
    const after = await hub();
    await settled(after);
    expect(await seen(after)).toEqual([]);
    await deliver([line(CITRA)], { rows: 4, from: 4 });
    await settled(after);
    expect(await seen(after)).toEqual([`${UNKNOWN} INDUK TIDAK_ADA_DI_BKN MENUNGGU`]);
    expect(await versions()).toHaveLength(1);
    expect(warnings).toEqual([]);
  });

  test('while the check waits', async () => {
    const before = await hub({ topics: [] });
    await deliver([line(UNKNOWN)]);
    // The reader of the payroll is there: it waits, since nobody keeps the latest records up to date.
    await until(async () => (await database.query(`SELECT FROM lease WHERE name = '_payroll'`)).rowCount === 1);
    await before.stop();
    expect(await versions()).toEqual([]);
    const after = await hub();
    await settled(after);
    expect(await versions()).toHaveLength(1);
  });

  test('between check and decision', async () => {
    const before = await hub();
    await deliver([line(UNKNOWN)]);
    await settled(before);
    await before.stop();
    const after = await hub();
    await settled(after);
    await after.payroll.decide(await idOf(after, UNKNOWN), { keputusan: 'DITAHAN', alasan: 'Menunggu BKN' });
    await settled(after);
    expect(await seen(after)).toEqual([`${UNKNOWN} INDUK TIDAK_ADA_DI_BKN DITAHAN`]);
    expect((await versions()).map(({ keputusan }) => keputusan)).toEqual(['MENUNGGU', 'DITAHAN']);
  });
});

describe('a corrected file under the same name', () => {
  test('is checked when all of it is there: what is the same stands, what changed is asked again, what is mended lapses', async () => {
    await put('keuangan.status_bayar', ...[BUDI, CITRA].map((nip, n): JsonObject => ({ id_batch: 'B1', nomor_urut: n + 1, nip, rekening: '0010000001', status: 'BERHASIL', waktu: '2026-10-02T00:00:00.000Z' })));
    await death('p1', ANA, '2026-10-20');
    const one = await hub();
    await deliver([line(UNKNOWN), line(ANA), line(BUDI, { rekening: '0019999991' }), line(CITRA, { rekening: '0019999992' })]);
    await settled(one);
    for (const [nip, keputusan] of [[UNKNOWN, 'DILEPAS'], [ANA, 'DITAHAN'], [BUDI, 'DILEPAS'], [CITRA, 'DILEPAS']] as const) await one.payroll.decide(await idOf(one, nip), { keputusan, alasan: `Alasan ${keputusan}` });
    await settled(one);

    const corrected = [line(UNKNOWN), line(ANA, { jenis_gaji: 'TERUSAN' }), line(BUDI, { rekening: '0019999993' }), line(CITRA)];
    await deliver(corrected.slice(0, 3), { rows: 4, hash: SECOND });
    await settled(one);
    expect((await seen(one)).filter((sentence) => sentence.endsWith('MENUNGGU'))).toEqual([]);
    await deliver(corrected.slice(3), { rows: 4, hash: SECOND, from: 4 });
    await settled(one);
    expect(await seen(one)).toEqual([
      `${ANA} INDUK MENINGGAL_BUKAN_TERUSAN GUGUR`,
      `${BUDI} INDUK REKENING_BERUBAH MENUNGGU`,
      `${CITRA} INDUK REKENING_BERUBAH GUGUR`,
      `${UNKNOWN} INDUK TIDAK_ADA_DI_BKN DILEPAS`,
    ]);
    const [asked, kept, ...lapsed] = await one.payroll.findings();
    expect(asked).toMatchObject({ nip: BUDI, alasan: null, diputuskan: null });
    expect(kept).toMatchObject({ nip: UNKNOWN, alasan: 'Alasan DILEPAS' });
    expect(lapsed.map(({ alasan }) => alasan)).toEqual(['Tidak ada lagi pada pemeriksaan ulang; sebelumnya ditahan: Alasan DITAHAN', 'Tidak ada lagi pada pemeriksaan ulang; sebelumnya dilepas: Alasan DILEPAS']);
    await expect(one.payroll.decide(String(lapsed[0]!.id_temuan), { keputusan: 'DILEPAS', alasan: 'Tidak apa' })).rejects.toThrow('Temuan ini sudah gugur');
  });

  test('a higher amount on a released line is asked again', async () => {
    const one = await hub();
    await deliver([line(UNKNOWN)]);
    await settled(one);
    await one.payroll.decide(await idOf(one, UNKNOWN), { keputusan: 'DILEPAS', alasan: 'Pegawai baru' });
    await deliver([line(UNKNOWN, { bersih: '9000000.00' })], { hash: SECOND });
    await settled(one);
    expect((await one.payroll.findings())[0]).toMatchObject({ keputusan: 'MENUNGGU', nilai: '9000000.00', alasan: null, ditemukan: (await versions())[0]!.ditemukan });
  });

  test('gaji induk and terusan for one person in one sending are both looked at', async () => {
    await death('p1', ANA, '2026-10-20');
    const one = await hub();
    await deliver([line(ANA), line(ANA, { jenis_gaji: 'TERUSAN' })]);
    await settled(one);
    expect(await seen(one)).toEqual([`${ANA} INDUK MENINGGAL_BUKAN_TERUSAN MENUNGGU`]);
  });

  test('a bad row that is still the same opens no second case, and the file is complete without it', async () => {
    const one = await hub();
    await deliver([line(ANA)], { rows: 3, bad: [rejected(2, { rows: 3 }), rejected(3, { rows: 3 })] });
    await settled(one);
    await deliver([line(ANA), line(UNKNOWN)], { rows: 3, hash: SECOND });
    await settled(one);
    expect(await seen(one)).toEqual([`${UNKNOWN} INDUK TIDAK_ADA_DI_BKN MENUNGGU`]);
  });

  test('two sendings that came while no hub was running are counted apart', async () => {
    await deliver([line(ANA), line(BUDI), line(CITRA)], { rows: 4 });
    await deliver([line(ANA), line(BUDI), line(UNKNOWN)], { rows: 4, hash: SECOND });
    const one = await hub();
    await settled(one);
    expect(await seen(one)).toEqual([]);
    await deliver([line(DEWI)], { rows: 4, hash: SECOND, from: 4 });
    await settled(one);
    expect(await seen(one)).toEqual([`${UNKNOWN} INDUK TIDAK_ADA_DI_BKN MENUNGGU`]);
  });
});

describe('a death that becomes known after the check', () => {
  test('is a finding until the SP2D is out, and changes nothing afterwards', async () => {
    const one = await hub();
    await deliver([line(ANA), line(BUDI), line(CITRA, { kode_skpd: '1.02' }), line(DEWI, { kode_skpd: '1.03', bersih: '2000000.00' })]);
    await settled(one);
    await death('p1', ANA, '2026-10-20');
    await settled(one);
    expect(await seen(one)).toEqual([`${ANA} INDUK MENINGGAL_BUKAN_TERUSAN MENUNGGU`]);

    await warrant();
    // For whom the money of another office is, the payment order says.
    await warrant({ nomor_sp2d: 'S2', kode_skpd: '5.02' });
    await put('keuangan.perintah_bayar', { id_batch: 'B1', nomor_urut: 1, jenis: 'BARIS', nomor_sp2d: 'S2', nip: DEWI, jumlah: '2000000.00' });
    await death('p2', BUDI, '2026-10-21');
    await death('p3', DEWI, '2026-10-21');
    await death('p4', CITRA, '2026-10-22');
    await settled(one);
    expect(await seen(one)).toEqual([`${ANA} INDUK MENINGGAL_BUKAN_TERUSAN MENUNGGU`, `${CITRA} INDUK MENINGGAL_BUKAN_TERUSAN MENUNGGU`]);
  });

  test('an SP2D that was cancelled, of another month or of another kind pays nothing', async () => {
    const one = await hub();
    await deliver([line(ANA)]);
    await settled(one);
    await warrant({ dihapus: '2026-11-04T00:00:00.000Z' });
    await warrant({ nomor_sp2d: 'S2', bulan_gaji: 10 });
    await warrant({ nomor_sp2d: 'S3', jenis_ls: 'barang dan jasa' });
    await death('p1', ANA, '2026-10-20');
    await settled(one);
    expect(await seen(one)).toEqual([`${ANA} INDUK MENINGGAL_BUKAN_TERUSAN MENUNGGU`]);
  });

  test('was told of the wrong person: the finding moves to the right one', async () => {
    const one = await hub();
    await deliver([line(ANA), line(BUDI)]);
    await settled(one);
    await death('p1', ANA, '2026-10-20');
    await settled(one);
    await death('p1', BUDI, '2026-10-20');
    await settled(one);
    expect(await seen(one)).toEqual([`${ANA} INDUK MENINGGAL_BUKAN_TERUSAN GUGUR`, `${BUDI} INDUK MENINGGAL_BUKAN_TERUSAN MENUNGGU`]);
  });
});

describe('several hubs', () => {
  test('find each thing once, and one goes on where another stopped', async () => {
    const [one, two] = [await hub(), await hub()];
    await deliver([line(UNKNOWN), line(ANA), line(BUDI)], { rows: 4 });
    await death('p1', ANA, '2026-10-20');
    await deliver([line(CITRA)], { rows: 4, from: 4 });
    await settled(two);
    expect(await versions()).toHaveLength(2);
    await one.stop();
    await deliver([line(UNKNOWN, { periode: '2026-12' })], { file: 'gaji-2026-12.csv', hash: SECOND });
    await settled(two);
    expect((await versions()).map(({ periode, aturan }) => `${String(periode)} ${String(aturan)}`).sort()).toEqual(['2026-11 MENINGGAL_BUKAN_TERUSAN', '2026-11 TIDAK_ADA_DI_BKN', '2026-12 TIDAK_ADA_DI_BKN']);
  });

  test('one whose right to write was taken comes back', async () => {
    const one = await hub();
    await deliver([line(ANA)], { file: 'gaji-2026-10.csv' });
    await settled(one);
    await (await log.writer('_payroll', { takeOver: true })).close();
    await deliver([line(UNKNOWN)], { hash: SECOND });
    await settled(one);
    expect(await seen(one)).toEqual([`${UNKNOWN} INDUK TIDAK_ADA_DI_BKN MENUNGGU`]);
    expect(warnings).toEqual([expect.stringContaining('Pemeriksaan gaji dimulai ulang')]);
  });
});

test('a decision needs a reason and somebody who answers for it', async () => {
  const one = await hub({ officer: ' ' });
  await deliver([line(UNKNOWN)]);
  await settled(one);
  const id = await idOf(one, UNKNOWN);
  await expect(one.payroll.decide(id, { keputusan: 'DITAHAN', alasan: '  ', petugas: 'Rina Uji' })).rejects.toThrow('alasan: setiap keputusan perlu alasan tertulis');
  await expect(one.payroll.decide(id, { keputusan: 'DITAHAN', alasan: 'Menunggu BKN' })).rejects.toThrow('petugas: setiap keputusan perlu nama petugas yang bertanggung jawab');
  expect(await one.payroll.decide('tidak-ada', { keputusan: 'DITAHAN', alasan: 'Menunggu BKN', petugas: 'Rina Uji' })).toBeUndefined();
  await one.payroll.decide(id, { keputusan: 'DITAHAN', alasan: ' Menunggu BKN ', petugas: 'Rina Uji' });
  expect(await one.payroll.decide(id, { keputusan: 'DILEPAS', alasan: 'BKN sudah mencatat', petugas: 'Budi Uji' })).toMatchObject({ keputusan: 'DILEPAS', alasan: 'BKN sudah mencatat', petugas: 'Budi Uji' });
  expect((await versions()).map(({ keputusan, alasan, petugas }) => [keputusan, alasan, petugas])).toEqual([['MENUNGGU', null, ' '], ['DITAHAN', 'Menunggu BKN', 'Rina Uji'], ['DILEPAS', 'BKN sudah mencatat', 'Budi Uji']]);
});

test('a decision is on the finding as it is now, also when the latest records are behind', async () => {
  const one = await hub();
  await deliver([line(UNKNOWN)]);
  await settled(one);
  const [finding] = await one.payroll.findings();
  await one.stop();
  const two = await hub({ topics: [] });
  await put('keuangan.temuan_gaji', { ...finding!, nilai: '9000000.00' });
  const deciding = two.payroll.decide(String(finding!.id_temuan), { keputusan: 'DILEPAS', alasan: 'Pegawai baru' });
  const ending = new AbortController();
  const following = two.latest.follow(['keuangan.temuan_gaji'], ending.signal);
  expect(await deciding).toMatchObject({ keputusan: 'DILEPAS', nilai: '9000000.00' });
  ending.abort();
  await following;
});
