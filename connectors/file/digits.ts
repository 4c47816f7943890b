/**
 * Finds identities that Excel destroyed. Excel keeps 15 digits: a 16-digit NIK typed as a number ends in 0, an 18-digit NIP in 000, or shows as `5,37101E+15`.
 * Such digits are gone; reading on would put other people's numbers into a topic, so the whole file is refused.
 */
import { RejectedRecord } from '../../hub/errors.js';
import type { Row } from './table.js';

const EXPONENT = /^\d([.,]\d+)?e\+?\d{2}$/i;
/** A column with at least this many identities that all end in zeros did not come about by chance (one in 10^n). */
const SUSPICIOUS = 4;

/** Looks at every row of a file, then at its columns. Both functions throw a RejectedRecord naming column and line of the destroyed number and how to repair the file. */
export function digitScanner(): { see(row: Row): void; finish(): void } {
  const columns = new Map<string, { zeros: number; all: number; row: Row }>();
  return {
    see(row) {
      for (const [column, value] of Object.entries(row.cells)) {
        if (EXPONENT.test(value)) throw destroyed(column, row, `tertulis "${value}"`);
        const length = /^\d+$/.test(value) ? value.length : 0;
        if (length !== 16 && length !== 18) continue;
        const seen = columns.get(column) ?? { zeros: 0, all: 0, row };
        columns.set(column, seen);
        seen.all++;
        if (value.endsWith(length === 16 ? '0' : '000')) seen.zeros++;
      }
    },
    finish() {
      for (const [column, { zeros, all, row }] of columns) {
        if (zeros === all && all >= SUSPICIOUS) throw destroyed(column, row, 'semua nomor berakhiran nol');
      }
    },
  };
}

/** The same refusal for a numeric XLSX cell with more than 15 digits. */
export function destroyed(column: string, row: { line: number; sheet?: string }, what: string): RejectedRecord {
  const place = `${row.sheet ? `lembar ${row.sheet}, ` : ''}baris ${row.line}`;
  const repair = 'Di Excel: ubah format kolom menjadi "Text", ketik atau tempel ulang nomor dari sumber aslinya, lalu simpan dan kirim lagi; angka yang hilang tidak dapat dipulihkan dari berkas ini.';
  return new RejectedRecord([{ path: column, rule: 'digits', message: `${place}: angka telah rusak oleh Excel (${what}); seluruh berkas ditolak`, repair, severity: 'reject' }]);
}
