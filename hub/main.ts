/** Builds the hub by hand, in order, and takes it down in the opposite order. Nothing else knows all the parts. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectors } from '../connectors/all.js';
import { adminPassword } from './admin-password.js';
import type { CityPart } from './api/parts.js';
import { startApi } from './api/server.js';
import { openCases } from './cases/cases.js';
import { joinContracts } from './contracts.js';
import { type Database, migrate, openPool } from './database/database.js';
import { startEmbedded } from './database/embedded.js';
import { isRoot } from './database/native.js';
import { privateFiles, privateFolder, privateInside } from './database/private-folder.js';
import { type Declarations, declaredFiles, FIRST_START, openDeclarations } from './declarations.js';
import { fullDisks, watchDisks } from './disk.js';
import type { Environment } from './environment.js';
import { messageOf, SettingsError, type SettingsFault } from './errors.js';
import { followLatest } from './follow-latest.js';
import { keepHeapSmall } from './heap.js';
import { openLatest } from './latest/latest.js';
import { claimEngine } from './log/engine.js';
import type { Log } from './log/log.js';
import { isDiskFull } from './log/outage.js';
import { openPostgresLog } from './log/postgres.js';
import { openLogger } from './logger.js';
import { openPayroll, PAYROLL_TOPICS } from './payroll/payroll.js';
import { loadReferences } from './pipeline/codes.js';
import type { Json, StoredRecord } from './record.js';
import { decoder } from './registry/codec.js';
import { openRegistry } from './registry/registry.js';
import type { Contracts } from './runtime/contracts.js';
import type { Clock } from './runtime/clock.js';
import { openRuntime } from './runtime/runtime.js';
import type { InstanceStatus } from './runtime/instance-status.js';

export interface HubOptions {
  readonly environment: Environment;
  /** Log lines go to `hub.log` in the data folder instead of standard error. */
  readonly logFile?: boolean;
  /** Aborting it during the start takes down what was already up; afterwards use `close()`. */
  readonly signal?: AbortSignal;
  /** Starts the simulated agencies, after the database and before the instances that talk to them. */
  readonly startCity?: (context: CityContext) => Promise<City>;
  /** The time by which instances run and wait, so that tests can move it. */
  readonly clock?: Clock;
}

export interface CityContext {
  /** The hub's PostgreSQL server, where simulated agencies make databases of their own. */
  readonly databaseUrl: string;
  /** Folder of files that agencies and hub share. */
  readonly files: string;
  /** Where the hub answers, for the agencies' webhooks. */
  readonly hubUrl: string;
}

export interface City extends CityPart {
  /** Secrets of the simulated agencies, as `SASANDO_SECRET_*`. */
  readonly secrets: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export interface Hub {
  readonly url: string;
  readonly engine: 'postgres' | 'kafka';
  readonly passwordSource: 'environment' | 'made' | 'file';
  readonly passwordFile: string;
  /** Only at the start that made it. */
  readonly newPassword?: string;
  instances(): readonly InstanceStatus[];
  /** Sentences about what could not be applied or started. */
  faults(): readonly string[];
  /** Drains: no new work, what runs is committed, everything closed. May be called twice. */
  close(): Promise<void>;
}

/** @throws SettingsError, or Error with one sentence; what was already up is then down again. */
export async function startHub(options: HubOptions): Promise<Hub> {
  keepHeapSmall();
  const { environment, signal } = options;
  const closers: (() => Promise<unknown>)[] = [];
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= takeDown(closers));
  try {
    return await build(options, environment, { close, onClose: (closer) => closers.push(closer), check: () => signal?.throwIfAborted() });
  } catch (error) {
    await close();
    throw lacksRoom(error, resolve(environment.dataFolder)) ? new Error(`Hub tidak dapat dijalankan karena disk tempat ${resolve(environment.dataFolder)} penuh. Kosongkan ruang, lalu jalankan hub kembali.`, { cause: error }) : error;
  }
}

function lacksRoom(error: unknown, dataFolder: string): boolean {
  if ((error as { code?: unknown }).code === 'ENOSPC' || isDiskFull(error)) return true;
  return /^PostgreSQL bawaan/.test(messageOf(error)) && fullDisks([dataFolder]).length > 0;
}

interface Lifetime {
  readonly close: () => Promise<void>;
  readonly onClose: (closer: () => Promise<unknown>) => void;
  /** @throws when the start was called off. */
  readonly check: () => void;
}

