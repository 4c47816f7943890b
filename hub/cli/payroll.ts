/** `sasando payroll`: findings before the SPM; the officer of BKAD holds or releases each with a reason. */
import type { Command } from 'commander';
import colors from 'picocolors';
import type { Fault } from '../record.js';
import { sentence } from './cases.js';
import { callHub } from './client.js';
import { count, print, table } from './output.js';

interface FindingRow {
  readonly id_temuan: string;
  readonly nip: string;
  readonly nama?: string | null;
  readonly periode: string;
  readonly tingkat: string;
  readonly uraian: string;
  readonly keputusan: string;
  readonly alasan?: string | null;
  readonly petugas?: string | null;
}

interface Overview {
  readonly findings: readonly FindingRow[];
  /** Open cases of payroll lines. */
  readonly rejectedLines: { readonly total: number; readonly cases: readonly { readonly id: string; readonly origin: string | null; readonly faults: readonly Fault[] }[] };
}

export function addPayroll(program: Command): void {
  const command = program.command('payroll').description('temuan pada daftar gaji sebelum SPM, dan keputusan petugas BKAD');
  command
    .command('list', { isDefault: true })
    .description('daftar temuan; yang menunggu keputusan lebih dulu')
    .option('--json', 'cetak sebagai JSON')
    .action(async (options: { json?: boolean }) => print(await callHub<Overview>('GET', '/api/v1/payroll/findings'), options.json, list));
  for (const [name, keputusan, description] of [['hold', 'DITAHAN', 'tahan baris gaji ini'], ['release', 'DILEPAS', 'lepas baris gaji ini']] as const) {
    command
      .command(name)
      .description(description)
      .argument('<id>', 'nomor temuan')
      .requiredOption('--reason <alasan>', 'alasan keputusan, tercatat')
      .option('--officer <nama>', 'petugas yang memutuskan; tanpa ini petugas gaji dari pengaturan hub')
      .option('--json', 'cetak sebagai JSON')
      .action(async (id: string, options: { reason: string; officer?: string; json?: boolean }) => {
        const decided = await callHub<FindingRow>('POST', `/api/v1/payroll/findings/${encodeURIComponent(id)}`, { keputusan, alasan: options.reason, ...(options.officer !== undefined && { petugas: options.officer }) });
        print(decided, options.json, (finding) => `${colors.green('✓')} Temuan ${finding.id_temuan} ${finding.keputusan.toLowerCase()} oleh ${finding.petugas}.`);
      });
  }
}

function list({ findings, rejectedLines }: Overview): string {
  const found =
    findings.length === 0
      ? 'Tidak ada temuan. Pemeriksaan berjalan sendiri begitu daftar gaji lengkap.'
      : table(['NOMOR', 'NIP', 'NAMA', 'PERIODE', 'TINGKAT', 'URAIAN', 'KEPUTUSAN', 'PETUGAS'], findings.map((row) => [row.id_temuan, row.nip, row.nama ?? '–', row.periode, row.tingkat, row.uraian, row.keputusan, row.petugas ?? '–']));
  const waiting = findings.find((row) => row.keputusan === 'MENUNGGU');
  const next = waiting ? ['', `Putuskan dengan "sasando payroll hold <nomor>" atau "release <nomor>", beserta --reason.`] : [];
  if (rejectedLines.total === 0) return [found, ...next].join('\n');
  const rows = rejectedLines.cases.map(({ id, origin, faults }) => [id, origin ?? '–', faults.map(sentence).join('; ')]);
  return [found, ...next, '', `${count(rejectedLines.total)} baris daftar gaji menjadi kasus dan belum diperiksa. Betulkan dengan "sasando cases":`, table(['KASUS', 'ASAL', 'SEBAB'], rows)].join('\n');
}
