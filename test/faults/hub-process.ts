/** `sasando serve` as a process of its own, and the questions that a test asks it over HTTP. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { InstanceStatus } from '../../hub/runtime/instance-status.js';

export const PASSWORD = 'uji-rahasia-hub';

/** A record as `/topics/<topic>/records` shows it. */
export interface ShownRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly id: string;
  readonly value: Readonly<Record<string, string | number | null>>;
}

export interface HubProcess {
  readonly process: ChildProcess;
  /** Resolves with its address once it says that it is ready. Rejects when it ends first. */
  readonly ready: Promise<string>;
  /** Everything that it said, on both outputs. */
  said(): string;
  ask<T>(path: string): Promise<T>;
  /** By name. */
  instances(): Promise<ReadonlyMap<string, InstanceStatus>>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves when it has ended by itself. */
  stop(): Promise<void>;
}

/** @param environment `SASANDO_*` and `DATABASE_URL` of the hub. */
export function startHubProcess(environment: Readonly<Record<string, string>>): HubProcess {
  const child = spawn(process.execPath, [resolve('dist/hub/cli/sasando.js'), 'serve'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, SASANDO_PORT: '0', SASANDO_ADMIN_PASSWORD: PASSWORD, ...environment },
  });
  const gone = once(child, 'close');
  const lines: string[] = [];
  const ready = new Promise<string>((done, failed) => {
    for (const output of [child.stdout, child.stderr]) {
      createInterface(output).on('line', (line) => {
        lines.push(line);
        const url = /^\s+Alamat\s+(http:\S+)/.exec(line)?.[1];
        if (url) done(url);
      });
    }
    void gone.then(() => failed(new Error(`the hub ended: ${lines.slice(-5).join('\n')}`)));
  });
  ready.catch(() => undefined);
  const ask = async <T>(path: string): Promise<T> => {
    const response = await fetch(new URL(`/api/v1${path}`, await ready), { headers: { authorization: `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}` } });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await gone;
  };
  return {
    process: child,
    ready,
    said: () => lines.join('\n'),
    ask,
    instances: async () => new Map((await ask<InstanceStatus[]>('/instances')).map((one) => [one.name, one])),
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  };
}

/** All records of a topic, in the order of their offsets within a partition. */
export async function recordsOf(hub: HubProcess, topic: string): Promise<ShownRecord[]> {
  const found: ShownRecord[] = [];
  for (let cursor = 'from=start'; ; ) {
    const page = await hub.ask<{ records: ShownRecord[]; next: string; end: boolean }>(`/topics/${topic}/records?limit=1000&${cursor}`);
    found.push(...page.records);
    if (page.end) return found;
    cursor = `cursor=${page.next}`;
  }
}
