/** `sasando read`: decoded records of a topic, once or as they come. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import colors from 'picocolors';
import type { Json } from '../record.js';
import { callHub } from './client.js';
import { jsonText, oneLine, time } from './output.js';

interface Page {
  readonly records: readonly { readonly partition: number; readonly offset: number; readonly key: string; readonly time: string; readonly value: Json }[];
  /** Where reading goes on. */
  readonly next: string;
  readonly end: boolean;
}

export function addRead(program: Command): void {
  program
    .command('read')
    .description('tampilkan catatan sebuah topik: partisi:offset, waktu, kunci, isi')
    .argument('<topik>', 'misalnya kependudukan.penduduk')
    .option('--from <awal>', 'start, end, atau waktu (2026-11-24, 2026-11-24T08:00:00Z); tanpa ini start, atau end dengan --follow')
    .option('--partition <nomor>', 'hanya partisi ini', whole)
    .option('--offset <nomor>', 'mulai offset ini (perlu --partition)', whole)
    .option('--limit <banyak>', 'paling banyak sekian catatan', whole)
    .option('--follow', 'terus menunggu catatan baru; Ctrl-C untuk berhenti')
    .option('--json', 'satu objek JSON per baris')
    .action(async (topic: string, options: ReadOptions) => {
      const query = new URLSearchParams();
      const from = options.from ?? (options.follow && options.offset === undefined ? 'end' : 'start');
      if (options.offset === undefined) query.set('from', from);
      for (const name of ['partition', 'offset'] as const) if (options[name] !== undefined) query.set(name, String(options[name]));
      const wanted = options.limit ?? (options.follow ? Infinity : 100);
      for (let given = 0; given < wanted; ) {
        query.set('limit', String(Math.min(wanted - given, 1_000)));
        const page = await callHub<Page>('GET', `/api/v1/topics/${encodeURIComponent(topic)}/records?${query}`);
        for (const record of page.records) process.stdout.write(`${options.json ? jsonText(record) : line(record)}\n`);
        given += page.records.length;
        if (page.end && given === 0 && !options.follow && !options.json) process.stderr.write(`Tidak ada catatan di ${topic} mulai dari sana.\n`);
        if (page.end && !options.follow) return;
        if (page.end) await sleep(500);
        for (const name of ['from', 'partition', 'offset']) query.delete(name);
        query.set('cursor', page.next);
      }
    });
}

interface ReadOptions {
  from?: string;
  partition?: number;
  offset?: number;
  limit?: number;
  follow?: boolean;
  json?: boolean;
}

function line(record: Page['records'][number]): string {
  return `${colors.dim(`${record.partition}:${record.offset} ${time(record.time)}`)} ${colors.bold(oneLine(record.key))} ${record.value === null ? colors.red('dihapus') : oneLine(JSON.stringify(record.value))}`;
}

/** A number from 0 on. */
export function whole(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('harus angka bulat mulai 0.');
  return Number(text);
}
