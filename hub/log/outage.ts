/** What to make of an error of PostgreSQL: is it gone for a while, or did it refuse what was asked. */
import type { Database } from '../database/database.js';
import type pg from 'pg';
import { messageOf, RetriableError } from '../errors.js';

/** Whether the error says that PostgreSQL cannot be reached, restarts or was cut off: the same may succeed later. An answer may have been lost. */
export function isOutage(error: unknown): boolean {
  if (error instanceof RetriableError) return true;
  if (!(error instanceof Error)) return false;
  const code = (error as { code?: unknown }).code;
  // SQLSTATE has five characters; system errors such as ECONNRESET more, and pg's own "Connection terminated" none.
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return /^(08|53|57|58|XX)/.test(code);
  return typeof code === 'string' ? /^E[A-Z]+$/.test(code) : /connection|terminated|timeout|not queryable|closed/i.test(error.message);
}

/**
 * One query on a connection of the pool, given up after `limit` milliseconds: then the connection is thrown away, since its answer may come late.
 * @throws RetriableError when PostgreSQL is out of reach or silent; whether the query was done is then unknown.
 */
export async function ask(database: Database, query: pg.QueryConfig & { rowMode?: 'array'; binary?: boolean }, limit = 30_000): Promise<pg.QueryResult> {
  let connection: pg.PoolClient | undefined;
  let timer: NodeJS.Timeout | undefined;
  let broken = true;
  let late = false;
  try {
    const silent = new Promise<never>((_, failed) => {
      timer = setTimeout(() => {
        late = true;
        failed(new RetriableError(`PostgreSQL tidak menjawab dalam ${limit / 1000} detik`));
      }, limit);
    });
    const connecting = database.connect();
    connecting.then((opened) => late && !connection && opened.release(true)).catch(() => undefined);
    connection = await Promise.race([connecting, silent]);
    connection.on('error', ignore);
    const result = await Promise.race([connection.query(query), silent]);
    broken = false;
    return result;
  } catch (error) {
    broken = isOutage(error);
    if (!broken || error instanceof RetriableError) throw error;
    throw new RetriableError(sentenceOf(error), { cause: error });
  } finally {
    clearTimeout(timer);
    connection?.off('error', ignore);
    connection?.release(broken);
  }
}

/** Whether PostgreSQL said that its disk is full, in the error or in what caused it. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && ((error as { code?: unknown }).code === '53100' || isDiskFull(error.cause));
}

/** What an outage says to people: a full disk is named, since only they can end it. */
export function sentenceOf(error: unknown): string {
  if (isDiskFull(error)) return 'Disk basis data hub penuh. Kosongkan ruang; hub mencoba terus dan melanjutkan sendiri';
  return `PostgreSQL tidak dapat dihubungi: ${messageOf(error)}`;
}

function ignore(): void {}

/** Repeats `work` through outages until it succeeds, fails otherwise, or `signal` is aborted (its reason is thrown). */
export async function through<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (let wait = 50; ; wait = Math.min(wait * 2, 1_000)) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (!isOutage(error)) throw error;
      await pause(wait, signal);
    }
  }
}

/** Resolves after `milliseconds`, or as soon as `signal` is aborted. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal?.aborted) return done();
    const finish = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      done();
    };
    const timer = setTimeout(finish, milliseconds);
    signal?.addEventListener('abort', finish);
  });
}
