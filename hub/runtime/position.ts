/** What travels in the position of every commit: where the instance stands, and its cumulative counts. */
import type { Json } from '../record.js';

export interface Counts {
  /** Records handed over by the agency's system (source, receiver) or by the topics (sink). */
  readonly read: number;
  /** Committed to their topic, or delivered by a sink. */
  readonly accepted: number;
  /** Kept out on purpose: by `where`, unchanged in an overlap, known as a case already, or superseded by a mended record. */
  readonly filtered: number;
  /** Open cases. */
  readonly cases: number;
  /** Records committed to topics under this name. */
  readonly written: number;
  /** Records accepted with a warning. */
  readonly warned: number;
}

export interface InstancePosition {
  /** Of a source: the connector's own position. */
  readonly source?: Json;
  /** Of a sink: next offset per topic and partition. */
  readonly offsets?: { readonly [topic: string]: { readonly [partition: string]: number } };
  /** Of a sink: how many replays were written so far. */
  readonly replays?: number;
  readonly counts: Counts;
}

export const NO_COUNTS: Counts = { read: 0, accepted: 0, filtered: 0, cases: 0, written: 0, warned: 0 };

export function positionOf(stored: Json | undefined): InstancePosition {
  return stored === undefined ? { counts: NO_COUNTS } : (stored as unknown as InstancePosition);
}

/** Adds to the counts. @throws Error when a record would be lost from the account: read = accepted + filtered + cases. */
export function addCounts(counts: Counts, more: Partial<Counts>): Counts {
  const sum = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count + (more[name as keyof Counts] ?? 0)])) as unknown as Counts;
  if (sum.read !== sum.accepted + sum.filtered + sum.cases) {
    throw new Error(`Hitungan tidak cocok: dibaca ${sum.read}, diterima ${sum.accepted}, disaring ${sum.filtered}, kasus ${sum.cases}`);
  }
  return sum;
}
