/** Runs all instances of this hub, does what people ask of them, and tells how they fare. */
import type { Case, Cases } from '../cases/cases.js';
import type { Connector, Logger, ReceivedRequest } from '../connector.js';
import type { Database } from '../database/database.js';
import { messageOf } from '../errors.js';
import type { Latest } from '../latest/latest.js';
import type { Log } from '../log/log.js';
import type { References } from '../pipeline/codes.js';
import type { Json, JsonObject } from '../record.js';
import { type Clock, systemClock } from './clock.js';
import type { Contracts } from './contracts.js';
import type { Instance } from './instance.js';
import { AT_REST, type InstanceStatus } from './instance-status.js';
import { openInstanceStore, type Wanted } from './instance-store.js';
import { addCounts, type InstancePosition } from './position.js';
import { closeCase, replayCase, type ReplayAnswer, type ReplayOptions } from './replay.js';
import { openShelf } from './shelf.js';
import { openSupervisor, type Supervisor } from './supervisor.js';

export interface RuntimeOptions {
  readonly log: Log;
  readonly database: Database;
  readonly cases: Cases;
  readonly contracts: Contracts;
  readonly connectors: readonly Connector[];
  /** Followed by the caller for every topic; without it there are no lookups and no overlaps. */
  readonly latest?: Latest;
  readonly references?: References;
  readonly logger: Logger;
  /** Absolute path of the folder below which file settings may point. */
  readonly files: string;
  readonly secrets: { readonly folder: string; readonly env: Readonly<Record<string, string | undefined>> };
  readonly clock?: Clock;
}

/** What a person asked for cannot be done: `not_found` (404) or `conflict` (409). */
export class RefusedError extends Error {
  constructor(readonly code: 'not_found' | 'conflict', message: string) {
    super(message);
  }
  get status(): number {
    return this.code === 'not_found' ? 404 : 409;
  }
}

export interface Runtime {
  /** Makes these the instances: new ones start, changed ones start again, others end. */
  apply(instances: readonly Instance[]): Promise<void>;
  instances(): readonly InstanceStatus[];
  pause(name: string, by?: string): Promise<void>;
  resume(name: string, by?: string): Promise<void>;
  stop(name: string, by?: string): Promise<void>;
  /** Also starts what a person paused or stopped. */
  restart(name: string, by?: string): Promise<void>;
  /** Reads now instead of at the next time of the schedule. */
  runNow(name: string): void;
  /** A source's position in the agency's system, a sink's next offsets. Undefined: at the beginning. */
  position(name: string): Promise<Json | undefined>;
  /** Only while paused, stopped or failed; null is the beginning. Who did it stands in the log of the hub. */
  setPosition(name: string, position: Json, by?: string): Promise<void>;
  receive(name: string, request: ReceivedRequest): Promise<{ accepted: number; rejected: number; cases: readonly string[] }>;
  replay(caseId: string, options: ReplayOptions): Promise<ReplayAnswer>;
  /** Ends a case without its record. */
  closeCase(caseId: string, options: { by: string; note: string }): Promise<void>;
  /** Exchanges with other hubs what people want and how instances fare; called every two seconds by itself. */
  exchange(): Promise<void>;
  /** Ends all within 10 s: what runs is committed. Answers the names of those that did not end in time. */
  drain(): Promise<readonly string[]>;
}

const EXCHANGE_EVERY = 2_000;
const PROVE_EVERY = 10_000;
const CATCH_UP_EVERY = 60_000;
const CLEAN_EVERY = 600_000;
const DRAIN_LIMIT = 9_000;

