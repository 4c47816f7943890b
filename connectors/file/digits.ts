/**
 * Finds identities that Excel destroyed. Excel keeps 15 digits: a 16-digit NIK typed as a number ends in 0, an 18-digit NIP in 000, or shows as `5,37101E+15`.
 * Such digits are gone; reading on would put other people's numbers into a topic, so the whole file is refused.
 */
import { RejectedRecord } from '../../hub/errors.js';
import type { Fault } from '../../hub/record.js';
import type { Row } from './table.js';

const KEPT = 15;
/** `5,37101E+15`, `5.37E15`, `5E+15`; a code such as `5E15` is no number. */
const EXPONENT = /^\d+(?:[.,]\d+\s?e\+?|\s?e\+)\d{2,3}$/i;
/** More than 15 digits, as a number format may show them: `5.371.014.107.900.000`, `5371014107900000,00`. */
const LONG_NUMBER = /^(\d{1,3}(?:[.,\s]\d{3}){5,}|\d{16,})([.,]\d{1,2})?$/;
/** Birth, appointment and sex of a NIP, and a running number that is never issued: it begins at 001. */
const IMPOSSIBLE_NIP = /^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:19|20)\d{4}[12]000$/;
/** Region and date (of a woman's birth with 40 added to the day) of a NIK or a No KK. */
const NIK_SHAPE = /^[1-9]\d{5}(?:[04][1-9]|[1256]\d|[37][01])(?:0[1-9]|1[0-2])\d{6}$/;
const NIK_COLUMN = /(?:^|[^a-z])(?:no|nomor)?[ ._]*(?:nik|n?kk|ktp)(?:[^a-z]|$)/i;

/** A last digit is 0 by chance at most so often. Of NIKs fewer are: their running numbers are mostly small. */
const CHANCE = 0.1;
/** What chance does less often than this is Excel's doing: 4 of 4, 6 of 7, 24 of 100. */
const IMPROBABLE = 1e-4;
/** Different numbers of one column that are counted; of a larger file these are enough. */
const MOST_COUNTED = 50_000;

export interface DigitOptions {
  /** The format tells numbers from text (XLSX): text that is no NIK is then as it was written. */
  readonly typed: boolean;
  /** Columns whose numbers really end in zeros. */
  readonly zeros: readonly string[];
}

interface Column {
  readonly named: boolean;
  /** Different ones: a number that stands in many rows says no more than once. */
  readonly numbers: Set<string>;
  shaped: number;
  /** Of them, how many end in the zeros that a cut leaves, the first of these, and how often each digit stands before the zeros. */
  cut: number;
  first?: Row;
  readonly before: number[];
  /** The first NIK or No KK with the running number 0000, and how many there are. */
  impossible?: Row;
  impossibles: number;
}

interface Finding {
  readonly row: Row;
  readonly what: string;
  times: number;
}

