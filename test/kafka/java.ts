/** Java programs from Maven Central's jars as children of tests, benchmarks and development: the broker and what is measured beside it. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectFolder } from '../../hub/project.js';

/** Jars that belong together: `folder` in the cache, filled from a profile of a pom of ours. */
export interface Jars {
  /** Named with the version, so that another version is fetched. */
  readonly folder: string;
  /** Path in the project. */
  readonly pom: string;
  readonly profile?: string;
}

/** Why programs of these jars cannot run on this machine, in Bahasa Indonesia; undefined when they can. */
export function javaMissing(...needed: readonly Jars[]): string | undefined {
  const works = (command: string): boolean => {
    try {
      execFileSync(command, ['-version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  };
  if (!works('java')) return 'Java 17 tidak ditemukan';
  if (needed.some((jars) => !existsSync(cached(jars))) && !works('mvn')) return 'Maven tidak ditemukan';
  return undefined;
}

/** The folder of the jars. Fetches them when this machine has none yet. */
export async function fetchJars(jars: Jars): Promise<string> {
  const folder = cached(jars);
  if (existsSync(folder)) return folder;
  const partial = `${folder}.${randomUUID()}`;
  const profile = jars.profile === undefined ? [] : ['-P', jars.profile];
  try {
    await promisify(execFile)('mvn', ['-q', '-B', '-f', join(projectFolder, jars.pom), ...profile, 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${partial}`]);
    renameSync(partial, folder);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    // Another process may have been faster.
    if (!existsSync(folder)) throw new Error(`Jar dari ${jars.pom} tidak dapat diambil dari Maven Central; periksa jaringan dan ~/.m2/settings.xml.`, { cause: error });
  }
  return folder;
}

function cached(jars: Jars): string {
  return join(projectFolder, 'node_modules', '.cache', jars.folder);
}

/** Starts a program whose output is appended to a file. It ends when this process ends, however it ends: a helper waits for the end of its standard input. */
export function startJava(args: readonly string[], outputFile: string): ChildProcess {
  const output = openSync(outputFile, 'a');
  const child = spawn('java', args, { stdio: ['ignore', output, output] });
  closeSync(output);
  child.on('error', () => undefined);
  if (child.pid === undefined) return child;
  // Ctrl-C in a terminal reaches the helper as well.
  const guard = spawn('sh', ['-c', `trap '' INT; read _; kill -9 ${child.pid} 2>/dev/null`], { stdio: ['pipe', 'ignore', 'ignore'] });
  guard.unref();
  (guard.stdin as unknown as { unref(): void }).unref();
  guard.stdin.on('error', () => undefined);
  child.once('exit', () => guard.kill('SIGKILL'));
  return child;
}

/** Resolves when the program is gone; one that does not heed the signal is killed after 15 seconds. */
export async function endJava(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (!child || hasEnded(child)) return;
  const gone = new Promise<void>((done) => child.once('exit', () => done()));
  child.kill(signal);
  const force = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await gone;
  clearTimeout(force);
}

/** Arguments by which a program writes its warnings to `server.log` in the folder. */
export function logInto(folder: string): string[] {
  const settings = join(folder, 'log4j2.properties');
  writeFileSync(settings, `appender.file.type = File
appender.file.name = file
appender.file.fileName = ${join(folder, 'server.log')}
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d %p %m (%c)%n%ex
rootLogger.level = warn
rootLogger.appenderRef.file.ref = file
`);
  return [`-Dlog4j2.configurationFile=${settings}`];
}

export function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

export function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer().on('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    });
  });
}
