/** `sasando validate`: everything that is wrong with files of instances and contracts, found without a hub; with `--connect` also whether the other side answers. */
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import colors from 'picocolors';
import { readEnvironment } from '../environment.js';
import { projectFiles } from './apply.js';
import { print, printable } from './output.js';

export function addValidate(program: Command): void {
  program
    .command('validate')
    .description('periksa berkas instans dan kontrak tanpa hub: ejaan, pengaturan, pemetaan, dan tes di dalamnya')
    .argument('[berkas...]', 'berkas atau folder; tanpa ini semua di config/connectors dan schemas')
    .option('--connect', 'coba juga sambungan ke sistem di seberang, tanpa mengubah apa pun')
    .option('--json', 'cetak sebagai JSON')
    .action(async (given: string[], options: { connect?: boolean; json?: boolean }) => {
      const { checkFiles } = await import('../check-files.js');
      const { dataFolder, projectFolder } = readEnvironment(process.env);
      const report = await checkFiles({
        files: projectFiles(given),
        folder: projectFolder,
        env: process.env,
        filesFolder: join(resolve(dataFolder), 'berkas'),
        connect: options.connect ?? false,
      });
      print(report, options.json, () =>
        [
          ...report.faults.map((fault) => `${colors.red('✗')} ${[fault.line === undefined ? fault.file : `${fault.file}:${fault.line}`, fault.path, fault.message].filter(Boolean).map((part) => printable(String(part))).join(': ')}`),
          report.faults.length === 0
            ? `${colors.green('✓')} ${report.instances} instans, ${report.contracts} kontrak, ${report.tests} tes pemetaan: semuanya benar${options.connect && report.instances > 0 ? ', sistem di seberang menjawab' : ''}.`
            : `${report.faults.length} kesalahan pada ${new Set(report.faults.map((fault) => fault.file)).size} berkas.`,
          ...(given.length === 0 && report.faults.some(({ message }) => message.startsWith('rahasia ')) ? ['Kota simulasi membawa rahasianya sendiri: di sana rahasia yang belum ada bukan masalah. Satu berkas saja: sasando validate <berkas>'] : []),
        ].join('\n'),
      );
      if (report.faults.length > 0) process.exitCode = 1;
    });
}
