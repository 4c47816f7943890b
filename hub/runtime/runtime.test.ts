import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { createTestClock, type TestClock } from '../../test/clock.js';
import { testDatabase } from '../../test/database.js';
import { createMovingClock } from '../../test/stories/moving-clock.js';
import { openCases } from '../cases/cases.js';
import type { Connector, SinkBatch } from '../connector.js';
import { joinContracts } from '../contracts.js';
import { migrate, openPool } from '../database/database.js';
import { ContractError, CredentialError, RetriableError } from '../errors.js';
import { openLatest } from '../latest/latest.js';
import type { Log } from '../log/log.js';
import { openPostgresLog } from '../log/postgres.js';
import type { Fault, Json, JsonObject, SinkRecord, SourceRecord } from '../record.js';
import { decoder } from '../registry/codec.js';
import { openRegistry } from '../registry/registry.js';
import { checkInstance } from './instance.js';
import { openRuntime, type Runtime } from './runtime.js';
import type { InstanceStatus } from './instance-status.js';

/** The agency: rows that it holds, and how it behaves. */
interface Agency {
  rows: SourceRecord[];
  failure?: Error;
  /** Rejected rows of each committed batch, by index. */
  readonly committed: number[][];
  readonly received: SinkRecord[];
  readonly partitions: Set<number>;
  /** Never answers, whatever it is told. */
  hangs?: boolean;
  /** Next offset that the agency's own database expects, where it keeps one. */
  start?: number;
  reads: number;
}

const createAgency = (rows: JsonObject[] = []): Agency => ({ rows: rows.map((value, index) => ({ value, origin: `baris ${index + 1}` })), committed: [], received: [], partitions: new Set(), reads: 0 });

const agencies = new Map<string, Agency>();
const settings = z.strictObject({ agency: z.string().meta({ title: 'OPD', description: 'Nama.' }), password: z.string().optional().meta({ title: 'Sandi', description: 'Sandi.', secret: true }) });
type Settings = z.output<typeof settings>;
const agencyOf = ({ agency }: Settings): Agency => {
  const found = agencies.get(agency)!;
  if (found.failure) throw found.failure;
  return found;
};

const daftar: Connector<Settings> = {
  name: 'daftar',
  version: '1',
  summary: 'Daftar.',
  settings,
  check: async (set) => void agencyOf(set),
  async *read(set, position) {
    const agency = agencyOf(set);
    agency.reads++;
    if (agency.hangs) await new Promise(() => undefined);
    for (let at = Number(position ?? 0); at < agency.rows.length; at += 2) {
      const records = agencyOf(set).rows.slice(at, at + 2);
      yield { records, position: at + records.length, committed: async (rejected) => void agency.committed.push([...rejected.keys()]) };
    }
  },
};
/** Reads everything again each time. */
const ulang: Connector<Settings> = {
  ...daftar,
  name: 'ulang',
  async *read(set) {
    const agency = agencyOf(set);
    agency.reads++;
    yield { records: agency.rows, position: 'semua' };
  },
};
const penerima: Connector<Settings> = {
  name: 'penerima',
  version: '1',
  summary: 'Penerima.',
  settings,
  idempotent: 'key',
  check: async (set) => void agencyOf(set),
  async write(set, batch: SinkBatch) {
    const agency = agencyOf(set);
    return batch.records.map((record) => {
      agency.partitions.add(batch.partition);
      if (record.value?.NAMA === 'TOLAK') return { outcome: 'rejected' as const, faults: [{ path: 'NAMA', rule: 'agency', message: 'ditolak OPD', severity: 'reject' as const }] };
      agency.received.push(record);
      return { outcome: 'delivered' as const, reply: { value: { nik: record.key, nama: `terima ${agency.received.length}` } } };
    });
  },
};
const basisdata: Connector<Settings> = { ...penerima, name: 'basisdata', start: async (set) => agencyOf(set).start };
const kotak: Connector<Settings> = {
  name: 'kotak',
  version: '1',
  summary: 'Kotak masuk.',
  settings,
  check: async () => undefined,
  async receive(_, request) {
    if (request.headers.authorization !== 'benar') throw new CredentialError('tanda tangan salah');
    return (JSON.parse(request.body.toString()) as JsonObject[]).map((value) => ({ value, id: String(value.id) }));
  },
};

const contract = (topic: string) =>
  JSON.stringify({
    type: 'record', name: 'Orang', namespace: 'id.go.kupangkota.uji', doc: 'Orang.',
    hub: { topic, key: 'nik', owner: 'pemilik', steward: 'kominfo', classification: 'restricted' },
    fields: [{ name: 'nik', type: 'string', doc: 'NIK' }, { name: 'nama', type: ['null', 'string'], default: null, doc: 'Nama' }],
  });

let url: string;
beforeAll(async () => {
  url = await testDatabase();
  await migrate(url);
});