export function openRuntime(options: RuntimeOptions): Runtime {
  const { log, database, cases, contracts, logger } = options;
  const clock = options.clock ?? systemClock;
  const store = openInstanceStore(database);
  const closed = new AbortController();
  const shelf = options.latest && openShelf(options.latest, contracts, closed.signal);
  const around = {
    connectors: options.connectors,
    contracts,
    secrets: options.secrets,
    now: () => clock.now(),
    ...(shelf && { shelf }),
    ...(options.references && { references: options.references }),
  };
  const supervisors = new Map<string, Supervisor>();
  const declared = new Map<string, string>();
  const wishes = new Map<string, { wanted: Wanted; generation: number }>();
  let applying: Promise<void> = Promise.resolve();
  let exchanging: Promise<void> | undefined;

  const find = (name: string): Supervisor => {
    const found = supervisors.get(name);
    if (!found) throw new RefusedError('not_found', `Tidak ada instans bernama "${name}". Lihat "sasando instances list".`);
    return found;
  };

  const findCase = async (id: string): Promise<Case> => {
    const found = await cases.show(id);
    if (!found) throw new RefusedError('not_found', 'Tidak ada kasus dengan id itu. Lihat "sasando cases list".');
    return found;
  };

  const want = async (name: string, wanted: Wanted, by: string): Promise<void> => {
    const supervisor = find(name);
    await store.want(name, wanted, by, clock.now());
    wishes.set(name, { wanted, generation: wishes.get(name)?.generation ?? 0 });
    await supervisor.want(wanted, by);
  };

  const restart = async (name: string, by = 'petugas'): Promise<void> => {
    const supervisor = find(name);
    const generation = await store.restart(name, by, clock.now());
    wishes.set(name, { wanted: 'running', generation });
    await supervisor.restart();
  };

  const applyNow = async (instances: readonly Instance[]): Promise<void> => {
    const remembered = await store.load(instances.map(({ name }) => name));
    const kept = new Set(instances.map(({ name }) => name));
    await Promise.all([...supervisors].filter(([name]) => !kept.has(name)).map(([name, supervisor]) => forget(name, supervisor)));
    for (const instance of instances) {
      const text = JSON.stringify(instance);
      if (declared.get(instance.name) === text) continue;
      await supervisors.get(instance.name)?.close();
      const known = remembered.get(instance.name) ?? { wanted: 'running' as const, generation: 0 };
      wishes.set(instance.name, known);
      declared.set(instance.name, text);
      supervisors.set(instance.name, openSupervisor({ instance, around, log, cases, store, clock, logger: withFields(logger, { instance: instance.name }), files: options.files, remembered: known }));
    }
  };

  const forget = async (name: string, supervisor: Supervisor): Promise<void> => {
    supervisors.delete(name);
    declared.delete(name);
    await supervisor.close();
  };

  const exchangeNow = async (): Promise<void> => {
    await store.report([...supervisors.values()].filter((supervisor) => supervisor.holds).map((supervisor) => supervisor.status()));
    const before = new Map(wishes);
    for (const [name, known] of await store.load([...supervisors.keys()])) {
      const supervisor = supervisors.get(name);
      const wish = wishes.get(name);
      // A wish that came to this hub meanwhile is newer than what was loaded.
      if (!supervisor || !wish || wish !== before.get(name)) continue;
      wishes.set(name, { wanted: known.wanted, generation: Math.max(known.generation, wish.generation) });
      if (known.wanted !== wish.wanted) await supervisor.want(known.wanted, known.by ?? 'petugas');
      else if (known.generation > wish.generation) await supervisor.restart();
      if (known.status) supervisor.heard(known.status);
    }
  };
  const exchange = (): Promise<void> => (exchanging ??= exchangeNow().finally(() => (exchanging = undefined)));

  const timers = [
    [EXCHANGE_EVERY, exchange],
    [PROVE_EVERY, () => Promise.all([...supervisors.values()].map((supervisor) => supervisor.prove()))],
    [CATCH_UP_EVERY, () => cases.catchUp()],
    [CLEAN_EVERY, () => log.clean()],
  ].map(([every, job]) => setInterval(() => void (job as () => Promise<unknown>)().catch((error: unknown) => logger.debug({}, messageOf(error))), every as number).unref());

  return {
    apply: (instances) => {
      const done = applying.then(() => applyNow(instances));
      applying = done.catch(() => undefined);
      return done;
    },
    instances: () => [...supervisors.values()].map((supervisor) => supervisor.status()).sort((a, b) => (a.name < b.name ? -1 : 1)),
    pause: (name, by = 'petugas') => want(name, 'paused', by),
    stop: (name, by = 'petugas') => want(name, 'stopped', by),
    // What stopped by itself is wanted already: then resuming is starting again.
    resume: (name, by = 'petugas') => want(name, 'running', by),
    restart,
    runNow: (name) => find(name).runNow(),
    position: (name) => find(name).borrow(async (session) => {
      const { source, offsets } = session.committer.position();
      return session.plan.kind === 'sink' ? (offsets as unknown as Json) : source;
    }),
    async setPosition(name, position, by = 'petugas') {
      const supervisor = find(name);
      const { state } = supervisor.status();
      if (!AT_REST.includes(state)) throw new RefusedError('conflict', `${name} sedang berjalan. Jeda dahulu: sasando instances pause ${name}`);
      await supervisor.borrow((session) =>
        session.committer.commit(async (before) => ({ batch: { records: [] }, position: moved(before, session.plan.kind === 'sink', position) })),
      );
      // Not where to: a position may carry a NIK.
      logger.info({ instance: name, by }, `posisi ${name} dipindahkan${position === null ? ' ke awal' : ''} oleh ${by}`);
    },
    async receive(name, request) {
      const supervisor = find(name);
      if (!options.connectors.find((one) => one.name === supervisor.instance.connector)?.receive) throw new RefusedError('not_found', `Instans "${name}" tidak menerima kiriman.`);
      const answer = await supervisor.receive(request);
      return { accepted: answer.accepted, rejected: answer.cases.length, cases: answer.cases.map(({ id }) => id) };
    },
    async replay(id, replay) {
      const one = await findCase(id);
      if (one.state !== 'open') throw new RefusedError('conflict', 'Kasus itu sudah selesai.');
      return find(one.instance).borrow((session) => replayCase(session, id, replay));
    },
    async closeCase(id, closing) {
      const one = await findCase(id);
      if (!(await find(one.instance).borrow((session) => closeCase(session, id, closing)))) throw new RefusedError('conflict', 'Kasus itu sudah selesai.');
    },
    exchange,
    async drain() {
      timers.forEach(clearInterval);
      await applying;
      const open = new Set(supervisors.keys());
      let limit: NodeJS.Timeout | undefined;
      const late = new Promise<void>((done) => (limit = setTimeout(done, DRAIN_LIMIT)));
      const ended = [...supervisors].map(([name, supervisor]) => supervisor.close().then(() => open.delete(name)));
      closed.abort(new Error('hub berhenti'));
      await Promise.race([Promise.all(ended), late]);
      clearTimeout(limit);
      await exchanging?.catch(() => undefined);
      return [...open];
    },
  };
}

function moved(before: InstancePosition, isSink: boolean, position: Json): InstancePosition {
  const { source: _source, offsets: _offsets, ...rest } = before;
  const counts = addCounts(before.counts, {});
  if (position === null) return { ...rest, counts };
  if (!isSink) return { ...rest, counts, source: position };
  const isOffset = (value: Json) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
  const valid = typeof position === 'object' && !Array.isArray(position) && Object.values(position).every((of) => of !== null && typeof of === 'object' && !Array.isArray(of) && Object.values(of as JsonObject).every(isOffset));
  if (!valid) throw new RefusedError('conflict', 'Posisi sebuah pengiriman ditulis {"<topik>": {"<partisi>": <offset berikutnya>}}.');
  return { ...rest, counts, offsets: position as InstancePosition['offsets'] & object };
}

/** The same log, each line with these fields. */
function withFields(logger: Logger, fields: object): Logger {
  return {
    debug: (more, message) => logger.debug({ ...fields, ...more }, message),
    info: (more, message) => logger.info({ ...fields, ...more }, message),
    warn: (more, message) => logger.warn({ ...fields, ...more }, message),
    error: (more, message) => logger.error({ ...fields, ...more }, message),
  };
}
