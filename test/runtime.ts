/** A hub's runtime on a real database, and an agency in memory that behaves as a test wants. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { z } from 'zod';
import { createTestClock, type TestClock } from './clock.js';
import { testDatabase } from './database.js';
import { openCases } from '../hub/cases/cases.js';
import type { Connector, SinkBatch } from '../hub/connector.js';
import { joinContracts } from '../hub/contracts.js';
import { migrate, openPool } from '../hub/database/database.js';
import { CredentialError } from '../hub/errors.js';
import { openLatest } from '../hub/latest/latest.js';
import type { Log } from '../hub/log/log.js';
import { openPostgresLog } from '../hub/log/postgres.js';
import type { Fault, Json, JsonObject, SinkRecord, SourceRecord } from '../hub/record.js';
import { decoder } from '../hub/registry/codec.js';
import { openRegistry } from '../hub/registry/registry.js';
import { checkInstance } from '../hub/runtime/instance.js';
import { openRuntime, type Runtime } from '../hub/runtime/runtime.js';
import type { InstanceStatus } from '../hub/runtime/instance-status.js';

/** The agency: rows that it holds, and how it behaves. */
export interface Agency {
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
  /** Handed over, in all readings. */
  batches: number;
}

export const createAgency = (rows: JsonObject[] = []): Agency => ({ rows: rows.map((value, index) => ({ value, origin: `baris ${index + 1}` })), committed: [], received: [], partitions: new Set(), reads: 0, batches: 0 });

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
      agency.batches++;
      yield { records, position: at + records.length, committed: async (rejected) => void agency.committed.push([...rejected.keys()]) };
    }
  },
};
const depan: Connector<Settings> = { ...daftar, name: 'depan', readsAhead: true };
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

/** One for all tests of a file. */
let database: Promise<string> | undefined;
const migrated = async (): Promise<string> => {
  const url = await testDatabase();
  await migrate(url);
  return url;
};

const hubs = new Set<TestHub>();
afterAll(async () => {
  for (const hub of hubs) await hub.close();
});

export interface TestHub {
  readonly runtime: Runtime;
  readonly log: Log;
  readonly clock: TestClock;
  readonly lines: string[];
  status(name: string): InstanceStatus;
  records(topic: string): Promise<{ key: string; value: Json; id: string }[]>;
  cases(instance: string, state?: 'open' | 'closed'): Promise<{ id: string; origin?: string | undefined; faults: readonly Fault[]; state: string; because?: string | undefined }[]>;
  close(): Promise<void>;
}

export async function startHub(options: { clock?: TestClock; wrap?: (log: Log) => Log } = {}): Promise<TestHub> {
  const url = await (database ??= migrated());
  const pool = openPool(url, 12);
  const real = await openPostgresLog({ database: pool, url });
  const log = options.wrap?.(real) ?? real;
  const registry = await openRegistry(pool);
  const topics = new Map<string, Awaited<ReturnType<typeof registry.contractOf>>>();
  for (const topic of ['uji.orang', 'uji.balasan']) {
    await registry.register(`${topic}-value`, contract(topic));
    topics.set(topic, await registry.contractOf(topic));
    await log.ensureTopic({ name: topic, partitions: 2, cleanup: 'compact' });
  }
  const clock = options.clock ?? createTestClock('2026-11-24T00:00:00.000Z');
  const contracts = joinContracts((topic) => topics.get(topic), new Map(), decoder(registry.byId), clock.now);
  const cases = await openCases({ database: pool, log });
  const latest = openLatest({ database: pool, log });
  const following = new AbortController();
  const follow = latest.follow([...topics.keys()], following.signal);
  const lines: string[] = [];
  const note = (_: object, message: string) => void lines.push(message);
  const runtime = openRuntime({
    log, database: pool, cases, contracts, latest, clock,
    connectors: [daftar, depan, ulang, penerima, basisdata, kotak],
    logger: { debug: () => undefined, info: note, warn: note, error: note },
    files: mkdtempSync(join(tmpdir(), 'sasando-runtime-')),
    secrets: { folder: '/nonexistent', env: { SASANDO_SECRET_SANDI: 'sangat-rahasia' } },
  });
  let closing: Promise<void> | undefined;
  const hub: TestHub = {
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
      await pool.end();
    })()),
  };
  hubs.add(hub);
  return hub;
}

export const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
  for (const began = performance.now(); !(await condition()); ) {
    if (performance.now() - began > 30_000) throw new Error(`waited too long: ${JSON.stringify([...hubs].flatMap((hub) => hub.runtime.instances()), null, 1)}`);
    await new Promise((done) => setTimeout(done, 5));
  }
};

let number = 0;
/** An instance with a name and an agency of its own. */
export const declare = (raw: JsonObject, agency: Agency) => {
  const name = `uji-${++number}`;
  agencies.set(name, agency);
  return checkInstance({ name, owner: 'dispenduk', summary: 'Uji.', ...raw, settings: { agency: name, ...(raw.settings as JsonObject) } }, ['daftar', 'depan', 'ulang', 'penerima', 'basisdata', 'kotak']);
};
export const source = (agency: Agency, more: JsonObject = {}, stream: JsonObject = {}) =>
  declare({ connector: 'daftar', every: '10s', streams: [{ topic: 'uji.orang', mapping: { nik: 'NIK', nama: 'NAMA' }, where: "record.NAMA != 'BUANG'", ...stream }], ...more }, agency);
export const counts = ({ recordsIn, recordsOut, filtered, cases, written }: InstanceStatus) => ({ recordsIn, recordsOut, filtered, cases, written });
let people = 0;
export const person = (nama: string | null = 'ANI') => ({ NIK: `P${String(++people).padStart(4, '0')}`, NAMA: nama });
export const broken = () => ({ NIK: null, NAMA: `tanpa NIK ${++people}` });
