/** A Kafka Connect worker with Debezium's connectors, from Maven Central's jars: the program that the hub is measured beside. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { endJava, fetchJars, freePort, hasEnded, type Jars, javaMissing, logInto, startJava } from '../kafka/java.js';

/** What the peer is, for the reader of its figures. */
export const PEER = { name: 'Debezium 3.3.1 pada Kafka Connect 4.3.1', heap: '1 GB' } as const;

export interface Worker {
  /** Seconds from the start of the process until it takes connectors. */
  readonly ready: number;
  /** Returns as soon as the worker knows of the connector. */
  create(name: string, config: Readonly<Record<string, string>>): Promise<void>;
  /** @throws Error when the connector, a task of it or the worker has failed. */
  check(name: string): Promise<void>;
  /** Peak memory of the process from its start in bytes, and CPU seconds since it was ready. */
  usage(): { readonly peakRss: number; readonly cpu: number };
  /** Ends it without farewell; its topics stay. */
  stop(): Promise<void>;
}

const WORKER: Jars = { folder: 'kafka-connect-4.3.1', pom: 'test/bench/pom.xml', profile: 'worker' };
/** Both connectors in one folder below the plugin path: Connect takes each folder there for one plugin. */
const PLUGINS: Jars = { folder: 'debezium-3.3.1/plugin', pom: 'test/bench/pom.xml', profile: 'plugins' };
/** As Kafka's own start script asks for, with half of its heap: more heap would only use more memory. */
const JVM = ['-server', '-Xms256m', '-Xmx1g', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20', '-XX:InitiatingHeapOccupancyPercent=35', '-XX:+ExplicitGCInvokesConcurrent'];
const READY_WITHIN = 300_000;
const ANSWER_WITHIN = 120_000;
/** Of `/proc/<pid>/stat`. */
const TICKS_PER_SECOND = 100;

/** Why the peer cannot be measured on this machine, in Bahasa Indonesia; undefined when it can. */
export function peerAvailable(): string | undefined {
  if (process.platform !== 'linux') return 'memori puncak proses lain hanya dapat dibaca di Linux';
  return javaMissing(WORKER, PLUGINS);
}

/** Starts a worker of its own group and resolves when it answers. The first call on a machine fetches 75 MB of jars. */
export async function startWorker(options: { brokers: string; group: string; signal: AbortSignal }): Promise<Worker> {
  const { signal } = options;
  const [jars, plugins] = [await fetchJars(WORKER), await fetchJars(PLUGINS)];
  signal.throwIfAborted();
  const folder = mkdtempSync(join(tmpdir(), 'sasando-peer-'));
  const port = await freePort();
  const settings = join(folder, 'worker.properties');
  writeFileSync(settings, settingsOf({ ...options, port, plugins: dirname(plugins) }));
  const started = performance.now();
  const child = startJava([...JVM, ...logInto(folder), '-cp', join(jars, '*'), 'org.apache.kafka.connect.cli.ConnectDistributed', settings], join(folder, 'output.log'));
  const stop = async (): Promise<void> => {
    await endJava(child, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  const said = (): string => ['output.log', 'server.log'].map((name) => read(join(folder, name)).slice(-4_000)).join('\n');
  const ask = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`, { ...init, signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN)]) });

  try {
    while (!(await ask('/health').then((response) => response.ok, () => false))) {
      signal.throwIfAborted();
      if (hasEnded(child) || performance.now() - started > READY_WITHIN) throw new Error(`Kafka Connect tidak menyala:\n${said()}`);
      await sleep(50, undefined, { signal });
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const ready = (performance.now() - started) / 1000;
  const before = cpuOf(child.pid!);
  return {
    ready,
    async create(name, config) {
      const body = JSON.stringify({ name, config });
      for (;;) {
        const response = await ask('/connectors', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
        if (response.ok) return;
        // The worker is just dividing its work.
        if (response.status !== 409) throw new Error(`Kafka Connect menolak ${name}: ${await response.text()}`);
        await sleep(20, undefined, { signal });
      }
    },
    async check(name) {
      if (hasEnded(child)) throw new Error(`Kafka Connect berakhir:\n${said()}`);
      // One that does not answer now has ended, or is busy moving rows.
      const response = await ask(`/connectors/${name}/status`).catch(() => undefined);
      if (!response?.ok) return;
      const { connector, tasks } = (await response.json()) as Record<'connector', State> & { tasks: State[] };
      const failed = [connector, ...tasks].find(({ state }) => state === 'FAILED');
      if (failed) throw new Error(`${name} gagal: ${failed.trace ?? 'tanpa keterangan'}`);
    },
    usage: () => ({ peakRss: peakRssOf(child.pid!), cpu: cpuOf(child.pid!) - before }),
    stop,
  };
}

interface State {
  readonly state: string;
  readonly trace?: string;
}

function settingsOf({ brokers, group, port, plugins }: { brokers: string; group: string; port: number; plugins: string }): string {
  return Object.entries({
    'bootstrap.servers': brokers,
    'group.id': group,
    'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'key.converter.schemas.enable': true,
    'value.converter.schemas.enable': true,
    'offset.storage.topic': `${group}-offsets`,
    'offset.storage.replication.factor': 1,
    'offset.storage.partitions': 1,
    'config.storage.topic': `${group}-config`,
    'config.storage.replication.factor': 1,
    'status.storage.topic': `${group}-status`,
    'status.storage.replication.factor': 1,
    'status.storage.partitions': 1,
    'offset.flush.interval.ms': 1_000,
    listeners: `http://127.0.0.1:${port}`,
    'plugin.path': plugins,
  }).map(([name, value]) => `${name}=${value}\n`).join('');
}

function peakRssOf(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}

function cpuOf(pid: number): number {
  // The program's name, in brackets, may hold spaces.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
