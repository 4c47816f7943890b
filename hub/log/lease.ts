/**
 * Leases in the hub's PostgreSQL, on both engines: at most one process holds a name, and each holder has a higher epoch than the one before.
 * A holder renews every second. A lease is free when it was released, was not renewed for 4 s (a frozen process), or was not renewed for 1.5 s and its session is gone (a killed one).
 */
import pg from 'pg';
import type { Database } from '../database/database.js';
import { FencedError, RetriableError } from '../errors.js';
import { isOutage, pause, through } from './outage.js';

export interface Lease {
  readonly name: string;
  /** Higher than that of every earlier holder. What a holder writes must be refused once the lease has another epoch. */
  readonly epoch: number;
  /**
   * Aborted when another holder is known (reason: FencedError), or when renewing has failed for 4 s so that there may be one (reason: RetriableError).
   * The lease never becomes valid again.
   */
  readonly lost: AbortSignal;
  /** Makes the name free at once, unless it was lost. May be called twice. */
  release(): Promise<void>;
}

export interface LeaseOptions {
  /** Ends the waiting: its reason is thrown. */
  readonly signal?: AbortSignal;
  /** Do not wait for a living holder: fence it. */
  readonly takeOver?: boolean;
  /** Called each time the lease was seen in other hands; not while PostgreSQL is out of reach. */
  readonly held?: () => void;
  /** The name is never used again (it carries a random part): forget it on release. */
  readonly once?: boolean;
}

const RENEW_EVERY = 1_000;
const FREE_AFTER = 4_000;

/** Takes the lease; waits while another living process (or this one) holds it, and while PostgreSQL is out of reach. */
export async function takeLease(database: Database, name: string, options: LeaseOptions = {}): Promise<Lease> {
  const signal = options.signal ?? new AbortController().signal;
  for (;;) {
    const lease = await through(signal, () => tryLease(database, name, options));
    if (lease && !signal.aborted) return lease;
    if (!lease) options.held?.();
    await lease?.release();
    signal.throwIfAborted();
    await pause(100 + Math.random() * 100, signal);
  }
}

/** Takes the lease if it is free now (or with `takeOver`). */
export async function tryLease(database: Database, name: string, options: LeaseOptions = {}): Promise<Lease | undefined> {
  const holder = holderOf(database);
  holder.expected++;
  try {
    const session = await holder.session();
    const asked = performance.now();
    const { rows } = await database.query<{ epoch: string }>(
      `INSERT INTO lease (name, epoch, renewed, pid, session_started) VALUES ($1, 1, clock_timestamp(), $2, $3::timestamptz)
       ON CONFLICT (name) DO UPDATE SET epoch = lease.epoch + 1, renewed = excluded.renewed, pid = excluded.pid, session_started = excluded.session_started
       WHERE $4 OR lease_is_free(lease) RETURNING epoch`,
      [name, session.pid, session.started, options.takeOver ?? false],
    );
    if (!rows[0]) return undefined;
    const epoch = Number(rows[0].epoch);
    const lost = new AbortController();
    const held: Held = { name, epoch, renewed: asked, lose: (reason) => lost.abort(reason) };
    holder.held.add(held);
    let releasing: Promise<void> | undefined;
    const release = async () => {
      if (!holder.held.delete(held)) return;
      const free = options.once ? 'DELETE FROM lease WHERE name = $1 AND epoch = $2' : `UPDATE lease SET renewed = '-infinity' WHERE name = $1 AND epoch = $2`;
      await database.query(free, [name, epoch]).catch((error: unknown) => {
        // Out of reach: it becomes free by itself.
        if (!isOutage(error)) throw error;
      });
      holder.rest();
    };
    return { name, epoch, lost: lost.signal, release: () => (releasing ??= release()) };
  } finally {
    holder.expected--;
    holder.rest();
  }
}

/** Whether nobody has taken the lease since. */
export async function isHeld(database: Database, lease: Lease): Promise<boolean> {
  if (lease.lost.aborted) return false;
  const { rowCount } = await database.query('SELECT FROM lease WHERE name = $1 AND epoch = $2', [lease.name, lease.epoch]);
  return rowCount === 1;
}

