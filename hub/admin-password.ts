/** The administrator's password: from the environment, or made once and kept in the data folder. */
import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface AdminPassword {
  readonly password: string;
  /** `made`: just now, to be shown once. */
  readonly source: 'environment' | 'made' | 'file';
  readonly file: string;
}

export function adminPassword(dataFolder: string, given: string | undefined): AdminPassword {
  const file = join(dataFolder, 'admin-password');
  if (given !== undefined) return { password: given, source: 'environment', file };
  const made = randomBytes(18).toString('base64url');
  try {
    // `wx`: of two hubs that start at once one wins, and both read the same.
    writeFileSync(file, `${made}\n`, { mode: 0o600, flag: 'wx' });
    return { password: made, source: 'made', file };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const password = readFileSync(file, 'utf8').trim();
  if (password.length < 8) throw new Error(`Berkas kata sandi ${file} kosong atau terlalu pendek. Hapus berkas itu agar dibuatkan yang baru, atau isi SASANDO_ADMIN_PASSWORD.`);
  chmodSync(file, 0o600);
  return { password, source: 'file', file };
}
