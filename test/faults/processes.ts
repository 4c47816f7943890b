/** Starts workers of `worker.ts` as processes of their own and listens to what they say. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Said, WorkerSettings } from './worker.js';

export interface Worker {
  readonly process: ChildProcess;
  /** Everything it said so far. */
  readonly heard: readonly Said[];
  /** Resolves once it has said, from now on, something that fits. Rejects when it ends first, or after half a minute. */
  says(fits: (said: Said) => boolean): Promise<Said>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves when it has ended by itself. */
  stop(): Promise<void>;
  /** Resolves when it has ended by itself. */
  ended(): Promise<void>;
}

export function startWorker(settings: WorkerSettings): Worker {
  const child = spawn(process.execPath, [resolve('dist/test/faults/worker.js'), JSON.stringify(settings)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const heard: Said[] = [];
  const listeners = new Set<() => void>();
  const gone = once(child, 'close');
  createInterface(child.stdout).on('line', (line) => {
    heard.push(JSON.parse(line) as Said);
    listeners.forEach((listen) => listen());
  });
  const signal = async (name: NodeJS.Signals): Promise<void> => {
    child.kill(name);
    await gone;
  };
  return {
    process: child,
    heard,
    says: (fits) => {
      let from = heard.length;
      return new Promise((done, failed) => {
        const fail = (why: string): void => failed(new Error(`worker ${why}: ${JSON.stringify(heard.slice(-3))}`));
        const limit = setTimeout(() => fail('does not say it'), 30_000);
        const listen = (): void => {
          for (; from < heard.length; from++) {
            if (!fits(heard[from]!)) continue;
            clearTimeout(limit);
            listeners.delete(listen);
            done(heard[from]!);
            return;
          }
        };
        listeners.add(listen);
        void gone.then(() => {
          clearTimeout(limit);
          fail('ended');
        });
      });
    },
    kill: () => signal('SIGKILL'),
    stop: () => signal('SIGTERM'),
    ended: async () => {
      await gone;
      if (child.exitCode !== 0) throw new Error(`worker ended with ${child.exitCode ?? child.signalCode}: ${JSON.stringify(heard.slice(-3))}`);
    },
  };
}