interface Held {
  readonly name: string;
  readonly epoch: number;
  /** Monotonic milliseconds of the last renewal that was asked for and done. */
  renewed: number;
  lose(reason: Error): void;
}

interface Session {
  readonly client: pg.Client;
  readonly pid: number;
  readonly started: string;
}

/** All leases that this process holds in one database: renewed together, on a connection of their own whose end tells others that we are gone. */
interface Holder {
  readonly held: Set<Held>;
  /** Attempts under way, which need the session. */
  expected: number;
  session(): Promise<Session>;
  /** Ends the session when nothing is held. */
  rest(): void;
}

const holders = new WeakMap<Database, Holder>();

function holderOf(database: Database): Holder {
  const known = holders.get(database);
  if (known) return known;
  const held = new Set<Held>();
  let session: Promise<Session> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let renewing = false;

  const end = (ending: Promise<Session> | undefined) => {
    if (session === ending) session = undefined;
    ending?.then(
      ({ client }) => client.end(),
      () => undefined,
    ).catch(() => undefined);
  };
  const open = async (): Promise<Session> => {
    const client = new pg.Client({ ...database.options, connectionTimeoutMillis: FREE_AFTER });
    client.on('error', () => (session = undefined));
    await client.connect();
    const { rows } = await client.query<{ pid: number; started: string }>('SELECT pid, backend_start::text AS started FROM pg_stat_activity WHERE pid = pg_backend_pid()');
    return { client, ...rows[0]! };
  };
  const lose = (lease: Held, reason: Error) => {
    if (held.delete(lease)) lease.lose(reason);
  };
  const renew = async () => {
    for (const lease of held) {
      if (performance.now() - lease.renewed > FREE_AFTER) lose(lease, new RetriableError(`Sewa "${lease.name}" tidak dapat diperpanjang selama ${FREE_AFTER / 1000} detik. Buka kembali.`));
    }
    holder.rest();
    if (renewing || held.size === 0) return;
    renewing = true;
    const asked = performance.now();
    const leases = [...held];
    const current = holder.session();
    const limit = setTimeout(() => end(current), FREE_AFTER / 2);
    try {
      const { client, pid, started } = await current;
      const { rows } = await client.query<{ name: string; epoch: string }>(
        `UPDATE lease SET renewed = clock_timestamp(), pid = $3, session_started = $4::timestamptz FROM unnest($1::text[], $2::bigint[]) AS mine(name, epoch)
         WHERE lease.name = mine.name AND lease.epoch = mine.epoch RETURNING lease.name, lease.epoch`,
        [leases.map((lease) => lease.name), leases.map((lease) => lease.epoch), pid, started],
      );
      const renewed = new Set(rows.map((row) => `${row.epoch} ${row.name}`));
      for (const lease of leases) {
        if (renewed.has(`${lease.epoch} ${lease.name}`)) lease.renewed = asked;
        else lose(lease, new FencedError(`Sewa "${lease.name}" sudah diambil alih proses lain.`));
      }
    } catch {
      // Tried again at the next tick, in a new session; after 4 s they are lost.
      end(current);
    } finally {
      clearTimeout(limit);
      renewing = false;
    }
  };
  const holder: Holder = {
    held,
    expected: 0,
    session: () => {
      timer ??= setInterval(() => void renew(), RENEW_EVERY);
      if (session) return session;
      const opening = open();
      session = opening;
      opening.catch(() => session === opening && (session = undefined));
      return opening;
    },
    rest: () => {
      if (held.size > 0 || holder.expected > 0) return;
      clearInterval(timer);
      timer = undefined;
      end(session);
    },
  };
  holders.set(database, holder);
  return holder;
}

/** Names that living processes hold: none while no hub runs. */
export async function heldLeases(database: Database): Promise<string[]> {
  const { rows } = await database.query<{ name: string }>('SELECT name FROM lease WHERE NOT lease_is_free(lease) ORDER BY name');
  return rows.map(({ name }) => name);
}
