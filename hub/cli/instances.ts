/** `sasando instances`: what is configured, how it fares, and its switches. */
import type { Command } from 'commander';
import colors from 'picocolors';
import type { Json } from '../record.js';
import type { InstanceStatus } from '../runtime/instance-status.js';
import { callHub } from './client.js';
import { count, oneLine, print, state, table, time } from './output.js';

const DONE: Readonly<Record<string, string>> = { pause: 'dijeda', resume: 'dilanjutkan', stop: 'dihentikan', restart: 'dimulai ulang' };
const EXPLAINED: Readonly<Record<string, string>> = {
  pause: 'jeda: selesaikan yang sedang dikerjakan, lalu berhenti sampai resume atau restart',
  resume: 'lanjutkan yang dijeda, dihentikan, atau berhenti sendiri',
  stop: 'hentikan untuk waktu lama, misalnya sistem OPD dipindah; berjalan lagi dengan resume atau restart',
  restart: 'mulai ulang dari posisi terakhir; yang dijeda, berhenti atau gagal dijalankan lagi',
};

/** What the states mean to whoever sees them. */
export const STATES = `
Keadaan:
  mulai      sedang menghubungi sistem OPD
  berjalan   bekerja; yang dibaca atau dikirim terbukti baru
  menunggu   sistem OPD tidak menjawab; dicoba lagi sendiri
  macet      seharusnya sudah membaca tetapi belum; periksa sistem OPD, lalu restart
  siaga      dijalankan hub lain
  dijeda     oleh orang, atau karena bentuk datanya berubah; lihat sebabnya, lalu resume
  berhenti   oleh orang, atau karena pengaturan atau kata sandi salah; perbaiki, lalu restart
  gagal      kesalahan program; laporkan sebabnya, lalu restart`;

export function addInstances(program: Command): void {
  const command = program.command('instances').description('instans (sambungan ke satu sistem OPD): daftar, rincian, jeda, lanjut, berhenti').addHelpText('after', STATES);
  command
    .command('list', { isDefault: true })
    .description('daftar semua instans')
    .option('--json', 'cetak sebagai JSON')
    .action(async (options: { json?: boolean }) => print(await callHub<InstanceStatus[]>('GET', '/api/v1/instances'), options.json, instanceTable));
  command
    .command('show')
    .description('rincian satu instans')
    .argument('<nama>', 'nama instans, seperti pada "sasando instances list"')
    .option('--json', 'cetak sebagai JSON')
    .action(async (name: string, options: { json?: boolean }) => {
      print(await callHub<Record<string, Json>>('GET', `/api/v1/instances/${encodeURIComponent(name)}`), options.json, details);
    });
  for (const action of Object.keys(DONE)) {
    command
      .command(action)
      .description(EXPLAINED[action]!)
      .argument('<nama>', 'nama instans, seperti pada "sasando instances list"')
      .option('--json', 'cetak sebagai JSON')
      .action(async (name: string, options: { json?: boolean }) => {
        const row = await callHub<InstanceStatus>('POST', `/api/v1/instances/${encodeURIComponent(name)}/${action}`);
        print(row, options.json, () => `${colors.green('✓')} ${name} ${DONE[action]} (sekarang ${state(row.state)}).`);
      });
  }
}

/** Instances as a table, errors below it. */
export function instanceTable(rows: readonly InstanceStatus[]): string {
  if (rows.length === 0) return 'Belum ada instans. Tulis satu di config/connectors/<opd>/<nama>.yaml, lalu jalankan "sasando apply".';
  const lines = table(
    ['INSTANS', 'OPD', 'KONEKTOR', 'KEADAAN', 'MASUK', 'KELUAR', 'SARING', 'KASUS', 'TERAKHIR'],
    rows.map((row) => [row.name, row.owner, row.connector, { ours: state(row.state) }, count(row.recordsIn), count(row.recordsOut), count(row.filtered), count(row.cases), time(row.lastActivity)]),
    [4, 5, 6, 7],
  );
  const errors = rows.flatMap((row) => {
    const said = row.error ?? (row.state === 'RUNNING' ? null : row.reason);
    return said === null ? [] : [(row.state === 'RUNNING' ? colors.yellow : colors.red)(`! ${row.name}: ${oneLine(said)}`)];
  });
  return [lines, ...(errors.length > 0 ? ['', ...errors] : [])].join('\n');
}

/** Name and value, line by line. */
export function details(value: Readonly<Record<string, Json>>): string {
  const width = Math.max(...Object.keys(value).map((name) => name.length));
  return Object.entries(value)
    .map(([name, content]) => `${colors.bold(name.padEnd(width))}  ${oneLine(typeof content === 'string' ? content : JSON.stringify(content))}`)
    .join('\n');
}
