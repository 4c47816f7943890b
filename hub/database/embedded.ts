/** The PostgreSQL that ships inside npm packages, run as a child of the hub: on 127.0.0.1, a free port, with a password of its own. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, closeSync, existsSync, linkSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { messageOf } from '../errors.js';
import { isRoot, NOBODY, nativeFolder, reachable, sharedFolder } from './native.js';
import { privateFiles, privateFolder } from './private-folder.js';

export interface EmbeddedPostgres {
  /** Connection string of the hub's database. It stays the same when PostgreSQL crashes: it is then started again on the same port. */
  readonly url: string;
  /** Folder of its data. */
  readonly cluster: string;
  /** Stops PostgreSQL. May be called twice. */
  close(): Promise<void>;
}

const user = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
const run = promisify(execFile);
/** Session lock by which a hub tells others that it lives: it goes with its connection, so a killed hub holds nothing. */
const HUB_LOCK = 7_267_001;
const SETTINGS = {
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '64MB',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  // Errors quote rows; personal data stays out of the log.
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
};

/**
 * Starts PostgreSQL on a cluster in `folder`, creating it at the first call. A postmaster that a killed hub left behind is stopped first.
 * Where the hub is root and `folder` cannot be reached by `nobody`, the cluster lies elsewhere and the file `postgres-place` in the folder says where.
 * @throws Error with one sentence when another living hub uses the folder, or when the platform has no package.
 */
export async function startEmbedded(folder: string, options: { host?: string; port?: number } = {}): Promise<EmbeddedPostgres> {
  folder = resolve(folder);
  privateFolder(folder, { passage: isRoot });
  privateFiles(folder);
  const native = nativeFolder(folder);
  const cluster = clusterFolder(folder);
  privateFolder(dirname(cluster), { passage: isRoot });
  const passwordFile = join(folder, 'postgres-password');
  if (!existsSync(join(cluster, 'PG_VERSION'))) await initialise(native, cluster, passwordFile);
  if (!existsSync(passwordFile)) throw new Error(`Kata sandi PostgreSQL bawaan hilang: berkas ${passwordFile} tidak ada, padahal datanya ada di ${cluster}. Kembalikan berkas itu dari cadangan.`);
  const password = readFileSync(passwordFile, 'utf8').trim();
  await stopOrphan(folder, cluster, password);

  const host = options.host ?? '127.0.0.1';
  const all = ['0.0.0.0', '::', '*'].includes(host);
  writeAccess(cluster, host !== '127.0.0.1');
  const server = { native, cluster, log: join(folder, 'postgres.log'), listen: all ? host : [...new Set(['127.0.0.1', host])].join(',') };
  let port = 0;
  let child: ChildProcess | undefined;
  for (let attempt = 1; !child; attempt++) {
    port = options.port ?? (await freePort());
    child = await startServer(server, port, password).catch((error: unknown) => {
      if (existsSync(join(cluster, 'postmaster.pid'))) throw new Error(inUse(folder), { cause: error });
      if (options.port !== undefined || attempt === 5) throw new Error(`PostgreSQL bawaan tidak dapat dijalankan: ${messageOf(error)}. Lihat ${server.log}.`, { cause: error });
      return undefined;
    });
  }
  let lock: pg.Client | undefined;
  let watchdog: ChildProcess | undefined;
  let closing: Promise<void> | undefined;

  const guard = async (started: ChildProcess) => {
    watchdog = watch(started.pid!);
    started.once('exit', () => void revive());
    const client = new pg.Client({ connectionString: address(port, password, 'postgres'), application_name: 'sasando hub' });
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [HUB_LOCK]);
    if (!rows[0]?.taken) {
      await client.end();
      throw new Error(inUse(folder));
    }
    lock = client;
  };
  const revive = async () => {
    watchdog?.kill('SIGKILL');
    for (let wait = 50; !closing; wait = Math.min(wait * 2, 5_000)) {
      try {
        child = await startServer(server, port, password);
        if (closing) child.kill('SIGINT');
        else await guard(child);
        return;
      } catch {
        await sleep(wait);
      }
    }
  };
  const stop = async () => {
    watchdog?.kill('SIGKILL');
    await lock?.end().catch(() => undefined);
    if (child) await stopProcess(child.pid!, () => child!.exitCode !== null || child!.signalCode !== null);
  };

  try {
    await guard(child);
    await createDatabase(address(port, password, 'postgres'));
  } catch (error) {
    await (closing ??= stop());
    throw error;
  }
  return { url: address(port, password, 'sasando'), cluster, close: () => (closing ??= stop()) };
}

