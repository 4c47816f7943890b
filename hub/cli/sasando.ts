#!/usr/bin/env node
/** The command `sasando`. Each command stands in its own file; here they are put together and failures are told to people. */
import { Command, CommanderError } from 'commander';
import colors from 'picocolors';
import { SettingsError } from '../errors.js';
import { version } from '../project.js';
import { addApply } from './apply.js';
import { addCases } from './cases.js';
import { addCity } from './city.js';
import { CommandError } from './client.js';
import { speakIndonesian, strangeHelp } from './indonesian.js';
import { addInstances } from './instances.js';
import { jsonText, printable } from './output.js';
import { addLog } from './log.js';
import { addPayroll } from './payroll.js';
import { addPosition } from './position.js';
import { addRead } from './read.js';
import { addServe } from './serve.js';
import { addStatus } from './status.js';
import { addTemplate } from './template.js';
import { addTopics } from './topics.js';
import { addValidate } from './validate.js';

const program = new Command('sasando')
  .description('Sistem penghubung layanan Kota Kupang: konektor, kontrak dan topik di antara sistem perangkat daerah.')
  .version(version, '-V, --version', 'tampilkan versi');
for (const add of [addServe, addValidate, addTemplate, addApply, addStatus, addTopics, addRead, addInstances, addCases, addPosition, addPayroll, addCity, addLog]) add(program);
program.addHelpText(
  'after',
  `
Kata-kata:
  hub       program yang menghubungkan sistem perangkat daerah; dijalankan "sasando serve"
  instans   satu sambungan ke satu sistem OPD, ditulis di config/connectors/<opd>/<nama>.yaml
  topik     kumpulan catatan satu jenis yang dipakai bersama, misalnya kependudukan.penduduk
  kontrak   bentuk catatan sebuah topik, ditulis di schemas/<domain>/<nama>.avsc
  kasus     catatan yang ditolak, disimpan bersama sebabnya sampai diperbaiki
  posisi    sampai mana sebuah instans sudah membaca

Lingkungan:
  SASANDO_URL              alamat hub yang dituju (bawaan http://127.0.0.1:8080, atau port SASANDO_PORT)
  SASANDO_ADMIN_PASSWORD   kata sandi pengguna admin; tanpa ini dibaca dari berkas admin-password
                           di SASANDO_DATA_DIR (bawaan ./data), yang ada di mesin hub
  NO_COLOR                 isi apa pun: tanpa warna
  Pengaturan hub sendiri (SASANDO_PORT, DATABASE_URL, SASANDO_KAFKA_BROKERS …): lihat "sasando serve --help".

Contoh:
  sasando status                                              apakah semuanya berjalan
  sasando read kependudukan.penduduk --from start --limit 5   lima catatan pertama
  sasando cases list                                          apa yang ditolak, dan mengapa
  sasando instances restart <nama>                            mulai ulang satu instans

Kode keluar: 0 berhasil, 1 tidak berhasil; sebabnya tertulis. Di folder proyek ini "sasando …" ditulis "npm run sasando -- …".`,
);
speakIndonesian(program);

// `sasando status | head`: whoever reads has read enough. A hub that runs goes on all the same.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE' && !process.argv.includes('serve')) process.exit(0);
});

try {
  const strange = strangeHelp(program, process.argv.slice(2));
  if (strange !== undefined) throw new CommandError(strange);
  await program.parseAsync();
} catch (error) {
  process.exitCode = tell(error);
}

function tell(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode;
  if (process.argv.includes('--json')) {
    const problem = error instanceof CommandError ? error.problem : undefined;
    process.stdout.write(`${jsonText(problem ?? { detail: (error as Error).message }, 2)}\n`);
    return 1;
  }
  if (error instanceof CommandError || error instanceof SettingsError) {
    process.stderr.write(`${printable((error as Error).message).replace(/^/gm, colors.red('✗ '))}\n`);
    return 1;
  }
  process.stderr.write(`${colors.red('✗')} ${error instanceof Error ? printable((process.env.SASANDO_TRACE && error.stack) || error.message) : printable(String(error))}\n`);
  return 1;
}
