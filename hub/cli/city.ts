/** `sasando city`: the simulated agencies behind `serve --city`: their state, their faults and the day's story. */
import type { Command } from 'commander';
import colors from 'picocolors';
import type { Json } from '../record.js';
import { callHub, CommandError } from './client.js';
import { print, table } from './output.js';

interface CityStatus {
  readonly simulators: readonly { readonly name: string; readonly url?: string | null; readonly faults: Readonly<Record<string, Json>> }[];
  readonly stories: readonly { readonly name: string; readonly summary: string; readonly state?: string }[];
}

export function addCity(program: Command): void {
  const command = program.command('city').description('kota simulasi dari "sasando serve --city": keadaan, gangguan buatan, dan cerita sehari');
  command
    .command('status', { isDefault: true })
    .description('simulator yang berjalan, alamatnya, dan gangguan yang dinyalakan')
    .option('--json', 'cetak sebagai JSON')
    .action(async (options: { json?: boolean }) => print(await callHub<CityStatus>('GET', '/api/v1/city'), options.json, describe));
  command
    .command('fault')
    .description('nyalakan atau matikan gangguan pada satu sistem tiruan, misalnya: sasando city fault bkn down=true')
    .argument('<simulator>', 'nama sistem tiruan, seperti pada "sasando city status"')
    .argument('<gangguan...>', 'nama=nilai, misalnya down=true atau quota=10')
    .option('--json', 'cetak sebagai JSON')
    .action(async (name: string, given: string[], options: { json?: boolean }) => {
      const faults = Object.fromEntries(given.map(assignment));
      print(await callHub<CityStatus['simulators'][number]>('PUT', `/api/v1/city/simulators/${encodeURIComponent(name)}/faults`, faults), options.json, (row) => `${colors.green('✓')} ${row.name}: ${JSON.stringify(row.faults)}`);
    });
  command
    .command('story')
    .description('jalankan satu cerita, misalnya kelahiran, atau lihat daftarnya')
    .argument('[cerita]', 'nama cerita; tanpa ini daftar cerita')
    .option('--json', 'cetak sebagai JSON')
    .action(async (name: string | undefined, options: { json?: boolean }) => {
      if (name === undefined) print((await callHub<CityStatus>('GET', '/api/v1/city')).stories, options.json, stories);
      else print(await callHub<{ told: string }>('POST', `/api/v1/city/stories/${encodeURIComponent(name)}`), options.json, (answer) => `${colors.green('✓')} ${answer.told}`);
    });
}

function describe(city: CityStatus): string {
  const rows = city.simulators.map((row) => [row.name, row.url ?? '–', Object.entries(row.faults).filter(([, value]) => value !== false && value !== null && value !== 0).map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(' ') || 'tidak ada']);
  return [table(['SIMULATOR', 'ALAMAT', 'GANGGUAN DAN BATAS'], rows), '', stories(city.stories)].join('\n');
}

function stories(list: CityStatus['stories']): string {
  return list.length === 0 ? 'Belum ada cerita.' : table(['CERITA', 'ISI', 'KEADAAN'], list.map((story) => [story.name, story.summary, story.state ?? '–']));
}

function assignment(text: string): [string, Json] {
  const [, name, value] = /^([A-Za-z]\w*)=(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new CommandError(`"${text}" bukan nama=nilai; tulis misalnya down=true.`);
  try {
    return [name, JSON.parse(value) as Json];
  } catch {
    return [name, value];
  }
}
