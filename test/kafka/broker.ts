/** A real Apache Kafka broker (KRaft, one node) for tests and development, from Maven Central's jars: no container, no installation. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectFolder } from '../../hub/project.js';

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
  /** Puts a proxy before a second listener, whose port it is given; answers its own port, which clients of that listener are then told to use. */
  readonly proxy?: (port: number) => Promise<number>;
}

const VERSION = '4.3.1';
const READY_WITHIN = 60_000;

/** Why there can be no broker on this machine, in Bahasa Indonesia; undefined when there can. */
export function kafkaAvailable(): string | undefined {
  const works = (command: string): boolean => {
    try {
      execFileSync(command, ['-version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  };
  if (!works('java')) return 'Java 17 tidak ditemukan';
  if (!existsSync(jarFolder()) && !works('mvn')) return 'Maven tidak ditemukan';
  return undefined;
}

/** Starts a broker and resolves when it answers. The first call on a machine fetches 54 MB of jars. */
export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const jars = await fetchJars();
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'sasando-kafka-'));
  mkdirSync(folder, { recursive: true });
  const port = options.port ?? (await freePort());
  const settings = join(folder, 'server.properties');
  const second = options.proxy && (await freePort());
  const proxy = second === undefined ? undefined : { port: second, advertised: await options.proxy!(second) };
  writeFileSync(settings, settingsOf(folder, port, await freePort(), proxy));
  writeFileSync(join(folder, 'log4j2.properties'), LOGGING);
  const java = (memory: string, main: string, ...args: string[]): string[] => [
    memory, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto', `-Dlog4j2.configurationFile=${join(folder, 'log4j2.properties')}`, `-Dkafka.logs.dir=${folder}`,
    '-cp', join(jars, '*'), main, ...args,
  ];
  if (!existsSync(join(folder, 'data', 'meta.properties'))) {
    const id = randomBytes(16).toString('base64url');
    await promisify(execFile)('java', java('-Xmx128m', 'kafka.tools.StorageTool', 'format', '-t', id, '-c', settings));
  }

  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const output = openSync(join(folder, 'output.log'), 'a');
    child = spawn('java', java('-Xmx512m', 'kafka.Kafka', settings), { stdio: ['ignore', output, output] });
    orphanGuard(child);
    await answering(port, child, folder);
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ending = child;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const gone = new Promise<void>((done) => ending.once('exit', () => done()));
    ending.kill(signal);
    const force = setTimeout(() => ending.kill('SIGKILL'), 15_000);
    await gone;
    clearTimeout(force);
  };
  await start();
  return {
    brokers: `127.0.0.1:${port}`,
    ...(proxy && { proxied: `127.0.0.1:${proxy.advertised}` }),
    stop: async () => {
      await end('SIGTERM');
      if (!options.folder) rmSync(folder, { recursive: true, force: true });
    },
    kill: () => end('SIGKILL'),
    restart: start,
  };
}

function jarFolder(): string {
  return join(projectFolder, 'node_modules', '.cache', `kafka-${VERSION}`);
}

async function fetchJars(): Promise<string> {
  const folder = jarFolder();
  if (existsSync(folder)) return folder;
  const partial = `${folder}.${randomUUID()}`;
  try {
    await promisify(execFile)('mvn', ['-q', '-B', '-f', join(projectFolder, 'test', 'kafka', 'pom.xml'), 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${partial}`]);
    renameSync(partial, folder);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    // Another process may have been faster.
    if (!existsSync(folder)) throw new Error('Jar Kafka tidak dapat diambil dari Maven Central; periksa jaringan dan ~/.m2/settings.xml.', { cause: error });
  }
  return folder;
}

/** Ends the broker when this process ends, however it ends: a helper waits for the end of its standard input. */
function orphanGuard(child: ChildProcess): void {
  const guard = spawn('sh', ['-c', `read _; kill -9 ${child.pid} 2>/dev/null`], { stdio: ['pipe', 'ignore', 'ignore'] });
  guard.unref();
  (guard.stdin as unknown as { unref(): void }).unref();
  guard.stdin.on('error', () => undefined);
  child.once('exit', () => guard.kill('SIGKILL'));
}

async function answering(port: number, child: ChildProcess, folder: string): Promise<void> {
  const until = Date.now() + READY_WITHIN;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > until) {
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

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer().on('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    });
  });
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

const LOGGING = `appender.file.type = File
appender.file.name = file
appender.file.fileName = \${sys:kafka.logs.dir}/server.log
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d %p %m (%c)%n%ex
rootLogger.level = warn
rootLogger.appenderRef.file.ref = file
`;
