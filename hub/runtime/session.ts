/** What a running instance works with, whichever its direction. */
import type { Cases } from '../cases/cases.js';
import type { ConnectorContext, Logger } from '../connector.js';
import { RetriableError } from '../errors.js';
import type { Log } from '../log/log.js';
import type { SourceRecord } from '../record.js';
import type { Clock } from './clock.js';
import { type Committer, ours } from './committer.js';
import type { Contracts } from './contracts.js';
import type { Plan } from './plan.js';
import type { Retry } from './retry.js';
import { type Arrival, prepareAll, type SettleContext } from './settle.js';
import type { Shelf } from './shelf.js';
import type { Stream } from './stream.js';

export interface Session<P extends Plan = Plan> {
  readonly plan: P;
  readonly committer: Committer;
  readonly log: Log;
  readonly cases: Cases;
  readonly contracts: Contracts;
  readonly shelf?: Shelf;
  readonly clock: Clock;
  readonly retry: Retry;
  readonly logger: Logger;
  /** Absolute path of the folder for files. */
  readonly files: string;
  /** Aborted when the instance is paused, stopped or the hub drains. */
  readonly signal: AbortSignal;
  /** Something moved, or the other side was found reachable and empty (0). */
  progress(records: number): void;
  waiting(reason: string): void;
}

/** Time limits of one call of a connector, in milliseconds of the machine's own time. */
export const LIMITS = { check: 60_000, read: 300_000, write: 300_000, receive: 30_000 } as const;
/** So long a connector may take to notice that it was aborted. */
const GRACE = 2_000;

export function contextOf(session: Pick<Session, 'plan' | 'logger' | 'clock' | 'files' | 'shelf'>, signal: AbortSignal): ConnectorContext {
  const { instance } = session.plan;
  return { instance: instance.name, owner: instance.owner, signal, logger: session.logger, now: () => session.clock.now(), files: session.files, keys: keysOf(session.shelf) };
}

function keysOf(shelf: Shelf | undefined): ConnectorContext['keys'] {
  return async (topic, after, limit) => (shelf ? ours(() => shelf.keys(topic, after, limit)) : []);
}

/**
 * Calls a connector with a signal of its own. After `limit` the call is aborted and RetriableError thrown; after an abort from above the call gets a moment to end, then its
 * outcome is no longer waited for.
 */
export async function within<T>(limit: number, above: AbortSignal, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  above.throwIfAborted();
  const controller = new AbortController();
  const timers: NodeJS.Timeout[] = [];
  let abort = (): void => undefined;
  const given = new Promise<never>((_, reject) => {
    timers.push(
      setTimeout(() => {
        controller.abort(new Error('batas waktu'));
        reject(new RetriableError(`Tidak ada jawaban dalam ${Math.round(limit / 1000)} detik`));
      }, limit),
    );
    abort = () => {
      controller.abort(above.reason);
      timers.push(setTimeout(() => reject(above.reason as Error), GRACE));
    };
    above.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([call(controller.signal), given]);
  } finally {
    timers.forEach(clearTimeout);
    above.removeEventListener('abort', abort);
  }
}

export function settleContext(session: Session): SettleContext {
  const { name, owner } = session.plan.instance;
  return { instance: name, owner, cases: session.cases, ...(session.shelf && { shelf: session.shelf }), now: session.clock.now().getTime() };
}

/** Between two looks for a record that others refer to. */
export const LOOK_AGAIN = 2_000;

/** Prepares records, waiting for those that a lookup with `missing: wait` needs. Throws the reason of `signal` when that is aborted. */
export async function prepared(session: Session, streams: readonly Stream[], records: readonly SourceRecord[], signal = session.signal): Promise<Arrival[]> {
  const since = session.clock.now().getTime();
  for (;;) {
    const { arrivals, waiting, waitingFor } = await ours(() => prepareAll(streams, records, session.clock.now().getTime() - since));
    if (waiting === 0) return arrivals;
    session.waiting(`${waiting} catatan menunggu data yang dirujuknya pada topik ${waitingFor}`);
    await session.clock.sleep(LOOK_AGAIN, signal);
    signal.throwIfAborted();
  }
}
