/** `sasando template`: an empty spreadsheet for a topic, made from its contract, without a hub. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import colors from 'picocolors';
import { readEnvironment } from '../environment.js';
import { CommandError } from './client.js';
import { print } from './output.js';

export function addTemplate(program: Command): void {
  program
    .command('template')
    .description('buat lembar Excel kosong untuk sebuah topik dari kontraknya, siap diisi OPD')
    .argument('<topik>', 'misalnya kesehatan.panggilan')
    .option('--output <berkas>', 'nama berkas; bawaan <topik>.xlsx')
    .option('--json', 'cetak sebagai JSON')
    .action(async (topic: string, options: { output?: string; json?: boolean }) => {
      const { projectFolder } = readEnvironment(process.env);
      const [{ readContracts }, { loadReferences }, { describeContract }, { templateOf }] = await Promise.all([import('../registry/contract.js'), import('../pipeline/codes.js'), import('../registry/describe.js'), import('../registry/template.js')]);
      const contracts = await readContracts(join(projectFolder, 'schemas'));
      const contract = contracts.find((one) => one.topic === topic);
      if (!contract) throw new CommandError(`Topik ${topic} tidak punya kontrak. Yang ada: ${contracts.map((one) => one.topic).join(', ')}.`);
      const file = options.output ?? `${topic}.xlsx`;
      const fields = describeContract(contract, await loadReferences(join(projectFolder, 'config/reference')));
      const columns = fields.filter((field) => !field.fields).length;
      try {
        await writeFile(file, await templateOf(contract.doc, fields));
      } catch (cause) {
        throw new CommandError(`${file} tidak dapat ditulis (${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message}). Periksa foldernya, dan tutup berkas itu bila sedang dibuka.`, { cause });
      }
      print({ file, columns }, options.json, () => `${colors.green('✓')} ${file}: ${columns} kolom. Judul tebal wajib diisi; arahkan tetikus ke judul untuk penjelasannya.`);
    });
}