const hubs = new Set<Hub>();
afterAll(async () => {
  for (const hub of hubs) await hub.close();
});

interface Hub {
  readonly runtime: Runtime;
  readonly log: Log;
  readonly clock: TestClock;
  readonly lines: string[];
  status(name: string): InstanceStatus;
  records(topic: string): Promise<{ key: string; value: Json; id: string }[]>;
  cases(instance: string, state?: 'open' | 'closed'): Promise<{ id: string; origin?: string | undefined; faults: readonly Fault[]; state: string; because?: string | undefined }[]>;
  close(): Promise<void>;
}

async function startHub(options: { clock?: TestClock; wrap?: (log: Log) => Log } = {}): Promise<Hub> {
  const database = openPool(url, 12);
  const real = await openPostgresLog({ database, url });
  const log = options.wrap?.(real) ?? real;
  const registry = await openRegistry(database);
  const topics = new Map<string, Awaited<ReturnType<typeof registry.contractOf>>>();
  for (const topic of ['uji.orang', 'uji.balasan']) {
    await registry.register(`${topic}-value`, contract(topic));
    topics.set(topic, await registry.contractOf(topic));
    await log.ensureTopic({ name: topic, partitions: 2, cleanup: 'compact' });
  }
  const clock = options.clock ?? createTestClock('2026-11-24T00:00:00.000Z');
  const contracts = joinContracts((topic) => topics.get(topic), new Map(), decoder(registry.byId), clock.now);
  const cases = await openCases({ database, log });
  const latest = openLatest({ database, log });
  const following = new AbortController();
  const follow = latest.follow([...topics.keys()], following.signal);
  const lines: string[] = [];
  const note = (_: object, message: string) => void lines.push(message);
  const runtime = openRuntime({
    log, database, cases, contracts, latest, clock,
    connectors: [daftar, ulang, penerima, basisdata, kotak],
    logger: { debug: () => undefined, info: note, warn: note, error: note },
    files: mkdtempSync(join(tmpdir(), 'sasando-runtime-')),
    secrets: { folder: '/nonexistent', env: { SASANDO_SECRET_SANDI: 'sangat-rahasia' } },
  });
  let closing: Promise<void> | undefined;
  const hub: Hub = {
    runtime, log, clock, lines,
    status: (name) => runtime.instances().find((one) => one.name === name)!,
    async records(topic) {
      const all = [];
      for (const { partition, start } of await log.offsets(topic)) {
        const { records } = await log.read(topic, partition, start, 1_000);
        await contracts.prepare(records.map(({ value }) => value));
        all.push(...records.map(({ key, value, id }) => ({ key, id, value: value && contracts.decode(value) })));
      }
      return all.sort((a, b) => (a.key < b.key ? -1 : 1));
    },
    cases: async (instance, state) => (await cases.list({ instance, ...(state && { state }) })).cases.map(({ id, origin, faults, state: is, closing: end }) => ({ id, origin, faults, state: is, because: end?.because })),
    close: () => (closing ??= (async () => {
      await runtime.drain();
      following.abort();
      await follow;
      await registry.close().catch(() => undefined);
      await log.close();
      await database.end();
    })()),
  };
  hubs.add(hub);
  return hub;
}

const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
  for (const began = performance.now(); !(await condition()); ) {
    if (performance.now() - began > 30_000) throw new Error(`waited too long: ${JSON.stringify([...hubs].flatMap((hub) => hub.runtime.instances()), null, 1)}`);
    await new Promise((done) => setTimeout(done, 5));
  }
};

let number = 0;
/** An instance with a name and an agency of its own. */
const declare = (raw: JsonObject, agency: Agency) => {
  const name = `uji-${++number}`;
  agencies.set(name, agency);
  return checkInstance({ name, owner: 'dispenduk', summary: 'Uji.', ...raw, settings: { agency: name, ...(raw.settings as JsonObject) } }, ['daftar', 'ulang', 'penerima', 'basisdata', 'kotak']);
};
const source = (agency: Agency, more: JsonObject = {}, stream: JsonObject = {}) =>
  declare({ connector: 'daftar', every: '10s', streams: [{ topic: 'uji.orang', mapping: { nik: 'NIK', nama: 'NAMA' }, where: "record.NAMA != 'BUANG'", ...stream }], ...more }, agency);
const counts = ({ recordsIn, recordsOut, filtered, cases, written }: InstanceStatus) => ({ recordsIn, recordsOut, filtered, cases, written });
let people = 0;
const person = (nama: string | null = 'ANI') => ({ NIK: `P${String(++people).padStart(4, '0')}`, NAMA: nama });
const broken = () => ({ NIK: null, NAMA: `tanpa NIK ${++people}` });

