/** `sasando position`: where a connector stands in the agency's system, or a reader in our topics. */
import type { Command } from 'commander';
import colors from 'picocolors';
import { parseJson } from '../json.js';
import type { Json } from '../record.js';
import { callHub, CommandError } from './client.js';
import { oneLine, print } from './output.js';

export function addPosition(program: Command): void {
  const command = program.command('position').description('posisi sebuah instans, yaitu sampai mana ia sudah membaca: lihat atau pindahkan');
  command
    .command('show')
    .description('lihat posisi; bentuknya menurut konektor, atau per topik dan partisi bagi yang mengirim')
    .argument('<instans>', 'nama instans')
    .option('--json', 'cetak sebagai JSON')
    .action(async (name: string, options: { json?: boolean }) => {
      print(await callHub<{ position: Json }>('GET', path(name)), options.json, (answer) => JSON.stringify(answer.position, null, 2));
    });
  command
    .command('set')
    .description('pindahkan posisi; instans harus dijeda atau dihentikan dahulu')
    .argument('<instans>', 'nama instans')
    .argument('<posisi>', 'posisi sebagai JSON seperti yang dicetak "position show"; null berarti dari awal')
    .option('--json', 'cetak sebagai JSON')
    .addHelpText(
      'after',
      `
Contoh, membaca lagi dari awal:
  sasando instances pause dispenduk-penduduk
  sasando position set dispenduk-penduduk null
  sasando instances resume dispenduk-penduduk

Yang dibaca lagi ditulis lagi ke topiknya, kecuali instans itu memakai "overlap: true". Pengirim yang dimundurkan mengirim lagi.`,
    )
    .action(async (name: string, text: string, options: { json?: boolean }) => {
      let position: Json;
      try {
        position = parseJson(text);
      } catch (cause) {
        throw new CommandError(`Posisi ${oneLine(text)} bukan JSON yang benar. Apit dengan kutip tunggal, dan salin bentuknya dari "sasando position show ${name}".`, { cause });
      }
      print(await callHub<{ position: Json }>('PUT', path(name), { position }), options.json, (answer) => `${colors.green('✓')} ${name} melanjutkan dari ${answer.position === null ? 'awal' : JSON.stringify(answer.position)} setelah "sasando instances resume ${name}".`);
    });
}

function path(name: string): string {
  return `/api/v1/instances/${encodeURIComponent(name)}/position`;
}
