/** Folders and files that only the user who runs the hub may open: they hold citizens' data and passwords. */
import { chmodSync, lstatSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Makes `folder`, or tightens one that an earlier start or somebody else made. With `passage` others may pass through it to what they may open (0711), but not look into it;
 * a folder that is 0700 already stays so. Parents that are missing are made with the usual rights.
 * @returns a sentence for people when others can still look into it, since it belongs to another user.
 */
export function privateFolder(folder: string, { passage = false } = {}): string | undefined {
  const mode = passage ? 0o711 : 0o700;
  mkdirSync(dirname(folder), { recursive: true });
  try {
    mkdirSync(folder, { mode });
    // Whatever the umask takes away.
    chmodSync(folder, mode);
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  if (tighten(folder, mode)) return undefined;
  return `Folder ${folder} dapat dibuka pengguna lain di server ini dan izinnya tidak dapat diperketat. Jadikan milik pengguna yang menjalankan hub (chown), lalu jalankan hub kembali.`;
}

/** The same for a folder inside one of the hub's. One that leads elsewhere (a link, a mounted disk) is the technician's and stays as it is. */
export function privateInside(parent: string, name: string): string | undefined {
  const folder = join(parent, name);
  const found = lstatSync(folder, { throwIfNoEntry: false });
  const elsewhere = found !== undefined && (found.isSymbolicLink() || found.dev !== statSync(parent).dev);
  return elsewhere ? undefined : privateFolder(folder);
}

/** Files that lie directly in `folder` become readable for their owner alone, as far as they are ours. */
export function privateFiles(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isFile()) tighten(join(folder, entry.name), 0o600);
}

/** Takes away what others may do beyond `most`. @returns whether nothing of that is left. */
function tighten(path: string, most: number): boolean {
  // Windows keeps rights in another way: a user's folder is his own there.
  if (process.platform === 'win32') return true;
  const found = statSync(path, { throwIfNoEntry: false });
  const allowed = most | 0o700;
  if (!found || (found.mode & 0o777 & ~allowed) === 0) return true;
  try {
    chmodSync(path, found.mode & allowed);
    return true;
  } catch {
    return false;
  }
}