describe('a source', () => {
  test('everything read is accepted, filtered or a case; the connector hears what was rejected', async () => {
    const hub = await startHub();
    const good = person('BUDI');
    const agency = createAgency([good, person('BUANG'), broken(), person()]);
    const instance = source(agency);
    await hub.runtime.apply([instance]);
    await until(() => hub.status(instance.name).recordsIn === 4 && agency.committed.length === 2);
    expect(hub.status(instance.name)).toMatchObject({ state: 'RUNNING', kind: 'source', owner: 'dispenduk', error: null, reason: null, lastActivity: '2026-11-24T00:00:00.000Z' });
    expect(counts(hub.status(instance.name))).toEqual({ recordsIn: 4, recordsOut: 2, filtered: 1, cases: 1, written: 2 });
    expect(agency.committed).toEqual([[], [0]]);
    expect((await hub.records('uji.orang')).find(({ key }) => key === good.NIK)).toEqual({ key: good.NIK, id: `${instance.name}:0`, value: { nik: good.NIK, nama: 'BUDI' } });
    expect(await hub.cases(instance.name, 'open')).toMatchObject([{ origin: 'baris 3', faults: [{ path: 'nik', severity: 'reject' }] }]);
    expect(await hub.runtime.position(instance.name)).toBe(4);
    await hub.close();
  });

  test('a hub that ends in the middle and another that goes on give every row once', async () => {
    const rows = Array.from({ length: 40 }, () => person('BERLANJUT'));
    const agency = createAgency(rows);
    const instance = source(agency);
    let commits = 0;
    const first = await startHub({ wrap: (log) => ({ ...log, commit: async (writer, batch) => {
      if (++commits === 5) void first.close();
      return log.commit(writer, batch);
    } }) });
    await first.runtime.apply([instance]);
    await until(() => commits >= 5);
    await first.close();
    const second = await startHub();
    await second.runtime.apply([instance]);
    await until(() => second.status(instance.name).recordsIn === 40);
    expect((await second.records('uji.orang')).filter(({ value }) => (value as JsonObject).nama === 'BERLANJUT').map(({ key }) => key)).toEqual(rows.map(({ NIK }) => NIK));
    expect(counts(second.status(instance.name))).toEqual({ recordsIn: 40, recordsOut: 40, filtered: 0, cases: 0, written: 40 });
    await second.close();
  });

  test('when the answer to a commit is lost, it goes on from what the log knows', async () => {
    const rows = Array.from({ length: 10 }, () => person('HILANG'));
    const instance = source(createAgency(rows));
    let commits = 0;
    const hub = await startHub({ wrap: (log) => ({ ...log, commit: async (writer, batch) => {
      const done = writer.name === instance.name && ++commits === 3 ? undefined : await log.commit(writer, batch);
      if (done) {
        if (commits === 2) throw new Error('jawaban hilang');
        return done;
      }
      throw new Error('tidak sampai');
    } }) });
    await hub.runtime.apply([instance]);
    await until(() => hub.status(instance.name).state === 'WAITING');
    expect(hub.status(instance.name).error).toBe('Hasil penyimpanan tidak diketahui (jawaban hilang); dilanjutkan dari posisi yang tersimpan');
    await until(() => {
      hub.clock.advance(1_000);
      return hub.status(instance.name).recordsIn === 10;
    });
    expect((await hub.records('uji.orang')).filter(({ value }) => (value as JsonObject).nama === 'HILANG').map(({ key }) => key)).toEqual(rows.map(({ NIK }) => NIK));
    expect(counts(hub.status(instance.name))).toEqual({ recordsIn: 10, recordsOut: 10, filtered: 0, cases: 0, written: 10 });
    await hub.close();
  });

  test('an agency that is down for an hour is waited for; then nothing is lost or repeated', async () => {
    const hub = await startHub();
    const agency = createAgency([person(), person()]);
    const instance = source(agency);
    await hub.runtime.apply([instance]);
    await until(() => hub.status(instance.name).recordsIn === 2);
    agency.failure = new RetriableError('SIAK tidak menjawab');
    await until(() => {
      hub.clock.advance(10_000);
      return hub.status(instance.name).state === 'WAITING';
    });
    expect(hub.status(instance.name)).toMatchObject({ reason: 'SIAK tidak menjawab', error: 'SIAK tidak menjawab' });
    for (let minute = 0; minute < 60; minute++) {
      hub.clock.advance(60_000);
      await new Promise((done) => setImmediate(done));
    }
    expect(hub.status(instance.name).state).toBe('WAITING');
    agency.rows.push({ value: person() });
    delete agency.failure;
    await until(() => {
      hub.clock.advance(60_000);
      return hub.status(instance.name).state === 'RUNNING' && hub.status(instance.name).recordsIn === 3;
    });
    expect(hub.status(instance.name)).toMatchObject({ error: null, reason: null });
    expect(hub.lines).toEqual([]);
    await hub.close();
  });

  test.each([
    ['refused credentials stop it', new CredentialError('SIAK menolak kata sandi sangat-rahasia.'), 'STOPPED', 'SIAK menolak kata sandi ***. Rahasia yang dipakai: SANDI (di secrets/dispenduk/ atau SASANDO_SECRET_…).'],
    ['data that does not fit as a whole pauses it', new ContractError('Kolom NIK hilang untuk 5371010101900001'), 'PAUSED', 'Kolom NIK hilang untuk ************0001'],
    ['a bug fails it', new TypeError('x is undefined'), 'FAILED', 'x is undefined'],
  ])('%s, and resuming starts it again', async (_, failure, state, reason) => {
    const hub = await startHub();
    const agency = createAgency([person()]);
    agency.failure = failure;
    const instance = source(agency, { settings: { password: '${secret:SANDI}' } });
    await hub.runtime.apply([instance]);
    await until(() => hub.status(instance.name).state === state);
    expect(hub.status(instance.name)).toMatchObject({ reason, error: reason });
    expect(hub.lines).toEqual([`${instance.name} ${state}: ${reason}`]);
    delete agency.failure;
    await hub.runtime.resume(instance.name);
    await until(() => hub.status(instance.name).recordsIn === 1);
    expect(hub.status(instance.name)).toMatchObject({ state: 'RUNNING', error: null });
    await hub.close();
  });

  test('a missing secret stops only the instance that names it', async () => {
    const hub = await startHub();
    const lacking = source(createAgency([person()]), { settings: { password: '${secret:TIDAK_ADA}' } });
    const fine = source(createAgency([person()]));
    await hub.runtime.apply([lacking, fine]);
    await until(() => hub.status(fine.name).recordsIn === 1 && hub.status(lacking.name).state === 'STOPPED');
    expect(hub.status(lacking.name).error).toBe('settings.password: rahasia TIDAK_ADA belum ada; tulis ke berkas secrets/dispenduk/TIDAK_ADA atau ke variabel SASANDO_SECRET_TIDAK_ADA');
    await hub.close();
  });

  test('goes on after the clock was set back an hour', async () => {
    const clock = createMovingClock();
    const agency = createAgency([person()]);
    const hub = await startHub({ clock });
    await hub.runtime.apply([source(agency, { every: '500ms' })]);
    await until(() => agency.reads > 1);
    const { reads } = agency;
    clock.advance(-3_600_000);
    await until(() => agency.reads > reads + 2);
    await hub.close();
  });

  test('runs by its schedule, and once after a downtime in which it missed runs', async () => {
    const clock = createTestClock('2026-11-24T01:30:00.000Z');
    const agency = createAgency();
    const instance = source(agency, { every: undefined as never, schedule: '0 * * * *' });
    const first = await startHub({ clock });
    await first.runtime.apply([instance]);
    await until(() => agency.reads === 1 && first.status(instance.name).nextRun === '2026-11-24T02:00:00.000Z');
    clock.advance(29 * 60_000);
    await first.runtime.exchange();
    expect(agency.reads).toBe(1);
    clock.advance(60_000);
    await until(() => agency.reads === 2 && first.status(instance.name).nextRun === '2026-11-24T03:00:00.000Z');
    await first.close();
    clock.advance(5 * 3_600_000);
    const second = await startHub({ clock });
    await second.runtime.apply([instance]);
    await until(() => agency.reads === 3 && second.status(instance.name).nextRun === '2026-11-24T08:00:00.000Z');
    await second.close();
  });

  test('a pause outlives the hub; the position moves only then', async () => {
    const agency = createAgency([person(), person(), person()]);
    const instance = source(agency);
    const first = await startHub();
    await first.runtime.apply([instance]);
    await until(() => first.status(instance.name).recordsIn === 3);
    await expect(first.runtime.setPosition(instance.name, 1)).rejects.toThrow(/sedang berjalan. Jeda dahulu/);
    await first.runtime.pause(instance.name, 'rina');
    await first.close();
    const second = await startHub();
    await second.runtime.apply([instance]);
    expect(second.status(instance.name)).toMatchObject({ state: 'PAUSED', reason: 'oleh rina', recordsIn: 3, error: null });
    await second.runtime.setPosition(instance.name, 1, 'rina');
    expect(second.lines).toContain(`posisi ${instance.name} dipindahkan oleh rina`);
    expect(await second.runtime.position(instance.name)).toBe(1);
    await second.runtime.resume(instance.name, 'rina');
    await until(() => second.status(instance.name).recordsIn === 5);
    expect(counts(second.status(instance.name))).toEqual({ recordsIn: 5, recordsOut: 5, filtered: 0, cases: 0, written: 5 });
    await second.close();
  });

  test('restart starts what a person paused or stopped and what had to stop by itself, and says who asked', async () => {
    const agency = createAgency([person()]);
    const instance = source(agency);
    const [one, two] = [await startHub(), await startHub()];
    await one.runtime.apply([instance]);
    await until(() => one.status(instance.name).recordsIn === 1);
    for (const rest of ['stop', 'pause'] as const) {
      await one.runtime[rest](instance.name, 'rina');
      agency.rows.push({ value: person() });
      await one.runtime.restart(instance.name, 'yohanis');
      await until(() => one.status(instance.name).state === 'RUNNING' && one.status(instance.name).recordsIn === agency.rows.length);
      expect(one.status(instance.name)).toMatchObject({ reason: null, error: null });
    }
    for (const failure of [new CredentialError('kata sandi ditolak'), new ContractError('kolom hilang'), new TypeError('cacat')]) {
      agency.failure = failure;
      one.runtime.runNow(instance.name);
      await until(() => ['STOPPED', 'PAUSED', 'FAILED'].includes(one.status(instance.name).state));
      delete agency.failure;
      agency.rows.push({ value: person() });
      await one.runtime.restart(instance.name, 'yohanis');
      await until(() => one.status(instance.name).recordsIn === agency.rows.length);
      expect(one.status(instance.name)).toMatchObject({ state: 'RUNNING', error: null });
    }
    // Asked of another hub, once the first has stopped it.
    await one.runtime.stop(instance.name, 'rina');
    await two.runtime.apply([instance]);
    expect(two.status(instance.name)).toMatchObject({ state: 'STOPPED', reason: 'oleh rina' });
    await two.runtime.restart(instance.name, 'yohanis');
    await until(() => two.status(instance.name).state === 'RUNNING');
    await one.runtime.exchange();
    expect(one.status(instance.name).state).toBe('STARTING');
    await expect(one.runtime.restart('tidak-ada')).rejects.toThrow('Tidak ada instans bernama "tidak-ada"');
    await Promise.all([one.close(), two.close()]);
  });

  test('one hub at a time: the other stands by, obeys the same wishes, and takes over', async () => {
    const instance = source(createAgency([person()]));
    const one = await startHub();
    await one.runtime.apply([instance]);
    await until(() => one.status(instance.name).recordsIn === 1);
    const two = await startHub();
    await two.runtime.apply([instance]);
    await until(() => two.status(instance.name).state === 'STANDBY');
    await one.runtime.exchange();
    await two.runtime.exchange();
    expect(two.status(instance.name)).toMatchObject({ recordsIn: 1, recordsOut: 1 });
    await two.runtime.pause(instance.name, 'rina');
    await one.runtime.exchange();
    expect(one.status(instance.name)).toMatchObject({ state: 'PAUSED', reason: 'oleh rina' });
    await two.runtime.resume(instance.name, 'rina');
    await until(() => two.status(instance.name).state === 'RUNNING');
    await one.close();
    await two.close();
  });
});

