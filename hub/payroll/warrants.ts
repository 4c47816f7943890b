/** Which payroll lines are paid out already: their SP2D is out, and nothing that is learnt afterwards changes the batch. */
import type { LatestView } from '../latest/latest.js';
import type { JsonObject } from '../record.js';
import { all, type Decode } from './facts.js';

/** Kinds that one monthly SP2D of an SKPD pays. Others (THR, GAJI_13) have an SP2D of their own, which cannot be told from it: what `jenis_gaji` of SIPD means is not known. */
const MONTHLY = ['INDUK', 'TERUSAN'];

/**
 * Answers whether an SP2D pays a line: one of that month for the line's own SKPD, or one whose payment order names the person and the amount. In doubt it does not:
 * one finding too many is better than one too few.
 */
export async function readWarrants(view: LatestView, codec: Decode): Promise<(line: JsonObject) => boolean> {
  const months = new Map<string, string>();
  const offices = new Set<string>();
  for await (const { value: warrant } of all(view, 'keuangan.sp2d', codec)) {
    const month = salaryMonth(warrant);
    if (month === undefined) continue;
    months.set(String(warrant.nomor_sp2d), month);
    offices.add(`${month}|${String(warrant.kode_skpd)}`);
  }
  const paid = new Set<string>();
  if (months.size > 0) {
    for await (const { value: order } of all(view, 'keuangan.perintah_bayar', codec)) {
      const month = months.get(String(order.nomor_sp2d));
      if (month !== undefined && order.jenis === 'BARIS') paid.add(`${month}|${String(order.nip)}|${String(order.jumlah)}`);
    }
  }
  return ({ nip, periode, jenis_gaji, kode_skpd, bersih }) =>
    paid.has(`${String(periode)}|${String(nip)}|${String(bersih)}`) || (MONTHLY.includes(String(jenis_gaji)) && offices.has(`${String(periode)}|${String(kode_skpd)}`));
}

/** YYYY-MM of an SP2D for salaries that was not cancelled. `is_gaji` is no help: it was 0 on real ones. */
function salaryMonth({ bulan_gaji: month, tahun_gaji: year, tahun, jenis_ls: kind, dihapus: cancelled }: JsonObject): string | undefined {
  const inYear = year ?? tahun;
  if (typeof month !== 'number' || month < 1 || typeof inYear !== 'number' || (cancelled ?? null) !== null) return undefined;
  if (typeof kind === 'string' && kind.toLowerCase() !== 'gaji') return undefined;
  return `${inYear}-${String(month).padStart(2, '0')}`;
}
