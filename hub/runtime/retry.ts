/** What a thrown error makes the runtime do, and how long it waits before it tries again. */
import { ConsecutiveBreaker, ExponentialBackoff, halfJitterGenerator, type IBackoff } from 'cockatiel';
import { ContractError, CredentialError, FencedError, OffsetOutOfRangeError, RetriableError, SettingsError } from '../errors.js';

/**
 * `wait`: the other side is not there, try again for ever. `stop`: it refuses who we are or the settings are wrong, a person must act. `pause`: the data as a whole does not
 * fit. `fenced`: another hub took over. `fail`: a bug.
 */
export type FailureClass = 'wait' | 'stop' | 'pause' | 'fenced' | 'fail';

export function classify(error: unknown): FailureClass {
  if (error instanceof RetriableError) return 'wait';
  if (error instanceof CredentialError || error instanceof SettingsError) return 'stop';
  if (error instanceof ContractError || error instanceof OffsetOutOfRangeError) return 'pause';
  if (error instanceof FencedError) return 'fenced';
  return 'fail';
}

const FIRST_DELAY = 1_000;
const LONGEST_DELAY = 60_000;
/** So many failures one after another open the circuit: from then on only `check()` is tried until it succeeds. */
const BREAK_AFTER = 5;

export interface Retry {
  /** Milliseconds to wait now. */
  failed(error: unknown): number;
  succeeded(): void;
  /** Open: prove with `check()` that the other side is back before handing over work. */
  readonly open: boolean;
}

/** One per instance. Delays grow from 1 s to 1 min with jitter; what the other side asked for (Retry-After) counts if it is longer. */
export function createRetry(): Retry {
  const breaker = new ConsecutiveBreaker(BREAK_AFTER);
  const start = () => new ExponentialBackoff({ generator: halfJitterGenerator, initialDelay: FIRST_DELAY, maxDelay: LONGEST_DELAY }).next();
  let backoff: IBackoff<unknown> = start();
  let open = false;
  return {
    get open() {
      return open;
    },
    failed(error) {
      open = breaker.failure();
      const asked = error instanceof RetriableError ? (error.retryAfter ?? 0) * 1000 : 0;
      const delay = Math.max(asked, backoff.duration);
      backoff = backoff.next(undefined);
      return delay;
    },
    succeeded() {
      breaker.success();
      backoff = start();
      open = false;
    },
  };
}
