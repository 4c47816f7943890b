/** Folders that a setting names: no path leaves them, and what their disk answers is told to the runtime. */
import { isAbsolute, relative, resolve } from 'node:path';
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
