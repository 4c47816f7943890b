/** Spans of time as people write them in files: `10s`, `5m`, `1h`. */

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds. @throws Error with a sentence naming what is wrong with the text. */
export function parseDuration(text: string): number {
  const [, amount, unit] = /^(\d+)\s*(ms|s|m|h)$/.exec(text) ?? [];
  const duration = Number(amount) * (UNITS[unit ?? ''] ?? 0);
  if (!(duration > 0)) throw new Error(`jangka "${text}" tidak dikenal; contoh yang benar: 10s, 5m, 1h`);
  return duration;
}
