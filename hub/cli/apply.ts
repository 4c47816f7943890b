/** `sasando apply`: brings changed files of instances and contracts to a running hub; says first what would change. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import colors from 'picocolors';
import type { AppliedChange, AppliedFile } from '../api/parts.js';
import { readEnvironment } from '../environment.js';
import type { Json } from '../record.js';
import { callHub, CommandError } from './client.js';
import { print } from './output.js';

const WORDS: Readonly<Record<AppliedChange['change'], string>> = { new: 'baru', changed: 'berubah', unchanged: 'tetap' };
const KINDS: Readonly<Record<AppliedChange['kind'], string>> = { instance: 'instans', schema: 'kontrak' };

export function addApply(program: Command): void {
  program
    .command('apply')
    .description('terapkan berkas instans (.yaml) dan kontrak (.avsc) ke hub; perubahannya ditampilkan dahulu')
    .argument('[berkas...]', 'berkas atau folder; tanpa ini config/connectors dan schemas')
    .option('--dry-run', 'hanya tampilkan apa yang akan berubah')
    .option('-y, --yes', 'tanpa bertanya')
    .option('--json', 'cetak sebagai JSON')
    .action(async (given: string[], options: { dryRun?: boolean; yes?: boolean; json?: boolean }) => {
      const files = projectFiles(given);
      const body = { files: files.map(({ path, text }) => ({ path, text })) } satisfies Json;
      const plan = await callHub<{ changes: AppliedChange[] }>('POST', '/api/v1/plan', body);
      const changes = plan.changes.filter(({ change }) => change !== 'unchanged');
      if (options.dryRun || changes.length === 0) return print(plan, options.json, () => describe(plan.changes));
      if (!options.yes) {
        if (!options.json) process.stdout.write(`${describe(plan.changes)}\n`);
        if (!process.stdin.isTTY || options.json) throw new CommandError('Belum ada yang diterapkan. Tambahkan --yes untuk menerapkannya.');
        if (!(await agreed())) throw new CommandError('Tidak ada yang diubah.');
      }
      print(await callHub<{ changes: AppliedChange[] }>('POST', '/api/v1/apply', body), options.json, () => `${describe(changes)}\n${colors.green('✓')} ${changes.length} perubahan diterapkan. Lihat hasilnya: sasando status`);
    });
}

/** The files of instances and contracts among `given`, folders searched; paths as people know them. @throws CommandError */
export function projectFiles(given: readonly string[]): AppliedFile[] {
  const places = given.length > 0 ? given.map((path) => resolve(path)) : ['config/connectors', 'schemas'].map((folder) => join(readEnvironment(process.env).projectFolder, folder));
  return places.flatMap((place) => {
    const stat = statSync(place, { throwIfNoEntry: false });
    if (!stat) throw new CommandError(`${relative(process.cwd(), place)} tidak ada. Periksa nama berkasnya.`);
    const found = stat.isDirectory() ? readdirSync(place, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort() : [place];
    const wanted = found.filter((path) => /\.(ya?ml|avsc)$/.test(path));
    if (!stat.isDirectory() && wanted.length === 0) throw new CommandError(`${relative(process.cwd(), place)} bukan berkas instans (.yaml) atau kontrak (.avsc).`);
    return wanted.map((path) => ({ path: relative(process.cwd(), path), text: readFileSync(path, 'utf8') }));
  });
}

function describe(changes: readonly AppliedChange[]): string {
  const rest = changes.filter(({ change }) => change === 'unchanged').length;
  const lines = changes.filter(({ change }) => change !== 'unchanged').map(({ kind, name, change }) => `${change === 'new' ? colors.green('+') : colors.yellow('~')} ${KINDS[kind]} ${name} ${WORDS[change]}`);
  return [...(lines.length > 0 ? lines : ['Tidak ada perubahan.']), ...(rest > 0 ? [colors.dim(`${rest} lainnya tetap`)] : [])].join('\n');
}

async function agreed(): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^(y|ya)$/i.test((await terminal.question('Terapkan? [y/T] ')).trim());
  } finally {
    terminal.close();
  }
}
