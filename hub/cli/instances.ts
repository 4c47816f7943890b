/** `sasando instances`: what is configured, how it fares, and its switches. */
import type { Command } from 'commander';
import colors from 'picocolors';
import { STATE_WORDS } from '../api/state-word.js';
import type { Json } from '../record.js';
import type { InstanceStateName, InstanceStatus } from '../runtime/instance-status.js';
import { callHub } from './client.js';
import { count, oneLine, print, state, table, time } from './output.js';

interface InstanceDetails extends InstanceStatus {
  readonly position: Json;
}

const KINDS: Readonly<Record<InstanceStatus['kind'], string>> = { source: 'membaca', receiver: 'menerima', sink: 'mengirim' };
/** States that a person may have wanted. */
const BY_PERSON: Partial<Record<InstanceStateName, string>> = { PAUSED: 'dijeda', STOPPED: 'dihentikan' };
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
  gagal      kesalahan program; laporkan sebabnya, lalu restart

Kolom:
  MASUK      catatan yang dibaca, juga yang dibaca lagi
  KELUAR     catatan yang lewat: ditulis ke topik, atau terkirim ke sistem OPD
  SARING     yang tidak diteruskan: tidak berubah, atau disaring aturan instansnya
  KASUS      catatan yang ditolak dan belum dibetulkan
  TERAKHIR   kapan terakhir ada catatan yang dibaca atau dikirim (WITA)`;

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
      print(await callHub<InstanceDetails>('GET', `/api/v1/instances/${encodeURIComponent(name)}`), options.json, details);
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
    const byPerson = BY_PERSON[row.state];
    if (byPerson !== undefined && said?.startsWith('oleh ')) return [colors.yellow(`! ${row.name}: ${byPerson} ${oneLine(said)}; lanjutkan dengan "sasando instances resume ${row.name}"`)];
    return said === null ? [] : [(row.state === 'RUNNING' ? colors.yellow : colors.red)(`! ${row.name}: ${oneLine(said)}`)];
  });
  return [lines, ...(errors.length > 0 ? ['', ...errors] : [])].join('\n');
}

/** One instance, line by line. */
function details(row: InstanceDetails): string {
  const lines: readonly (readonly [string, string])[] = [
    ['Nama', row.name],
    ['OPD', row.owner],
    ['Isi', row.summary],
    ['Konektor', `${row.connector} (${KINDS[row.kind]})`],
    ['Keadaan', `${STATE_WORDS[row.state]} sejak ${time(row.since)}${row.reason === null ? '' : `: ${row.reason}`}`],
    ['Galat', row.error ?? 'tidak ada'],
    ['Masuk', count(row.recordsIn)],
    ['Keluar', count(row.recordsOut)],
    ['Saring', count(row.filtered)],
    ['Kasus', count(row.cases)],
    ['Terakhir', time(row.lastActivity)],
    ['Putaran', `terakhir ${time(row.lastRun)}, berikutnya ${time(row.nextRun)}`],
    ['Posisi', row.position === null ? 'awal' : JSON.stringify(row.position)],
  ];
  return lines.map(([name, text]) => `${colors.bold(name.padEnd(8))}  ${oneLine(text)}`).join('\n');
}
