/** Room on the disks that the hub cannot do without: told as a sentence while there is none, and in the log when that begins and ends. */
import { statfsSync, statSync } from 'node:fs';
import type { Logger } from './connector.js';

export interface DiskWatch {
  /** What is wrong at present, for people. */
  faults(): string[];
  close(): void;
}

/** PostgreSQL asks for 16 MB at a time: with less than twice that its next write may fail. */
const LEAST = 32_000_000;
const LOOK_EVERY = 5_000;

/** One sentence per folder whose disk is full; `room` in bytes, undefined where it is not known. */
export function fullDisks(folders: readonly string[], roomOf: (folder: string) => number | undefined = room): string[] {
  return folders.flatMap((folder) => {
    const left = roomOf(folder);
    if (left === undefined || left >= LEAST) return [];
    return [`Disk penuh: untuk ${folder} tersisa ${Math.floor(left / 1_000_000)} MB. Kosongkan ruang; hub mencoba terus dan melanjutkan sendiri, tidak ada catatan yang hilang.`];
  });
}

export function watchDisks(folders: readonly string[], logger: Logger): DiskWatch {
  let full = false;
  const disks = [...new Map(folders.map((folder) => [statSync(folder).dev, folder] as const).reverse()).values()].reverse();
  const look = (): string[] => {
    const faults = fullDisks(disks);
    if (faults.length > 0 !== full) {
      full = !full;
      if (full) logger.error({}, faults[0]!);
      else logger.info({}, 'Ruang disk cukup lagi; hub melanjutkan.');
    }
    return faults;
  };
  look();
  const timer = setInterval(look, LOOK_EVERY);
  timer.unref();
  return { faults: look, close: () => clearInterval(timer) };
}

function room(folder: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
