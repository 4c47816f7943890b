/** Bank NTT as seen from the hub: takes each batch file from its folder and answers with a return file, a few lines failed or sent back. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { putCsv } from './files.js';

/** Answers every batch that has no return file yet. `now`: when the bank processes them. */
export function answerBatches(files: string, now: Date): number {
  const folder = join(files, 'bank/batch');
  const answers = join(files, 'bank/balasan');
  let answered = 0;
  for (const control of existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.kontrol.json')) : []) {
    const name = `balasan-${control.replace('.csv.kontrol.json', '')}.csv`;
    if (existsSync(join(answers, name)) || archived(answers, name)) continue;
    const { id_batch: batch, nomor_sp2d: warrant } = JSON.parse(readFileSync(join(folder, control), 'utf8')) as { id_batch: string; nomor_sp2d: string };
    const [, ...lines] = readFileSync(join(folder, control.replace('.kontrol.json', '')), 'utf8').trim().split(/\r?\n/);
    putCsv(answers, name, lines.map((line) => rowOf(line, batch, warrant, now)));
    answered++;
  }
  return answered;
}

function rowOf(line: string, batch: string, warrant: string, now: Date): object {
  const [number = '', bank = '', account = '', name = '', amount = '', , nip = ''] = line.split(';');
  // Every 400th account is closed, every 401st transfer comes back a day later.
  const status = Number(number) % 400 === 0 ? '01' : Number(number) % 401 === 0 ? '02' : '00';
  return {
    ID_BATCH: batch, NO_URUT: number, NO_SP2D: warrant, NIP: nip, NAMA: name, KODE_BANK: bank, REKENING: account, JUMLAH: amount, STATUS: status,
    ALASAN: status === '00' ? '' : status === '01' ? 'Rekening tidak aktif' : 'Nama penerima berbeda', WAKTU: now.toISOString().slice(0, 19).replace('T', ' '),
  };
}

function archived(folder: string, name: string): boolean {
  return existsSync(join(folder, 'arsip')) && readdirSync(join(folder, 'arsip')).some((file) => file.endsWith(name));
}
