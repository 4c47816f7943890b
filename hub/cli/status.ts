/** `sasando status`: the hub and its instances at a glance. */
import type { Command } from 'commander';
import colors from 'picocolors';
import type { InstanceStatus } from '../runtime/instance-status.js';
import { instanceTable, STATES } from './instances.js';
import { callHub } from './client.js';
import { count, print, printable, time } from './output.js';

export interface Status {
  readonly name: string;
  readonly version: string;
  readonly engine: string;
  readonly startedAt: string;
  readonly city: boolean;
  readonly instances: Readonly<Record<string, number>>;
  /** null while the hub's database does not answer. */
  readonly topics: number | null;
  readonly records: number | null;
  readonly cases: number | null;
  readonly faults: readonly { readonly message: string }[];
}

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('keadaan hub dan setiap instans: catatan masuk, keluar, kasus, galat')
    .option('--json', 'cetak sebagai JSON')
    .addHelpText('after', STATES)
    .action(async (options: { json?: boolean }) => {
      const status = await callHub<Status>('GET', '/api/v1/status');
      const instances = await callHub<InstanceStatus[]>('GET', '/api/v1/instances');
      print({ ...status, list: instances }, options.json, () =>
        [
          `${colors.bold('Sasando')} ${status.version} · mesin log ${status.engine} · berjalan sejak ${time(status.startedAt)} WITA${status.city ? ' · kota simulasi' : ''}`,
          status.topics === null || status.records === null || status.cases === null
            ? 'Isi topik dan kasus sedang tidak diketahui.'
            : `${count(status.topics)} topik berisi ${count(status.records)} catatan · ${count(status.cases)} kasus terbuka`,
          ...status.faults.map((fault) => colors.yellow(`! ${printable(fault.message)}`)),
          '',
          instanceTable(instances),
        ].join('\n'),
      );
    });
}
