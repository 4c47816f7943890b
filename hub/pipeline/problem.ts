/** What is wrong with one value: said without the value itself, which may be personal. */

/** Returned, not thrown: conversions run millions of times and a stack trace would cost more than they do. */
export class Problem {
  constructor(
    /** Bahasa Indonesia, fits after the name of a field: `bukan tanggal …`. */
    readonly message: string,
    readonly rule: string = 'mapping',
    readonly repair?: string,
  ) {}
}

/** The outline of a value for a message: digits become 9, letters a or A, at most 24 characters. */
export function shapeOf(value: unknown): string {
  if (typeof value === 'string') {
    const text = value.length > 24 ? `${value.slice(0, 23)}…` : value;
    return `berbentuk "${text.replace(/\p{Nd}/gu, '9').replace(/\p{Lu}/gu, 'A').replace(/[^\p{Lu}\P{L}]/gu, 'a')}"`;
  }
  if (value === null || value === undefined) return 'kosong';
  if (typeof value === 'number') return Number.isInteger(value) ? 'berupa angka bulat' : 'berupa angka pecahan';
  if (typeof value === 'boolean') return 'berupa ya/tidak';
  if (value instanceof Date) return 'berupa waktu';
  return Array.isArray(value) ? 'berupa larik' : 'berupa objek';
}