describe('the supervisor', () => {
  test('what should have run long ago but did not is not shown as running', async () => {
    const hub = await startHub();
    const agency = createAgency([person()]);
    const instance = source(agency);
    await hub.runtime.apply([instance]);
    await until(() => hub.status(instance.name).nextRun === '2026-11-24T00:00:10.000Z');
    agency.hangs = true;
    hub.clock.advance(10_000);
    await until(() => agency.reads === 2);
    expect(hub.status(instance.name).state).toBe('RUNNING');
    hub.clock.advance(121_000);
    expect(hub.status(instance.name)).toMatchObject({ state: 'STALLED', reason: 'tidak ada yang dibaca sejak 2026-11-24T00:00:00.000Z' });
    const began = performance.now();
    await hub.close();
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  test('a writer that opens slowly is not taken for one that another hub holds', async () => {
    let open = (): void => undefined;
    const opening = new Promise<void>((done) => (open = done));
    const hub = await startHub({ wrap: (log) => ({ ...log, writer: async (name, options) => (await opening, log.writer(name, options)) }) });
    const instance = source(createAgency([person()]));
    await hub.runtime.apply([instance]);
    const began = performance.now();
    await until(() => {
      expect(hub.status(instance.name)).toMatchObject({ state: 'STARTING', reason: null });
      return performance.now() - began > 2_500;
    });
    open();
    await until(() => hub.status(instance.name).recordsIn === 1);
    await hub.close();
  });

  test('a hub whose writer was taken over writes nothing more and stands by', async () => {
    const agency = createAgency([person()]);
    const instance = source(agency);
    const hub = await startHub();
    await hub.runtime.apply([instance]);
    await until(() => hub.status(instance.name).recordsIn === 1);
    const other = await hub.log.writer(instance.name, { takeOver: true });
    agency.rows.push({ value: person() });
    hub.runtime.runNow(instance.name);
    await until(() => hub.status(instance.name).state === 'STANDBY');
    expect(other.position()).toMatchObject({ source: 1, counts: { read: 1 } });
    await other.close();
    await until(() => {
      hub.clock.advance(1_000);
      return hub.status(instance.name).recordsIn === 2;
    });
    expect(counts(hub.status(instance.name))).toEqual({ recordsIn: 2, recordsOut: 2, filtered: 0, cases: 0, written: 2 });
    await hub.close();
  });

  test('a record that refers to one that is not there yet waits for it', async () => {
    const hub = await startHub();
    const pointing = person();
    const target = person('DITUNGGU');
    const waiting = source(createAgency([{ ...pointing, RUJUK: target.NIK }]), {}, { mapping: { nik: 'NIK', nama: { lookup: { topic: 'uji.orang', key: 'RUJUK', field: 'nama', missing: 'wait' } } }, where: 'true' });
    await hub.runtime.apply([waiting]);
    await until(() => hub.status(waiting.name).state === 'WAITING');
    expect(hub.status(waiting.name)).toMatchObject({ reason: '1 catatan menunggu data yang dirujuknya pada topik uji.orang', recordsIn: 0 });
    await hub.runtime.apply([waiting, source(createAgency([target]))]);
    await until(() => {
      hub.clock.advance(2_000);
      return hub.status(waiting.name).recordsIn === 1;
    });
    expect((await hub.records('uji.orang')).find(({ key }) => key === pointing.NIK)!.value).toEqual({ nik: pointing.NIK, nama: 'DITUNGGU' });
    await hub.close();
  });

  test('a record whose reference never comes is a case after its wait, and the next ones pass', async () => {
    const hub = await startHub();
    const lookup = { topic: 'uji.orang', key: 'RUJUK', field: 'nama', missing: 'wait', atMost: '10m' };
    const agency = createAgency([{ ...person(), RUJUK: person().NIK }]);
    const waiting = source(agency, {}, { mapping: { nik: 'NIK', nama: { lookup } }, where: 'true' });
    await hub.runtime.apply([waiting]);
    await until(() => hub.status(waiting.name).state === 'WAITING');
    await until(() => {
      hub.clock.advance(60_000);
      return hub.status(waiting.name).cases === 1;
    });
    expect(counts(hub.status(waiting.name))).toEqual({ recordsIn: 1, recordsOut: 0, filtered: 0, cases: 1, written: 0 });
    await hub.close();
  });

  test('a changed declaration starts again from its position; one that is gone ends', async () => {
    const hub = await startHub();
    const agency = createAgency([person(), person('BUANG')]);
    const instance = source(agency);
    await hub.runtime.apply([instance]);
    await until(() => hub.status(instance.name).recordsIn === 2);
    agency.rows.push({ value: person('BUANG') });
    const { streams } = instance;
    const changed = { ...instance, summary: 'Diubah.', streams: [{ ...streams![0]!, where: 'true' }] };
    await hub.runtime.apply([changed]);
    hub.runtime.runNow(instance.name);
    await until(() => hub.status(instance.name).recordsIn === 3);
    expect(hub.status(instance.name)).toMatchObject({ summary: 'Diubah.', filtered: 1, recordsOut: 2 });
    await hub.runtime.apply([]);
    expect(hub.runtime.instances()).toEqual([]);
    await hub.close();
  });
});

describe('cases', () => {
  test('read again, a bad record opens no second case and an unchanged one is dropped', async () => {
    const hub = await startHub();
    const agency = createAgency([person(), broken()]);
    const instance = source(agency, { connector: 'ulang' }, { overlap: true });
    await hub.runtime.apply([instance]);
    await until(() => agency.reads === 1 && hub.status(instance.name).recordsIn === 2);
    const changed = { ...agency.rows[0]!, value: { ...agency.rows[0]!.value, NAMA: 'CITRA' } };
    agency.rows.push(changed);
    hub.runtime.runNow(instance.name);
    await until(() => hub.status(instance.name).recordsIn === 5);
    agency.rows.shift();
    hub.runtime.runNow(instance.name);
    await until(() => hub.status(instance.name).recordsIn === 7);
    expect(counts(hub.status(instance.name))).toEqual({ recordsIn: 7, recordsOut: 2, filtered: 4, cases: 1, written: 2 });
    await hub.close();
  });

  test('replayed as it is it stays; mended it moves from cases to accepted', async () => {
    const hub = await startHub();
    const instance = source(createAgency([broken(), person()]));
    await hub.runtime.apply([instance]);
    await until(() => hub.status(instance.name).recordsIn === 2);
    const one = (await hub.cases(instance.name, 'open'))[0]!;
    expect(await hub.runtime.replay(one.id, { by: 'rina' })).toMatchObject({ outcome: 'rejected', faults: [{ path: 'nik' }] });
    const mended = person('DIPERBAIKI');
    expect(await hub.runtime.replay(one.id, { by: 'rina', payload: mended })).toEqual({ outcome: 'accepted' });
    expect(counts(hub.status(instance.name))).toEqual({ recordsIn: 2, recordsOut: 2, filtered: 0, cases: 0, written: 2 });
    expect((await hub.records('uji.orang')).filter(({ key }) => key === mended.NIK)).toEqual([{ key: mended.NIK, id: `kasus:${one.id}:1`, value: { nik: mended.NIK, nama: 'DIPERBAIKI' } }]);
    await expect(hub.runtime.replay(one.id, { by: 'rina' })).rejects.toMatchObject({ code: 'conflict' });
    await expect(hub.runtime.replay('tidak-ada', { by: 'rina' })).rejects.toMatchObject({ code: 'not_found' });
    await hub.close();
  });

  test('a mended row closes its case, a later good record of the same key closes another; a person closes the third, also while paused', async () => {
    const hub = await startHub();
    const twice = person();
    const agency = createAgency([broken(), { ...twice, NAMA: 12 as never }, broken()]);
    const instance = source(agency, {}, { require: [{ that: "source.NAMA != 12", message: 'nama berupa angka', field: 'nama' }], mapping: { nik: 'NIK', nama: { from: 'NAMA', as: 'text' } }, where: 'true' });
    await hub.runtime.apply([instance]);
    await until(() => hub.status(instance.name).recordsIn === 3);
    expect(hub.status(instance.name).cases).toBe(3);
    const ids = new Map((await hub.cases(instance.name, 'open')).map(({ id, origin }) => [origin, id]));
    agency.rows.push({ value: person(), mends: ids.get('baris 1')! }, { value: twice });
    hub.runtime.runNow(instance.name);
    await until(() => hub.status(instance.name).recordsIn === 5);
    expect(counts(hub.status(instance.name))).toEqual({ recordsIn: 5, recordsOut: 2, filtered: 2, cases: 1, written: 2 });
    await hub.runtime.pause(instance.name);
    await hub.runtime.closeCase(ids.get('baris 3')!, { by: 'rina', note: 'bukan penduduk' });
    expect(counts(hub.status(instance.name))).toEqual({ recordsIn: 5, recordsOut: 2, filtered: 3, cases: 0, written: 2 });
    const ended = new Map((await hub.cases(instance.name, 'closed')).map(({ id, because }) => [id, because]));
    expect([...ids.values()].map((id) => ended.get(id)).sort()).toEqual(['accepted', 'mended', 'person']);
    await hub.close();
  });
});

describe('a sink', () => {
  const sink = (agency: Agency, more: JsonObject = {}) =>
    declare({ connector: 'penerima', topics: ['uji.balasan'], mapping: { NIK: 'nik', NAMA: 'nama' }, where: "record.nama != 'BUANG'", ...more }, agency);

  const feed = async (hub: Hub, rows: JsonObject[]) => {
    const feeder = source(createAgency(rows), {}, { topic: 'uji.balasan', where: 'true' });
    await hub.runtime.apply([feeder]);
    await until(() => hub.status(feeder.name).recordsIn === rows.length);
    await hub.runtime.apply([]);
  };

  test('delivers what passes, rejects become cases of the topic\'s owner, replies become records; nothing twice after a restart; a mended case is delivered', async () => {
    const hub = await startHub();
    await feed(hub, [person('SATU'), person('BUANG'), person('TOLAK'), person('DUA')]);
    const before = (await hub.records('uji.orang')).length;
    const agency = createAgency();
    const instance = sink(agency, { reply: { topic: 'uji.orang' } });
    await hub.runtime.apply([instance]);
    await until(() => hub.status(instance.name).recordsIn === 4);
    expect(counts(hub.status(instance.name))).toEqual({ recordsIn: 4, recordsOut: 2, filtered: 1, cases: 1, written: 2 });
    expect(agency.received.map(({ value }) => value!.NAMA).sort()).toEqual(['DUA', 'SATU']);
    expect((await hub.records('uji.orang')).length - before).toBe(2);
    const one = (await hub.cases(instance.name, 'open'))[0]!;
    expect(one).toMatchObject({ faults: [{ path: 'NAMA', message: 'ditolak OPD' }] });
    await hub.runtime.restart(instance.name);
    await until(() => hub.status(instance.name).state === 'RUNNING');
    expect(await hub.runtime.replay(one.id, { by: 'rina' })).toMatchObject({ outcome: 'rejected' });
    expect(await hub.runtime.replay(one.id, { by: 'rina', payload: { nik: 'P9999', nama: 'TIGA' } })).toEqual({ outcome: 'accepted' });
    expect(counts(hub.status(instance.name))).toEqual({ recordsIn: 4, recordsOut: 3, filtered: 1, cases: 0, written: 3 });
    expect(agency.received).toHaveLength(3);
    expect(agency.partitions.has(-1)).toBe(true);
    const offsets = (await hub.runtime.position(instance.name)) as { 'uji.balasan': Record<string, number> };
    expect(Object.values(offsets['uji.balasan']).reduce((sum, next) => sum + next, 0)).toBe(4);
    await hub.close();
  });

  test('an agency that is away is waited for and gets each record once', async () => {
    const hub = await startHub();
    const agency = createAgency();
    agency.failure = new RetriableError('SIMPEG 503', { retryAfter: 90 });
    const instance = sink(agency);
    await hub.runtime.apply([instance]);
    await until(() => hub.status(instance.name).state === 'WAITING');
    delete agency.failure;
    await until(() => {
      hub.clock.advance(30_000);
      return agency.received.length > 0;
    });
    const total = (await hub.records('uji.balasan')).length;
    await until(() => hub.status(instance.name).recordsIn === total);
    agency.failure = new RetriableError('SIMPEG 503');
    await feedBeside(hub, instance, person('TERAKHIR'));
    await until(() => hub.status(instance.name).state === 'WAITING');
    delete agency.failure;
    await until(() => {
      hub.clock.advance(30_000);
      return agency.received.some(({ value }) => value!.NAMA === 'TERAKHIR');
    });
    await until(() => hub.status(instance.name).recordsIn === total + 1);
    expect(new Set(agency.received.map(({ key }) => key)).size).toBe(agency.received.length);
    await hub.close();
  });

  const feedBeside = async (hub: Hub, instance: ReturnType<typeof sink>, row: JsonObject) => {
    const feeder = source(createAgency([row]), {}, { topic: 'uji.balasan', where: 'true' });
    await hub.runtime.apply([instance, feeder]);
    await until(() => hub.status(feeder.name).recordsIn === 1);
  };

  test('a target restored from an older backup is caught up without changing the counts', async () => {
    const hub = await startHub();
    const agency = createAgency();
    const instance = sink(agency, { connector: 'basisdata' });
    await hub.runtime.apply([instance]);
    const total = (await hub.records('uji.balasan')).length;
    await until(() => hub.status(instance.name).recordsIn === total);
    const seen = counts(hub.status(instance.name));
    const delivered = agency.received.length;
    await hub.runtime.stop(instance.name);
    agency.received.length = 0;
    agency.start = 0;
    await hub.runtime.resume(instance.name);
    await until(() => agency.received.length === delivered);
    await until(() => hub.status(instance.name).state === 'RUNNING');
    expect(counts(hub.status(instance.name))).toEqual(seen);
    await hub.close();
  });
});

describe('a receiver', () => {
  test('answers once the records are durable', async () => {
    const hub = await startHub();
    const instance = declare({ connector: 'kotak', streams: [{ topic: 'uji.orang', mapping: { nik: 'NIK', nama: 'NAMA' }, overlap: true }] }, createAgency());
    await hub.runtime.apply([instance]);
    await until(() => hub.status(instance.name).state === 'RUNNING');
    const request = (rows: JsonObject[], authorization = 'benar') => ({ method: 'POST', path: '/', query: {}, headers: { authorization }, body: Buffer.from(JSON.stringify(rows)), remoteAddress: '127.0.0.1' });
    const row = { ...person('WEBHOOK'), id: 'peristiwa-1' };
    const answers = await Promise.all([hub.runtime.receive(instance.name, request([row])), hub.runtime.receive(instance.name, request([{ ...broken(), id: 'peristiwa-2' }, { ...person(), id: 'peristiwa-3' }]))]);
    expect(answers.map(({ accepted, rejected }) => ({ accepted, rejected }))).toEqual([{ accepted: 1, rejected: 0 }, { accepted: 1, rejected: 1 }]);
    expect((await hub.records('uji.orang')).filter(({ key }) => key === row.NIK)).toMatchObject([{ id: 'peristiwa-1' }]);
    await hub.runtime.receive(instance.name, request([row]));
    expect(counts(hub.status(instance.name))).toEqual({ recordsIn: 4, recordsOut: 2, filtered: 1, cases: 1, written: 2 });
    await expect(hub.runtime.receive(instance.name, request([row], 'salah'))).rejects.toBeInstanceOf(CredentialError);
    await hub.runtime.pause(instance.name);
    await expect(hub.runtime.receive(instance.name, request([row]))).rejects.toBeInstanceOf(RetriableError);
    await expect(hub.runtime.receive('tidak-ada', request([row]))).rejects.toMatchObject({ code: 'not_found', status: 404 });
    // Nobody may wait for a source to take something; a receiver that rests does so again later.
    const other = source(createAgency());
    await hub.runtime.apply([instance, other]);
    await expect(hub.runtime.receive(other.name, request([row]))).rejects.toMatchObject({ code: 'not_found', status: 404 });
    await hub.close();
    const later = await startHub();
    await later.runtime.apply([instance]);
    await expect(later.runtime.receive(instance.name, request([row]))).rejects.toBeInstanceOf(RetriableError);
    await later.close();
  });
});

