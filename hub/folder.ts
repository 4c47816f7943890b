/** Keeps every path that a setting or a file name forms inside the folder it belongs to. */
import { isAbsolute, relative, resolve } from 'node:path';
import { SettingsError } from './errors.js';

/** Absolute path of `path` below `root`. @throws SettingsError when it would climb out. */
export function inside(root: string, path: string, setting = 'folder'): string {
  const absolute = resolve(root, path);
  const way = relative(root, absolute);
  if (way.startsWith('..') || isAbsolute(way) || path.includes('\0')) {
    throw new SettingsError([{ path: setting, message: `"${path}" berada di luar folder yang diizinkan; tulis folder di bawah folder berkas hub, tanpa ".."` }]);
  }
  return absolute;
}