function inUse(folder: string): string {
  return `Folder data ${folder} sedang dipakai hub lain yang masih berjalan. Hentikan hub itu dahulu, atau pilih folder lain dengan SASANDO_DATA_DIR.`;
}

function address(port: number, password: string, database: string): string {
  return `postgres://sasando:${password}@127.0.0.1:${port}/${database}`;
}

function clusterFolder(folder: string): string {
  const placeFile = join(folder, 'postgres-place');
  if (existsSync(placeFile)) return readFileSync(placeFile, 'utf8').trim();
  const inside = join(folder, 'postgres');
  if (!isRoot || reachable(inside)) return inside;
  // Closed after the first start: its data must not seem to be gone.
  if (existsSync(join(inside, 'PG_VERSION'))) {
    chmodSync(folder, 0o711);
    if (reachable(inside)) return inside;
    throw new Error(`PostgreSQL bawaan berjalan sebagai pengguna "nobody", yang tidak dapat lagi mencapai datanya di ${inside}. Buka jalan lewat folder di atasnya dengan "chmod o+x", lalu jalankan hub kembali.`);
  }
  const place = join(sharedFolder(), `data-${randomBytes(6).toString('hex')}`, 'postgres');
  writeFileSync(placeFile, `${place}\n`, { mode: 0o600 });
  return place;
}

