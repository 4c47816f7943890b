/** `sasando cases`: records that could not pass, at the OPD that produced them. */
import type { Command } from 'commander';
import { Option } from 'commander';
import colors from 'picocolors';
import { parseJson } from '../json.js';
import type { Fault, Json } from '../record.js';
import { callHub, CommandError } from './client.js';
import { count, oneLine, print, table, time } from './output.js';
import { whole } from './read.js';

interface CaseRow {
  readonly id: string;
  readonly owner: string;
  readonly instance: string;
  readonly topic: string;
  readonly state: string;
  readonly faults: readonly Fault[];
  readonly origin?: string | null;
  readonly time: string;
}

interface CaseDetails extends CaseRow {
  readonly payload: Json;
  readonly seen: number;
  readonly openedAt: string;
  readonly closing?: { readonly because: string; readonly by?: string; readonly time: string } | null;
}

const CLOSED: Readonly<Record<string, string>> = { accepted: 'catatan itu datang lagi dan lewat', mended: 'lembar yang dibetulkan sudah dikirim', person: 'oleh' };

export function addCases(program: Command): void {
  const command = program.command('cases').description('kasus: catatan yang ditolak beserta sebabnya; diperbaiki OPD asalnya');
  command
    .command('list', { isDefault: true })
    .description('daftar kasus, yang terbuka saja kecuali diminta lain')
    .option('--instance <nama>', 'hanya dari instans ini')
    .option('--owner <opd>', 'hanya milik OPD ini')
    .addOption(new Option('--state <keadaan>', 'keadaan kasus').choices(['open', 'closed', 'all']).default('open'))
    .option('--limit <banyak>', 'paling banyak sekian kasus', whole, 50)
    .option('--json', 'cetak sebagai JSON')
    .action(async (options: { instance?: string; owner?: string; state: string; limit: number; json?: boolean }) => {
      const query = new URLSearchParams({ limit: String(options.limit), state: options.state });
      if (options.instance) query.set('instance', options.instance);
      if (options.owner) query.set('owner', options.owner);
      const found = await callHub<{ cases: CaseRow[]; total: number }>('GET', `/api/v1/cases?${query}`);
      // A misspelt name must not look like a clean instance.
      if (found.total === 0 && (options.instance ?? options.owner) !== undefined) await known(options);
      print(found, options.json, list);
    });
  command
    .command('show')
    .description('rincian satu kasus dengan catatan aslinya')
    .argument('<id>', 'id kasus')
    .option('--json', 'cetak sebagai JSON')
    .action(async (id: string, options: { json?: boolean }) => {
      print(await callHub<CaseDetails>('GET', `/api/v1/cases/${encodeURIComponent(id)}`), options.json, describe);
    });
  command
    .command('replay')
    .description('kirim ulang catatan sebuah kasus lewat pintu yang sama, bila perlu dengan perbaikan')
    .argument('<id>', 'id kasus')
    .option('--payload <json>', 'catatan yang sudah diperbaiki, lengkap, dengan nama kolom asalnya')
    .option('--json', 'cetak sebagai JSON')
    .action(async (id: string, options: { payload?: string; json?: boolean }) => {
      const body: Json = options.payload === undefined ? {} : { payload: payload(options.payload) };
      const answer = await callHub<{ outcome: string; faults?: readonly Fault[] }>('POST', `/api/v1/cases/${encodeURIComponent(id)}/replay`, body);
      if (answer.outcome === 'rejected') {
        throw new CommandError(`Kasus ${id} masih belum dapat lewat:\n${(answer.faults ?? []).map((fault) => `  - ${sentence(fault)}`).join('\n')}`, { problem: answer });
      }
      const said: Readonly<Record<string, string>> = { gone: `Kasus ${id} sudah tidak terbuka.`, filtered: `Kasus ${id} kini disaring oleh aturan instansnya dan ditutup.` };
      print(answer, options.json, () => `${colors.green('✓')} ${said[answer.outcome] ?? `Kasus ${id} lewat dan ditutup.`}`);
    });
}

async function known({ instance, owner }: { instance?: string; owner?: string }): Promise<void> {
  const rows = await callHub<{ name: string; owner: string }[]>('GET', '/api/v1/instances');
  if (instance !== undefined && !rows.some((row) => row.name === instance)) throw new CommandError(`Tidak ada instans dengan nama "${instance}", dan tidak ada kasusnya. Lihat "sasando instances list".`);
  if (owner !== undefined && !rows.some((row) => row.owner === owner)) throw new CommandError(`Tidak ada OPD dengan nama "${owner}", dan tidak ada kasusnya. Yang ada: ${[...new Set(rows.map((row) => row.owner))].sort().join(', ')}.`);
}

function payload(text: string): Json {
  try {
    return parseJson(text);
  } catch (cause) {
    throw new CommandError('--payload bukan JSON yang benar. Apit dengan kutip tunggal; salin bentuknya dari "sasando cases show <id>".', { cause });
  }
}

function list({ cases, total }: { cases: readonly CaseRow[]; total: number }): string {
  if (cases.length === 0) return 'Tidak ada kasus.';
  const rows = cases.map((row) => [row.id, row.owner, row.instance, row.origin ?? '–', row.faults.map(sentence).join('; '), time(row.time)]);
  return [table(['KASUS', 'OPD', 'INSTANS', 'ASAL', 'SEBAB', 'WAKTU'], rows), '', `${count(cases.length)} dari ${count(total)} kasus. Rincian: sasando cases show <id>`].join('\n');
}

/** One case line by line, and what to do about it. */
function describe(row: CaseDetails): string {
  const closed = row.closing ? `ditutup ${time(row.closing.time)}: ${[CLOSED[row.closing.because] ?? row.closing.because, row.closing.because === 'person' ? row.closing.by : undefined].filter(Boolean).join(' ')}` : 'terbuka';
  const lines = [
    ['Kasus', row.id],
    ['Keadaan', closed],
    ['OPD', row.owner],
    ['Instans', row.instance],
    ['Topik', row.topic],
    ['Asal', row.origin ?? '–'],
    ['Dibuka', `${time(row.openedAt)}${row.seen > 1 ? `, ${count(row.seen)} kali ditolak, terakhir ${time(row.time)}` : ''}`],
    ...row.faults.map((fault, index) => [index === 0 ? 'Sebab' : '', `- ${sentence(fault)}`]),
    ['Catatan', JSON.stringify(row.payload)],
  ].map(([name, text]) => `${colors.bold(name!.padEnd(7))}  ${oneLine(text!)}`);
  return [...lines, ...(row.closing ? [] : ['', `Betulkan di sistem asal: begitu catatan itu datang lagi dan lewat, kasusnya tertutup. Baris berkas: betulkan lembarnya di folder "ditolak", lalu taruh di folder asal berkas.\nAtau langsung di sini: sasando cases replay ${row.id} --payload '<catatan yang sudah dibetulkan>'`])].join('\n');
}

/** What is wrong with a record, and how to repair it, on one line. */
export function sentence(fault: Fault): string {
  return oneLine([fault.path, fault.message].filter(Boolean).join(': ') + (fault.repair ? ` (${fault.repair})` : ''));
}
