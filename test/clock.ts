/** A clock that stands still until a test moves it. */

export interface TestClock {
  now(): Date;
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** Moves the time; sleepers whose time has come wake up. */
  advance(milliseconds: number): void;
}

export function createTestClock(start: string): TestClock {
  let now = Date.parse(start);
  const sleepers = new Set<{ until: number; wake: () => void }>();
  return {
    now: () => new Date(now),
    sleep: (milliseconds, signal) =>
      new Promise((done) => {
        if (signal.aborted || milliseconds <= 0) return done();
        const sleeper = { until: now + milliseconds, wake: () => {
          sleepers.delete(sleeper);
          signal.removeEventListener('abort', sleeper.wake);
          done();
        } };
        sleepers.add(sleeper);
        signal.addEventListener('abort', sleeper.wake, { once: true });
      }),
    advance(milliseconds) {
      now += milliseconds;
      for (const sleeper of [...sleepers]) if (sleeper.until <= now) sleeper.wake();
    },
  };
}