/** Made beside its final name and renamed, so that a crash leaves no half cluster and of two hubs one wins. */
async function initialise(native: string, cluster: string, passwordFile: string): Promise<void> {
  const partial = `${cluster}.${randomBytes(4).toString('hex')}`;
  const pwfile = `${partial}.password`;
  mkdirSync(partial, { mode: 0o700 });
  keepPassword(passwordFile);
  writeFileSync(pwfile, readFileSync(passwordFile), { mode: 0o600 });
  if (isRoot) for (const path of [partial, pwfile]) chownSync(path, NOBODY, NOBODY);
  try {
    const parameters = ['-D', partial, '-U', 'sasando', '-A', 'scram-sha-256', '--pwfile', pwfile, '-E', 'UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    await run(join(native, 'bin/initdb'), parameters, { ...user, env: environment(native), cwd: '/' });
    renameSync(partial, cluster);
  } catch (error) {
    if (!existsSync(join(cluster, 'PG_VERSION'))) {
      throw new Error(`PostgreSQL bawaan tidak dapat menyiapkan ${cluster}: ${(error as { stderr?: string }).stderr?.trim().split('\n').at(-1) || messageOf(error)}`, { cause: error });
    }
  } finally {
    rmSync(partial, { recursive: true, force: true });
    rmSync(pwfile, { force: true });
  }
}

/** Appears whole or not at all, once. */
function keepPassword(passwordFile: string): void {
  const whole = `${passwordFile}.${randomBytes(4).toString('hex')}`;
  writeFileSync(whole, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  try {
    linkSync(whole, passwordFile);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(whole);
  }
}

function environment(native: string): NodeJS.ProcessEnv {
  const library = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
  return { ...(process.platform === 'win32' ? process.env : {}), PATH: process.env.PATH, LC_ALL: 'C', [library]: join(native, 'lib') };
}

function writeAccess(cluster: string, fromOutside: boolean): void {
  const lines = ['127.0.0.1/32', '::1/128', ...(fromOutside ? ['all'] : [])].map((from) => `host all all ${from} scram-sha-256`);
  writeFileSync(join(cluster, 'pg_hba.conf'), `# Written by the hub at each start.\n${lines.join('\n')}\n`);
}

/** Resolves when the server answers; rejects when its process ends first. */
async function startServer(server: { native: string; cluster: string; log: string; listen: string }, port: number, password: string): Promise<ChildProcess> {
  const kept = existsSync(server.log) && statSync(server.log).size < 10_000_000;
  const log = openSync(server.log, kept ? 'a' : 'w', 0o600);
  const settings = Object.entries({ ...SETTINGS, listen_addresses: server.listen, port: String(port) }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  // A group of its own: Ctrl-C in a terminal reaches the hub, which drains before it stops PostgreSQL.
  const child = spawn(join(server.native, 'bin/postgres'), ['-D', server.cluster, ...settings], {
    ...user, cwd: '/', env: environment(server.native), detached: true, stdio: ['ignore', log, log],
  });
  closeSync(log);
  let ended: string | undefined;
  child.once('exit', (code, signal) => (ended = `proses berakhir (${signal ?? code})`));
  child.once('error', (error) => (ended = error.message));
  child.unref();
  for (const limit = Date.now() + 60_000; ; await sleep(15)) {
    if (ended !== undefined) throw new Error(ended);
    if (await answers(address(port, password, 'postgres'))) return child;
    if (Date.now() > limit) {
      child.kill('SIGQUIT');
      throw new Error('tidak menjawab dalam 60 detik');
    }
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  return client.connect().then(
    () => client.end().then(() => true),
    () => false,
  );
}

/** Stops PostgreSQL when the hub dies without a word: the shell's input ends with the hub. */
function watch(pid: number): ChildProcess | undefined {
  if (process.platform === 'win32') return undefined;
  const child = spawn('/bin/sh', ['-c', `read line; kill -INT ${pid}`], { ...user, cwd: '/', env: {}, detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.on('error', () => undefined);
  child.unref();
  (child.stdin as { unref?(): void } | null)?.unref?.();
  return child;
}

/** Stops a postmaster whose hub is gone. */
async function stopOrphan(folder: string, cluster: string, password: string): Promise<void> {
  const file = join(cluster, 'postmaster.pid');
  for (const limit = Date.now() + 30_000; existsSync(file); await sleep(15)) {
    const [pidLine, , startLine, portLine] = readFileSync(file, 'utf8').split('\n');
    const pid = Number(pidLine);
    if (!isPostmaster(pid, cluster)) return rmSync(file, { force: true });
    const client = new pg.Client({ connectionString: address(Number(portLine), password, 'postgres') });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [HUB_LOCK]);
      if (!rows[0]?.taken) throw new Error(inUse(folder));
      // Just started: its hub may be about to take the lock.
      if (Date.now() / 1000 - Number(startLine) < 2) continue;
      await stopProcess(pid, () => !isPostmaster(pid, cluster));
      return;
    } catch (error) {
      // Starting or on its way down: look again.
      if (messageOf(error) === inUse(folder)) throw error;
      if (Date.now() > limit) throw new Error(`PostgreSQL lama (proses ${pid}) pada ${cluster} tidak menjawab. Hentikan proses itu, lalu jalankan hub kembali.`, { cause: error });
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** A process number may be somebody else's by now. */
function isPostmaster(pid: number, cluster: string): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(cluster);
  } catch {
    return false;
  }
}

async function stopProcess(pid: number, ended: () => boolean): Promise<void> {
  const send = (signal: NodeJS.Signals) => {
    try {
      if (!ended()) process.kill(pid, signal);
    } catch {
      // Gone in between.
    }
  };
  send('SIGINT');
  for (const since = Date.now(); !ended(); await sleep(10)) if (Date.now() - since > 6_000) send('SIGQUIT');
}

async function createDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rowCount } = await client.query(`SELECT 1 FROM pg_database WHERE datname = 'sasando'`);
    if (!rowCount) await client.query('CREATE DATABASE sasando');
  } finally {
    await client.end();
  }
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer().once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}