async function build({ logFile, startCity, clock }: HubOptions, environment: Environment, { close, onClose, check }: Lifetime): Promise<Hub> {
  const folder = environment.projectFolder;
  const dataFolder = resolve(environment.dataFolder);
  // Root's PostgreSQL runs as another user, who must pass through.
  const passage = isRoot && (environment.databaseUrl === undefined || existsSync(join(dataFolder, 'postgres')));
  const files = join(dataFolder, 'berkas');
  const open = [privateFolder(dataFolder, { passage }), privateInside(dataFolder, 'berkas')].filter((sentence) => sentence !== undefined);
  privateFiles(dataFolder);
  const admin = adminPassword(dataFolder, environment.adminPassword);
  const logger = openLogger(logFile ? join(dataFolder, 'hub.log') : undefined);
  const startedAt = new Date();

  // First of all, so that health answers while the rest comes up, and a taken port is told before anything else runs.
  const api = await startApi({ host: environment.host, port: environment.port, adminPassword: admin.password, logger });
  onClose(() => api.close());

  const places = [dataFolder];
  let databaseUrl = environment.databaseUrl;
  if (databaseUrl === undefined) {
    const postgres = await startEmbedded(dataFolder, {
      ...(environment.postgresHost !== undefined && { host: environment.postgresHost }),
      ...(environment.postgresPort !== undefined && { port: environment.postgresPort }),
    });
    onClose(() => postgres.close());
    databaseUrl = postgres.url;
    places.push(postgres.cluster);
  }
  const disks = watchDisks(places, logger);
  onClose(async () => disks.close());
  check();
  const database = openPool(databaseUrl, 20);
  onClose(() => database.end());
  await migrate(databaseUrl);
  await claimEngine(database, environment.engine);
  check();

  const log = await openLog(environment, database, databaseUrl);
  onClose(() => log.close());
  const registry = await openRegistry(database);
  onClose(() => registry.close());
  const cases = await openCases({ database, log });
  const declarations = await openDeclarations({ database, registry, log, kinds: connectors.map(({ name }) => name) });
  const references = await loadReferences(join(folder, 'config/reference'));
  const contracts = joinContracts((topic) => declarations.contracts.get(topic), references, decoder((id) => registry.byId(id)), () => new Date());
  check();

  const city = await startCity?.({ databaseUrl, files, hubUrl: api.url });
  if (city) onClose(() => city.close());
  check();

  const latest = openLatest({ database, log });
  const following = followLatest(latest, logger);
  onClose(() => following.close());
  const runtime = openRuntime({
    log, database, cases, contracts, connectors, latest, references, logger, files,
    secrets: { folder: join(folder, 'secrets'), env: { ...process.env, ...city?.secrets } },
    ...(clock && { clock }),
  });
  const payroll = openPayroll({ log, latest, contracts, officer: environment.payrollOfficer, logger });
  const draining = new AbortController();
  let checking: Promise<void> | undefined;
  onClose(() => {
    draining.abort(new Error('hub berhenti'));
    return Promise.all([runtime.drain(), checking]);
  });

  const notes = [...open, ...(await takeFiles(declarations, folder))];
  const refresh = async (): Promise<readonly string[]> => {
    const { instances, faults } = await declarations.instances();
    // A city without payrolls has nothing to check.
    const checksPayroll = instances.some(({ streams }) => streams?.some(({ topic }) => topic === 'keuangan.gaji'));
    await following.follow(await declarations.openTopics(instances, checksPayroll ? PAYROLL_TOPICS : []));
    await runtime.apply(instances);
    if (checksPayroll) checking ??= payroll.follow(draining.signal);
    return sentences(faults);
  };
  let faulty = await refresh();
  const faults = (): readonly string[] => [...disks.faults(), ...notes, ...faulty];
  check();

  api.open({
    engine: log.engine,
    startedAt,
    faults,
    ready: () => answers(database),
    log,
    decode: (record) => decodeRecord(contracts, record),
    runtime,
    cases,
    payroll,
    ...(city && { city }),
    apply: async (given, dryRun) => {
      const { changes } = await declarations.apply(given, { commit: !dryRun, by: 'admin' });
      if (!dryRun) faulty = await refresh();
      return changes;
    },
  });
  // Requests end before what answers them.
  onClose(() => api.close());
  return {
    url: api.url,
    engine: log.engine,
    passwordSource: admin.source,
    passwordFile: admin.file,
    ...(admin.source === 'made' && { newPassword: admin.password }),
    instances: () => runtime.instances(),
    faults,
    close,
  };
}

async function openLog({ engine, brokers, kafkaPrefix }: Environment, database: Database, url: string): Promise<Log> {
  if (engine === 'postgres') return openPostgresLog({ database, url });
  // Loaded only where it is used: it costs every start a tenth of a second.
  const { openKafkaLog } = await import('./log/kafka.js');
  return openKafkaLog({ brokers, database, url, ...(kafkaPrefix !== undefined && { prefix: kafkaPrefix }) });
}

/** Files are taken by themselves only while nothing is declared; later ones that differ are told, not taken. */
async function takeFiles(declarations: Declarations, folder: string): Promise<string[]> {
  const files = await declaredFiles(folder);
  const first = await declarations.empty();
  const { changes, faults } = await declarations.apply(files, { commit: first, by: FIRST_START, lenient: true });
  const waiting = first ? 0 : changes.filter(({ change }) => change !== 'unchanged').length;
  return [...sentences(faults), ...(waiting > 0 ? [`${waiting} berkas di config/connectors dan schemas berbeda dari yang diterapkan; lihat "sasando apply --dry-run".`] : [])];
}

function sentences(faults: readonly SettingsFault[]): string[] {
  return faults.map((fault) => new SettingsError([fault]).message);
}

/** Internal topics hold JSON, all others Avro. */
async function decodeRecord(contracts: Contracts, { topic, value }: StoredRecord): Promise<Json> {
  if (value === null) return null;
  if (topic.startsWith('_')) return JSON.parse(value.toString('utf8')) as Json;
  await contracts.prepare([value]);
  return contracts.decode(value);
}

async function answers(database: Database): Promise<boolean> {
  const late = sleep(2_000, false, { ref: false });
  return Promise.race([database.query('SELECT 1').then(() => true, () => false), late]);
}

async function takeDown(closers: (() => Promise<unknown>)[]): Promise<void> {
  for (const closer of closers.splice(0).reverse()) await closer().catch(() => undefined);
}
