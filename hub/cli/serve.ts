/** `sasando serve`: runs the hub, with `--city` also the simulated agencies, and shows what it does until Ctrl-C. */
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import colors from 'picocolors';
import { readEnvironment } from '../environment.js';
import type { Hub } from '../main.js';
import { CommandError } from './client.js';
import { showLive } from './live.js';
import { whole } from './read.js';

/** Draining takes at most this long; then the process ends whatever is left. */
const DRAIN_LIMIT = 10_000;
/** npm passes Ctrl-C on to its child, which has already had it from the terminal: two signals this close are one wish. */
const SAME_WISH = 1_000;

const FEWEST_RESIDENTS = 100;

interface ServeOptions {
  city?: boolean;
  residents?: number;
  engine?: 'postgres' | 'kafka';
}

export function addServe(program: Command): void {
  program
    .command('serve')
    .description('jalankan hub; dengan --city juga kota simulasi')
    .option('--city', 'jalankan juga sistem tiruan semua perangkat daerah dengan penduduk buatan')
    .option('--residents <banyak>', 'banyaknya penduduk buatan, paling sedikit 100 (bawaan 5000)', whole)
    .addOption(new Option('--engine <mesin>', 'mesin log; kafka perlu SASANDO_KAFKA_BROKERS').choices(['postgres', 'kafka']))
    .addHelpText(
      'after',
      `
Berjalan sampai Ctrl-C; yang sedang dikerjakan diselesaikan dahulu, dan start berikutnya melanjutkan.

Lingkungan (nilai bawaan dalam kurung):
  SASANDO_PORT             port HTTP (8080)
  SASANDO_HOST             alamat yang didengarkan (127.0.0.1)
  SASANDO_DATA_DIR         folder data (./data)
  SASANDO_PROJECT_DIR      folder berisi config/, schemas/ dan secrets/ (folder hub sendiri)
  SASANDO_ADMIN_PASSWORD   kata sandi admin (dibuatkan acak pada start pertama)
  DATABASE_URL             PostgreSQL kota; tanpa ini PostgreSQL bawaan
  SASANDO_KAFKA_BROKERS    broker Kafka, dipisah koma
  SASANDO_KAFKA_PREFIX     di depan nama topik, bila beberapa hub berbagi satu klaster Kafka
  SASANDO_ENGINE           postgres atau kafka (kafka bila SASANDO_KAFKA_BROKERS diisi); sama dengan --engine
  SASANDO_PAYROLL_OFFICER  petugas BKAD yang memutuskan temuan gaji (Bidang Perbendaharaan BKAD)
  SASANDO_PG_HOST, SASANDO_PG_PORT   alamat PostgreSQL bawaan untuk analis
  SASANDO_SECRET_<NAMA>    rahasia yang dirujuk \${secret:NAMA} di berkas konektor

Log (JSON, satu baris satu kejadian):
  dijalankan di terminal   <folder data>/hub.log; di atas 10 MB dipindahkan ke hub.log.1 pada start berikutnya
  selain itu               standard error: systemd menyimpannya (journalctl -u <layanan>), begitu pula kontainer;
                           ke berkas: sasando serve 2>>/var/log/sasando.log
  PostgreSQL bawaan        <folder data>/postgres.log`,
    )
    .action(serve);
}

async function serve(options: ServeOptions): Promise<void> {
  if (options.residents !== undefined && !options.city) throw new CommandError('--residents hanya berarti bersama --city.');
  if (options.residents !== undefined && options.residents < FEWEST_RESIDENTS) throw new CommandError(`--residents paling sedikit ${FEWEST_RESIDENTS}.`);
  const environment = readEnvironment({ ...process.env, ...(options.engine && { SASANDO_ENGINE: options.engine }) });
  process.title = 'sasando';
  const stop = new AbortController();
  onStopSignals(() => stop.abort(new CommandError('Dihentikan sebelum hub siap.')));

  // Loaded late: the commands that only call the API start faster without it.
  const { startHub } = await import('../main.js');
  const { startCity } = options.city ? await import('../../connectors/city/city.js') : { startCity: undefined };
  // Whoever gathers standard error gets the lines there; at a terminal they would disturb the table.
  const logFile = process.stderr.isTTY === true;
  const hub = await startHub({
    environment,
    logFile,
    signal: stop.signal,
    ...(startCity && { startCity: (context) => startCity({ ...context, ...(options.residents !== undefined && { residents: options.residents }) }) }),
  });
  try {
    process.stdout.write(`${banner(hub, options, logFile, environment.dataFolder)}\n\n`);
    await showLive(hub.instances, process.stdout, stop.signal);
    process.stdout.write('\nMenghentikan hub dengan rapi… (Ctrl-C sekali lagi: keluar seketika)\n');
  } finally {
    await Promise.race([hub.close(), sleep(DRAIN_LIMIT, undefined, { ref: false })]);
  }
  process.stdout.write('Hub berhenti. Tidak ada catatan yang hilang; "npm start" melanjutkan dari posisi terakhir.\n');
  process.exit(0);
}

function onStopSignals(stop: () => void): void {
  let first: number | undefined;
  const wish = (): void => {
    first ??= Date.now();
    if (Date.now() - first > SAME_WISH) process.exit(130);
    stop();
  };
  process.on('SIGINT', wish);
  process.on('SIGTERM', wish);
  // The terminal was closed: nobody reads any more, but draining goes on.
  process.on('SIGHUP', wish);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

function banner(hub: Hub, options: ServeOptions, logFile: boolean, dataFolder: string): string {
  const lines = [
    colors.bold(colors.green('Sasando siap.')) + (options.city ? ' Kota simulasi ikut berjalan; semua orang di dalamnya buatan.' : ''),
    '',
    `  Alamat      ${colors.cyan(hub.url)}`,
    '  Pengguna    admin',
    `  Kata sandi  ${hub.passwordSource === 'environment' ? '(dari SASANDO_ADMIN_PASSWORD)' : `${hub.newPassword ?? '(dibuat pada start pertama)'}   ${colors.dim(`disimpan di ${hub.passwordFile}`)}`}`,
    `  Mesin log   ${hub.engine}`,
    `  Log hub     ${logFile ? join(resolve(dataFolder), 'hub.log') : 'standard error'}`,
    ...hub.faults().map((fault) => colors.yellow(`  ! ${fault}`)),
    '',
    'Coba di terminal lain:',
    '  npm run sasando -- status',
    '  npm run sasando -- read kependudukan.penduduk --limit 3',
    '  npm run sasando -- cases list',
    ...(options.city ? ['  npm run sasando -- city story'] : []),
    '',
    colors.dim('Ctrl-C untuk berhenti.'),
  ];
  return lines.join('\n');
}
