/** `sasando topics`: topics with their partitions and records. */
import type { Command } from 'commander';
import { callHub } from './client.js';
import { count, print, table } from './output.js';

export interface TopicRow {
  readonly name: string;
  readonly partitions: number;
  readonly records: number;
  readonly cleanup: string;
}

export function addTopics(program: Command): void {
  program
    .command('topics')
    .description('daftar topik dengan jumlah partisi dan catatan')
    .option('--json', 'cetak sebagai JSON')
    .action(async (options: { json?: boolean }) =>
      print(await callHub<TopicRow[]>('GET', '/api/v1/topics'), options.json, (rows) =>
        table(
          ['TOPIK', 'PARTISI', 'CATATAN', 'SIMPAN'],
          rows.map((row) => [row.name, count(row.partitions), count(row.records), row.cleanup === 'compact' ? 'terkini per kunci' : 'menurut waktu']),
          [1, 2],
        ),
      ),
    );
}
