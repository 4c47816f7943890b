/** A file as rows of named cells, whatever its format: what csv.ts and xlsx.ts give and source.ts reads. */
import type { Fault } from '../../hub/record.js';

export interface Row {
  readonly cells: Readonly<Record<string, string>>;
  /** Counted from 1 as people see it in the file. */
  readonly line: number;
  readonly sheet?: string;
  /** The line could not be taken apart. */
  readonly broken?: string;
  /** Columns whose cell holds a number of more than 15 digits. */
  readonly numbers?: readonly string[];
}

/** Columns that the sheet of rejected rows adds; they are read back, not as data. */
export const CASE_COLUMNS = { case: 'Nomor Kasus', column: 'Kolom', reason: 'Alasan', repair: 'Perbaikan' } as const;

/** How many rows from the top are searched for the header. */
const HEADER_SEARCH = 30;

/**
 * Index of the header row: the first that holds every wanted header, or, when none is named, the first with the most filled text cells among the first 30.
 * -1 when a wanted header is in no row.
 */
export function findHeader(rows: readonly (readonly string[])[], wanted: readonly string[]): number {
  const top = rows.slice(0, HEADER_SEARCH);
  if (wanted.length > 0) return top.findIndex((row) => wanted.every((name) => row.some((cell) => sameHeader(cell, name))));
  const filled = top.map((row) => new Set(row.filter((cell) => cell !== '' && !/^\d+([.,]\d+)?$/.test(cell))).size);
  return filled.indexOf(Math.max(...filled));
}

/** Why no row is the header: the columns that the likeliest one lacks, each with what stands there instead. `place`: `lembar Alak, `, or nothing. */
export function headerFaults(rows: readonly { line: number; texts: readonly string[] }[], wanted: readonly string[], place = ''): Fault[] {
  const lackedBy = (texts: readonly string[]): string[] => wanted.filter((name) => !texts.some((cell) => sameHeader(cell, name)));
  const ask = 'Bila judulnya memang berganti, minta pengelola hub menyesuaikan setelan "headers" dan pemetaannya.';
  const best = rows.slice(0, HEADER_SEARCH).reduce<(typeof rows)[number] | undefined>((found, row) => (lackedBy(row.texts).length < (found ? lackedBy(found.texts).length : wanted.length) ? row : found), undefined);
  if (!best) return [{ path: '', rule: 'header', message: `${place}baris judul dengan kolom ${wanted.join(', ')} tidak ditemukan dalam ${HEADER_SEARCH} baris pertama`, repair: `Periksa apakah ini berkas yang benar dan judul kolomnya belum dihapus, lalu kirim lagi. ${ask}`, severity: 'reject' }];
  const present = best.texts.map(tidy).filter((cell) => cell !== '').join(', ');
  return lackedBy(best.texts).map((name) => ({ path: name, rule: 'header', message: `${place}baris ${best.line}: kolom "${name}" tidak ada; yang ada: ${present}`, repair: `Tulis judul kolom "${name}" seperti semula, lalu kirim lagi. ${ask}`, severity: 'reject' }));
}

/** Names of columns: trimmed, line breaks folded, empty ones and repeats made unique (`nama`, `nama_2`); a merged header continues into the row below. */
export function headerNames(header: readonly string[], below: readonly string[] = []): string[] {
  const seen = new Map<string, number>();
  return header.map((cell, i) => {
    const group = tidy(cell);
    const part = tidy(below[i] ?? '');
    const name = part && part !== group ? [group, part].filter(Boolean).join(' ') : group || `kolom_${i + 1}`;
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 1 ? name : `${name}_${times}`;
  });
}

export function sameHeader(a: string, b: string): boolean {
  return tidy(a).toLowerCase() === tidy(b).toLowerCase();
}

export function tidy(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
