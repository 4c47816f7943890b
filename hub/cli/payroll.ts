/** `sasando payroll`: findings before the SPM; the officer of BKAD holds or releases each with a reason. */
import type { Command } from 'commander';
import colors from 'picocolors';
import { callHub } from './client.js';
import { print, table } from './output.js';

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

export function addPayroll(program: Command): void {
  const command = program.command('payroll').description('temuan pada daftar gaji sebelum SPM, dan keputusan petugas BKAD');
  command
    .command('list', { isDefault: true })
    .description('daftar temuan; yang menunggu keputusan lebih dulu')
    .option('--json', 'cetak sebagai JSON')
    .action(async (options: { json?: boolean }) => print(await callHub<{ findings: FindingRow[] }>('GET', '/api/v1/payroll/findings'), options.json, ({ findings }) => list(findings)));
  for (const [name, keputusan, description] of [['hold', 'DITAHAN', 'tahan baris gaji ini'], ['release', 'DILEPAS', 'lepas baris gaji ini']] as const) {
    command
      .command(name)
      .description(description)
      .argument('<id>', 'nomor temuan')
      .requiredOption('--reason <alasan>', 'alasan keputusan, tercatat')
      .option('--json', 'cetak sebagai JSON')
      .action(async (id: string, options: { reason: string; json?: boolean }) => {
        const decided = await callHub<FindingRow>('POST', `/api/v1/payroll/findings/${encodeURIComponent(id)}`, { keputusan, alasan: options.reason });
        print(decided, options.json, (finding) => `${colors.green('✓')} Temuan ${finding.id_temuan} ${finding.keputusan.toLowerCase()}.`);
      });
  }
}

function list(findings: readonly FindingRow[]): string {
  if (findings.length === 0) return 'Tidak ada temuan. Pemeriksaan berjalan sendiri begitu daftar gaji lengkap.';
  return table(['NOMOR', 'NIP', 'NAMA', 'PERIODE', 'TINGKAT', 'URAIAN', 'KEPUTUSAN', 'PETUGAS'], findings.map((row) => [row.id_temuan, row.nip, row.nama ?? '–', row.periode, row.tingkat, row.uraian, row.keputusan, row.petugas ?? '–']));
}
