/** Counts the rows of each payroll file as they come, as lines or as cases, and tells which files are complete. A file sent again under its name is counted anew. */
import type { Closing } from '../cases/cases.js';
import { readRejection } from '../log/rejection.js';
import type { Json, JsonObject, StoredRecord } from '../record.js';

/** Topic of payroll lines. */
export const LINES = 'keuangan.gaji';

/** What one record of the log says of a file's completeness. */
export interface Arrival {
  readonly file: string;
  /** Rows that the file has. */
  readonly rows: number;
  /** Tells one sending of a file from the next, where the source does; otherwise empty. */
  readonly delivery: string;
  /** `passed`: a case ended since the same line came and was good. */
  readonly as: 'line' | 'case' | 'passed';
}

export interface FileProgress {
  readonly deliveries: { readonly [delivery: string]: Delivery };
  /** Cases that would not be told again if the same bad row came once more: a pipeline opens none twice. */
  readonly cases: number;
  /** It was complete once, and its lines were checked. */
  readonly checked: boolean;
}

interface Delivery {
  readonly rows: number;
  /** Lines and cases so far. */
  readonly seen: number;
  /** Cases among them. */
  readonly cases: number;
}

export type Progress = { readonly [file: string]: FileProgress };

/** Sendings of one file that are remembered; an older one that never became complete is not waited for. */
const REMEMBERED = 3;

/** @returns the new progress, and the files that are complete with these arrivals. */
export function countArrivals(progress: Progress, arrivals: readonly Arrival[]): { progress: Progress; complete: ReadonlySet<string> } {
  const counted: { [file: string]: FileProgress } = { ...progress };
  const complete = new Set<string>();
  for (const { file, rows, delivery, as } of arrivals) {
    const known = counted[file] ?? { deliveries: {}, cases: 0, checked: false };
    if (as === 'passed') {
      counted[file] = { ...known, cases: Math.max(0, known.cases - 1) };
      continue;
    }
    const before = known.deliveries[delivery];
    const anew = before === undefined || before.rows !== rows || before.seen >= rows;
    const isCase = as === 'case' ? 1 : 0;
    const deliveries = { ...known.deliveries, [delivery]: { rows, seen: (anew ? 0 : before.seen) + 1, cases: (anew ? 0 : before.cases) + isCase } };
    const cases = known.cases + isCase;
    // A case may be the last thing that a later sending lacked, too.
    const done = Object.entries(deliveries).some(([one, now]) => isComplete(now, cases) && (one === delivery || !isComplete(known.deliveries[one]!, known.cases)));
    if (done) complete.add(file);
    counted[file] = { deliveries: Object.fromEntries(Object.entries(deliveries).slice(-REMEMBERED)), cases, checked: known.checked || done };
  }
  return { progress: counted, complete };
}

function isComplete({ rows, seen, cases }: Delivery, known: number): boolean {
  return seen + Math.max(0, known - cases) >= rows;
}

/** What a line says; `replayed` where it was counted when it became a case, undefined for one of no file. */
export function lineArrival(record: StoredRecord, { berkas, jumlah_baris: rows }: JsonObject): Arrival | 'replayed' | undefined {
  if (typeof berkas !== 'string' || typeof rows !== 'number') return undefined;
  if (record.id.startsWith('kasus:')) return 'replayed';
  return { file: berkas, rows, delivery: deliveryOf(record.id), as: 'line' };
}

/** What a record of the topic of cases says; undefined where it is about no row of a payroll file. */
export function caseArrival(record: StoredRecord): Arrival | undefined {
  const rejection = readRejection(record) as (ReturnType<typeof readRejection> & { readonly closing?: Closing }) | undefined;
  if (rejection?.topic !== LINES) return undefined;
  const { _berkas: file, _jumlah_baris: rows } = rejection.payload;
  if (typeof file !== 'string' || typeof rows !== 'number') return undefined;
  if (rejection.closing) return rejection.closing.because === 'accepted' ? { file, rows, delivery: '', as: 'passed' } : undefined;
  const hash = (rejection.position as { hash?: Json } | null | undefined)?.hash;
  return { file, rows, delivery: typeof hash === 'string' ? hash.slice(0, 32) : '', as: 'case' };
}

/** A file's rows carry its hash in their ids: `hash:sheet:row`. Empty for records of other sources. */
export function deliveryOf(id: string): string {
  return /^([0-9a-f]{32}):/.exec(id)?.[1] ?? '';
}
