/** Time as the runtime sees it; tests hand over one that they move. */
import { pause } from '../log/outage.js';

export interface Clock {
  now(): Date;
  /** Resolves after so many milliseconds, or at once when `signal` is aborted. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** Longer sleeps overflow the platform's timers; whoever sleeps looks at the time again anyway. */
const LONGEST = 24 * 3_600_000;

export const systemClock: Clock = {
  now: () => new Date(),
  sleep: (milliseconds, signal) => pause(Math.min(milliseconds, LONGEST), signal),
};
