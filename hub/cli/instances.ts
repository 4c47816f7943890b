/** `sasando instances`: what is configured, how it fares, and its switches. */
import type { Command } from 'commander';
import colors from 'picocolors';
import type { Json } from '../record.js';
import type { InstanceStatus } from '../runtime/supervisor.js';
import { callHub } from './client.js';
import { count, oneLine, print, state, table, time } from './output.js';

const DONE: Readonly<Record<string, string>> = { pause: 'dijeda', resume: 'dilanjutkan', stop: 'dihentikan', restart: 'dimulai ulang' };
const EXPLAINED: Readonly<Record<string, string>> = {
  pause: 'jeda: berhenti membaca, tetap siap dilanjutkan',
  resume: 'lanjutkan yang dijeda atau dihentikan',
  stop: 'hentikan sampai dilanjutkan orang',
  restart: 'mulai ulang dari posisi terakhir',
};

export function addInstances(program: Command): void {
  const command = program.command('instances').description('instans konektor: daftar, rincian, jeda, lanjut, berhenti');
  command
    .command('list', { isDefault: true })
    .description('daftar semua instans')
    .option('--json', 'cetak sebagai JSON')
    .action(async (options: { json?: boolean }) => print(await callHub<InstanceStatus[]>('GET', '/api/v1/instances'), options.json, instanceTable));
  command
    .command('show')
    .description('rincian satu instans')
    .argument('<nama>', 'nama instans')
    .option('--json', 'cetak sebagai JSON')
    .action(async (name: string, options: { json?: boolean }) => {
      print(await callHub<Record<string, Json>>('GET', `/api/v1/instances/${encodeURIComponent(name)}`), options.json, details);
    });
  for (const action of Object.keys(DONE)) {
    command
      .command(action)
      .description(EXPLAINED[action]!)
      .argument('<nama>', 'nama instans')
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
