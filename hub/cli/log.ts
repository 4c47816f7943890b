/** `sasando log migrate`: from PostgreSQL to Kafka when one machine is no longer enough, or back. */
import { type Command, Option } from 'commander';
import colors from 'picocolors';
import { readEnvironment } from '../environment.js';
import { count, print } from './output.js';

export function addLog(program: Command): void {
  const command = program.command('log').description('log, tempat semua topik disimpan: pindah antara PostgreSQL dan Kafka');
  command
    .command('migrate')
    .description('pindahkan semua catatan, posisi dan offset ke mesin lain; hentikan hub dahulu')
    .addOption(new Option('--to <mesin>', 'mesin tujuan').choices(['postgres', 'kafka']).makeOptionMandatory())
    .option('--json', 'cetak hasil sebagai JSON')
    .addHelpText(
      'after',
      `
Perlu SASANDO_KAFKA_BROKERS, dan SASANDO_DATA_DIR atau DATABASE_URL seperti pada "sasando serve".
Setiap catatan menyimpan offsetnya. Setelah disalin, banyaknya dan SHA-256 kedua sisi dibandingkan; baru kemudian mesin diganti.
Pemindahan yang terputus dilanjutkan dengan perintah yang sama. Log lama tidak dihapus.`,
    )
    .action(async ({ to, json }: { to: 'postgres' | 'kafka'; json?: boolean }) => {
      const environment = readEnvironment({ ...process.env, SASANDO_ENGINE: 'kafka' });
      const { moveLog } = await import('../move-log.js');
      const moved = await moveLog(environment, to, ({ step, topic, partition, records }) => {
        if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${step === 'copy' ? 'menyalin' : 'membandingkan'} ${topic} partisi ${partition}: ${count(records)} catatan`);
      });
      if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
      print(moved, json, () => `${colors.green('✓')} ${count(moved.records)} catatan di ${moved.topics} topik dan ${moved.positions} posisi sama di kedua mesin. Log kini di mesin ${to}: jalankan hub dengan --engine ${to}.`);
    });
}
