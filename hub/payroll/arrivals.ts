/** Counts the rows of each payroll file as they come, as lines or as cases, and tells which files are complete. A file sent again under its name is counted anew. */

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
