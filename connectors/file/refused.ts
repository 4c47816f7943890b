/** A file refused as a whole goes to `gagal/` with a text beside it that says why; sent again in good order under its name, it closes its case. */
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UTC_OFFSET } from '../../hub/calendar.js';
import { textIfThere } from '../../hub/folder.js';
import type { Fault } from '../../hub/record.js';

const FOLDER = 'gagal';
const REPORT = '-alasan.txt';

interface Refusal {
  readonly folder: string;
  readonly file: string;
  readonly hash: string;
  readonly faults: readonly Fault[];
  /** Absent where the hub stopped before it could be noted. */
  readonly caseId?: string | undefined;
  readonly now: Date;
}

/** The text is there before the file is moved: whoever finds the file finds the reason. Doing it twice is harmless. */
export async function refuseFile({ folder, file, hash, faults, caseId, now }: Refusal): Promise<void> {
  await mkdir(join(folder, FOLDER), { recursive: true });
  if (caseId !== undefined) await replace(noteOf(folder, file), caseId);
  const taken = await access(join(folder, FOLDER, file)).then(() => true, () => false);
  const target = join(folder, FOLDER, taken ? `${hash.slice(0, 8)}-${file}` : file);
  await replace(`${target}${REPORT}`, reportOf(file, faults, caseId, now));
  await rename(join(folder, file), target);
}

/** Case of a file of this name that was refused and has not come again in good order. */
export async function caseOfRefused(folder: string, file: string): Promise<string | undefined> {
  return textIfThere(noteOf(folder, file));
}

export async function forgetRefused(folder: string, file: string): Promise<void> {
  await rm(noteOf(folder, file), { force: true });
}

/** A report that was copied back together with its file is no data. */
export function isReport(file: string): boolean {
  return file.endsWith(REPORT);
}

/** Others may write in this folder: what they made in this place, and a link above all, is not written through. */
async function replace(path: string, text: string): Promise<void> {
  await rm(path, { force: true });
  await writeFile(path, text, { flag: 'wx' });
}

function noteOf(folder: string, file: string): string {
  return join(folder, FOLDER, `.${file}.kasus`);
}

/** Lines end as old Notepad wants it. */
function reportOf(file: string, faults: readonly Fault[], caseId: string | undefined, now: Date): string {
  const wita = new Date(now.getTime() + UTC_OFFSET).toISOString();
  return [
    `Berkas ${file} ditolak seluruhnya; tidak satu pun barisnya masuk.`,
    `Waktu: ${wita.slice(0, 10)} ${wita.slice(11, 16)} WITA`,
    ...(caseId === undefined ? [] : [`Nomor kasus: ${caseId}`]),
    ...faults.flatMap(({ path, message, repair }) => ['', `Alasan: ${path ? `${path}: ` : ''}${message}`, ...(repair === undefined ? [] : [`Perbaikan: ${repair}`])]),
    '',
    `Taruh berkas yang sudah benar di folder semula dengan nama ${file}${caseId === undefined ? '' : '; kasusnya tertutup sendiri'}.`,
    '',
  ].join('\r\n');
}
