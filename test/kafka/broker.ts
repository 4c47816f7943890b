/** A real Apache Kafka broker (KRaft, one node) for tests and development, from Maven Central's jars: no container, no installation. */
import { type ChildProcess, execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { endJava, fetchJars, freePort, hasEnded, type Jars, javaMissing, logInto, startJava } from './java.js';

export interface Broker {
  /** `host:port` for clients. */
  readonly brokers: string;
  /** The same through the proxy of `BrokerOptions.proxy`. */
  readonly proxied?: string;
  /** Ends it in order; a folder that it made itself is removed. May be called twice. */
  stop(): Promise<void>;
  /** SIGKILL. The data stays. */
  kill(): Promise<void>;
  /** Starts it again after `kill` on the same folder and port; resolves when it answers. */
  restart(): Promise<void>;
}

export interface BrokerOptions {
  /** Where its data lies; a temporary folder unless given. */
  readonly folder?: string;
  /** A free one unless given. */
  readonly port?: number;
  /** With the Java settings of a server, for measurements: tests want a broker that starts fast and takes little memory instead. */
  readonly server?: boolean;
  /** Puts a proxy before a second listener, whose port it is given; answers its own port, which clients of that listener are then told to use. */
  readonly proxy?: (port: number) => Promise<number>;
}

const JARS: Jars = { folder: 'kafka-4.3.1', pom: 'test/kafka/pom.xml' };
/** As Kafka's own start script sets them, which names the collector because Java would take a simpler one on a small machine. */
const SERVER = ['-Xmx1g', '-Xms1g', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20', '-XX:InitiatingHeapOccupancyPercent=35'];
const READY_WITHIN = 60_000;

/** Why there can be no broker on this machine, in Bahasa Indonesia; undefined when there can. */
export function kafkaAvailable(): string | undefined {
  return javaMissing(JARS);
}

/** Starts a broker and resolves when it answers. The first call on a machine fetches 54 MB of jars. */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const jars = await fetchJars(JARS);
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'sasando-kafka-'));
  mkdirSync(folder, { recursive: true });
  const port = options.port ?? (await freePort());
  const settings = join(folder, 'server.properties');
  const second = options.proxy && (await freePort());
  const proxy = second === undefined ? undefined : { port: second, advertised: await options.proxy!(second) };
  writeFileSync(settings, settingsOf(folder, port, await freePort(), proxy));
  const logging = logInto(folder);
  const java = (flags: readonly string[], main: string, ...args: string[]): string[] => [...flags, '-Xshare:auto', ...logging, '-cp', join(jars, '*'), main, ...args];
  const brief = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  if (!existsSync(join(folder, 'data', 'meta.properties'))) {
    const id = randomBytes(16).toString('base64url');
    await promisify(execFile)('java', java(['-Xmx128m', ...brief], 'kafka.tools.StorageTool', 'format', `--cluster-id=${id}`, '-c', settings));
  }

  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    child = startJava(java(options.server ? SERVER : ['-Xmx512m', ...brief], 'kafka.Kafka', settings), join(folder, 'output.log'));
    await answering(port, child, folder);
  };
  await start();
  return {
    brokers: `127.0.0.1:${port}`,
    ...(proxy && { proxied: `127.0.0.1:${proxy.advertised}` }),
    stop: async () => {
      await endJava(child, 'SIGTERM');
      if (!options.folder) rmSync(folder, { recursive: true, force: true });
    },
    kill: () => endJava(child, 'SIGKILL'),
    restart: start,
  };
}

async function answering(port: number, child: ChildProcess, folder: string): Promise<void> {
  const until = Date.now() + READY_WITHIN;
  for (;;) {
    if (hasEnded(child) || Date.now() > until) {
      child.kill('SIGKILL');
      const said = ['output.log', 'server.log'].map((name) => join(folder, name)).filter(existsSync).map((file) => readFileSync(file, 'utf8').slice(-4_000));
      throw new Error(`Broker Kafka tidak menyala di port ${port}:\n${said.join('\n')}`);
    }
    const open = await new Promise<boolean>((done) => {
      const socket = connect(port, '127.0.0.1', () => done(true)).on('error', () => done(false));
      socket.on('close', () => done(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((next) => setTimeout(next, 50));
  }
}

function settingsOf(folder: string, port: number, controller: number, proxy: { port: number; advertised: number } | undefined): string {
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}${proxy ? `,PROXIED://127.0.0.1:${proxy.port}` : ''}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}${proxy ? `,PROXIED://127.0.0.1:${proxy.advertised}` : ''}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(folder, 'data'),
    'num.partitions': 3,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1_000,
    'group.initial.rebalance.delay.ms': 0,
    'auto.create.topics.enable': false,
    // A broker that was killed may register again once its session is over.
    'broker.session.timeout.ms': 1_000,
    'broker.heartbeat.interval.ms': 100,
    'controller.quorum.election.timeout.ms': 200,
    'controller.quorum.fetch.timeout.ms': 500,
    'log.cleaner.dedupe.buffer.size': 16_777_216,
  }).map(([name, value]) => `${name}=${value}\n`).join('');
}
