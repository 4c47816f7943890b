/** The real time plus what a test adds to it: an hour passes in a moment, and everything that works without a pause goes on working. */
import type { Clock } from '../../hub/runtime/clock.js';

export interface MovingClock extends Clock {
  /** Moves the time ahead; sleepers whose time has come wake up. */
  advance(milliseconds: number): void;
}

export function createMovingClock(): MovingClock {
  let ahead = 0;
  const sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();
  const now = (): number => Date.now() + ahead;
  return {
    now: () => new Date(now()),
    sleep: (milliseconds, signal) =>
      new Promise((done) => {
        if (signal.aborted || milliseconds <= 0) return done();
        const wake = (): void => {
          clearTimeout(timer);
          sleepers.delete(sleeper);
          signal.removeEventListener('abort', wake);
          done();
        };
        const timer = setTimeout(wake, milliseconds);
        const sleeper = { until: now() + milliseconds, wake };
        sleepers.add(sleeper);
        signal.addEventListener('abort', wake, { once: true });
      }),
    advance(milliseconds) {
      ahead += milliseconds;
      for (const sleeper of [...sleepers]) if (sleeper.until <= now()) sleeper.wake();
    },
  };
}
