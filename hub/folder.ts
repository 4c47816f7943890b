/** Folders that a setting names, and the files in them: no path leaves a folder, a file is written whole, and what the disk answers is told to the runtime. */
import { createHash } from 'node:crypto';
import { access, constants, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { RetriableError, SettingsError } from './errors.js';

/** Absolute path of `path` below `root`. @throws SettingsError when it would climb out. */
export function inside(root: string, path: string, setting = 'folder'): string {
  const absolute = resolve(root, path);
  const way = relative(root, absolute);
  if (way.startsWith('..') || isAbsolute(way) || path.includes('\0')) {
    throw new SettingsError([{ path: setting, message: `"${path}" berada di luar folder yang diizinkan; tulis folder di bawah folder berkas hub, tanpa ".."` }]);
  }
  return absolute;
}

/** Makes `folder` below `root` where it is missing. @throws RetriableError when the hub may not read and write there, SettingsError when it would climb out. */
export async function proveFolder(root: string, folder: string): Promise<void> {
  const path = inside(root, folder);
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.R_OK | constants.W_OK);
  } catch (cause) {
    throw new RetriableError(`Folder ${folder} tidak dapat dibaca dan ditulis; periksa izin folder itu.`, { cause });
  }
}

/** On disk and under its name before this resolves; until then the name leads to what was there before. Readable for the owner's group. */
export async function writeWhole(path: string, content: string | Buffer): Promise<void> {
  // Short, whatever the file is called.
  const temporary = join(dirname(path), `.${process.pid}-${createHash('sha256').update(path).digest('hex').slice(0, 12)}.tmp`);
  try {
    const handle = await open(temporary, 'w', 0o640);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** The text of a file, undefined when it is not there. One that cannot be read is not taken for missing: its error is thrown. */
export async function textIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What ends by itself, or once a person has made room or given rights. Wrong in itself, so not among them: a name that is too long, a folder where a file should be. */
const PASSING: Readonly<Record<string, string>> = {
  ENOSPC: 'disk penuh; kosongkan ruang',
  EDQUOT: 'kuota disk habis; kosongkan ruang',
  EROFS: 'disk hanya dapat dibaca; periksa disk itu',
  EIO: 'disk tidak dapat dibaca atau ditulis; periksa disk itu',
  EACCES: 'hub tidak berhak; periksa izin folder itu',
  EPERM: 'hub tidak berhak; periksa izin folder itu',
  ENOENT: 'berkas atau folder hilang saat dipakai',
  EBUSY: 'sedang dipakai program lain',
  ...Object.fromEntries(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'ESTALE', 'ETIMEDOUT', 'ENOTCONN', 'EHOSTDOWN', 'EHOSTUNREACH'].map((code) => [code, `sedang tidak dapat dipakai (${code})`])),
};

/** An error of the file system by outcome: RetriableError for what passes; anything else as it is. `folder`: as the setting names it. */
export function diskOutcome(error: unknown, folder: string): unknown {
  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  const sentence = typeof code === 'string' && typeof syscall === 'string' ? PASSING[code] : undefined;
  return sentence === undefined ? error : new RetriableError(`Folder ${folder}: ${sentence}.`, { cause: error });
}
