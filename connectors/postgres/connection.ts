/** Opens connections to the agency's PostgreSQL and closes them when the instance is told to stop. */
import pg from 'pg';
import { outcomeOf } from './failure.js';
import type { PostgresSettings } from './settings.js';

const CONNECT_MILLIS = 15_000;

/** One connection, for as long as `work` runs. Aborting the signal breaks it, whatever it is doing. */
export async function withClient<T>(settings: PostgresSettings, signal: AbortSignal, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await openClient(settings, signal);
  try {
    return await work(client);
  } catch (error) {
    throw outcomeOf(error, settings, signal);
  } finally {
    await closeClient(client);
  }
}

/** A connection that the caller closes with `closeClient`. */
export async function openClient(settings: PostgresSettings, signal: AbortSignal): Promise<pg.Client> {
  signal.throwIfAborted();
  const client = new pg.Client(clientConfig(settings));
  client.on('error', () => undefined);
  const abort = () => void client.end().catch(() => undefined);
  signal.addEventListener('abort', abort, { once: true });
  client.once('end', () => signal.removeEventListener('abort', abort));
  try {
    await untilAborted(client.connect(), signal);
    return client;
  } catch (error) {
    await closeClient(client);
    throw outcomeOf(error, settings, signal);
  }
}

export async function closeClient(client: pg.Client): Promise<void> {
  await client.end().catch(() => undefined);
}

const pools = new WeakMap<PostgresSettings, pg.Pool>();

/** Connections of a sink, kept between batches: idle ones close themselves after ten seconds and never hold the process. */
export async function withPooled<T>(settings: PostgresSettings, signal: AbortSignal, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  let pool = pools.get(settings);
  if (!pool) {
    pool = new pg.Pool({ ...clientConfig(settings), max: 8, idleTimeoutMillis: 10_000, allowExitOnIdle: true });
    pool.on('error', () => undefined);
    // A connection that breaks while it is lent out reports to its own listeners; the running query fails by itself.
    pool.on('connect', (client) => client.on('error', () => undefined));
    pools.set(settings, pool);
  }
  let client: pg.PoolClient | undefined;
  let broken: unknown;
  const abort = () => client?.release(true);
  try {
    client = await untilAborted(pool.connect(), signal, (late) => late.release());
    signal.addEventListener('abort', abort, { once: true });
    return await work(client);
  } catch (error) {
    broken = error;
    throw outcomeOf(error, settings, signal);
  } finally {
    signal.removeEventListener('abort', abort);
    if (!signal.aborted) client?.release(broken !== undefined);
  }
}

function clientConfig(settings: PostgresSettings): pg.ClientConfig {
  const url = new URL(settings.url);
  const ssl = { off: false, require: { rejectUnauthorized: false }, verify: { rejectUnauthorized: true, ca: settings.ca } }[settings.tls];
  return {
    host: url.searchParams.get('host') ?? (url.hostname.replace(/^\[|\]$/g, '') || 'localhost'),
    port: Number(url.port || 5432),
    database: decodeURIComponent(url.pathname.slice(1)) || undefined,
    user: decodeURIComponent(url.username) || undefined,
    password: settings.password ?? decodeURIComponent(url.password),
    ssl,
    connectionTimeoutMillis: CONNECT_MILLIS,
    keepAlive: true,
    application_name: 'sasando',
  };
}

/** Waits for `promise`, but no longer than the signal allows; a value that comes too late is given to `late`. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal, late?: (value: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal.reason as Error);
      if (late) promise.then(late, () => undefined);
    };
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