/** Looks at every row of a file, then at its columns. `finish` throws a RejectedRecord with a fault for each destroyed column: where, why, and how to repair the file. */
export function digitScanner({ typed, zeros }: DigitOptions): { see(row: Row): void; finish(): void } {
  const columns = new Map<string, Column>();
  const findings = new Map<string, Finding>();
  const trusted = new Set(zeros);
  const found = (column: string, row: Row, what: string, times = 1): void => {
    const finding = findings.get(column);
    if (finding) finding.times += times;
    else findings.set(column, { row, what, times });
  };

  function seeLong(column: string, value: string, row: Row): void {
    const [, written, fraction] = LONG_NUMBER.exec(value) ?? [];
    if (written === undefined) return;
    const digits = written.replace(/\D/g, '');
    // What begins with 0 was never a number.
    if (digits.length <= KEPT || digits.startsWith('0')) return;
    const cut = /^0+$/.test(digits.slice(KEPT));
    if (cut && (fraction !== undefined || written !== digits)) return found(column, row, 'disimpan sebagai angka, Excel hanya menyimpan 15 digit');
    if (IMPOSSIBLE_NIP.test(digits)) return found(column, row, 'NIP berakhiran 000, padahal nomor urutnya dimulai dari 001');
    let seen = columns.get(column);
    if (!seen) columns.set(column, (seen = { named: NIK_COLUMN.test(column), numbers: new Set(), shaped: 0, cut: 0, before: new Array<number>(10).fill(0), impossibles: 0 }));
    const shaped = NIK_SHAPE.test(digits);
    if (shaped && digits.endsWith('0000')) {
      seen.impossible ??= row;
      seen.impossibles++;
    }
    if (seen.numbers.has(digits) || seen.numbers.size >= MOST_COUNTED) return;
    seen.numbers.add(digits);
    if (shaped) seen.shaped++;
    if (!cut) return;
    seen.cut++;
    seen.first ??= row;
    seen.before[Number(digits[KEPT - 1])]!++;
  }

  return {
    see(row) {
      for (const column of row.numbers ?? []) found(column, row, 'disimpan sebagai angka, Excel hanya menyimpan 15 digit');
      for (const [column, value] of Object.entries(row.cells)) {
        const first = value.charCodeAt(0);
        if (!(first >= 48 && first <= 57) || row.numbers?.includes(column)) continue;
        if (value.length < 30 && EXPONENT.test(value)) found(column, row, `tertulis "${value}"`);
        else if (value.length > KEPT && row.broken === undefined && !trusted.has(column)) seeLong(column, value, row);
      }
    },
    finish() {
      for (const [column, { named, numbers, shaped, cut, first, before, impossible, impossibles }] of columns) {
        if (findings.has(column)) continue;
        const identity = named || (numbers.size >= 4 && shaped >= numbers.size * 0.9);
        if (identity && impossible) found(column, impossible, 'nomor urutnya 0000, padahal dimulai dari 0001', impossibles);
        // Numbers with a fixed ending (a kind of account, a part of an address) have the same digit before the zeros; a cut leaves any.
        else if (!identity && (typed || Math.max(...before) > cut / 2)) continue;
        else if (first && chance(cut, numbers.size) <= IMPROBABLE * (1 + 1e-9)) found(column, first, `${cut} dari ${numbers.size} nomor berakhiran nol, wajarnya 1 dari 10`, cut);
      }
      if (findings.size > 0) throw new RejectedRecord([...findings].map(([column, finding]) => destroyed(column, finding)));
    },
  };
}

/** How probable it is that of so many numbers at least `cut` end in zeros by chance (the tail of a binomial distribution). */
function chance(cut: number, all: number): number {
  if (cut <= all * CHANCE) return 1;
  const odds = CHANCE / (1 - CHANCE);
  let log = all * Math.log(1 - CHANCE);
  for (let i = 1; i <= cut; i++) log += Math.log(((all - i + 1) / i) * odds);
  let term = Math.exp(log);
  let sum = 0;
  for (let i = cut; i <= all && term > sum * 1e-9; i++) {
    sum += term;
    term *= ((all - i) / (i + 1)) * odds;
  }
  return sum;
}

const REPAIR =
  'Di Excel: ubah dahulu format kolom menjadi "Text" (saat mengimpor CSV: pilih jenis kolom "Text"), ketik atau tempel ulang nomor dari sumber aslinya, lalu simpan dan kirim lagi; atau isi templat dari pengelola hub, yang kolomnya sudah "Text". Angka yang hilang tidak dapat dipulihkan dari berkas ini.';

function destroyed(column: string, { row, what, times }: Finding): Fault {
  const place = `${row.sheet ? `lembar ${row.sheet}, ` : ''}baris ${row.line}${times > 1 ? ` dan ${times - 1} lagi` : ''}`;
  return { path: column, rule: 'digits', message: `${place}: angka telah rusak oleh Excel (${what}); seluruh berkas ditolak`, repair: REPAIR, severity: 'reject' };
}
