/** Reproducible randomness for synthetic data (mulberry32): the same seed gives the same city on every machine. Never for secrets. */

export interface Random {
  /** 0 ≤ x < 1 */
  next(): number;
  /** Whole number, `from` ≤ n ≤ `to`. */
  between(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** `digits` decimal digits. */
  digits(count: number): string;
  /** `count` lower-case hexadecimal digits. */
  hex(count: number): string;
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  const text = (count: number, base: number): string => Array.from({ length: count }, () => below(base).toString(base)).join('');
  return {
    next,
    between: (from, to) => from + below(to - from + 1),
    chance: (probability) => next() < probability,
    pick: (list) => list[below(list.length)]!,
    digits: (count) => text(count, 10),
    hex: (count) => text(count, 16),
  };
}

/** Index of one of the cumulative `weights` (ascending, the last is the sum). */
export function pickWeighted(random: Random, cumulative: readonly number[]): number {
  const wanted = random.next() * cumulative.at(-1)!;
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cumulative[middle]! > wanted) high = middle;
    else low = middle + 1;
  }
  return low;
}

export function cumulate(weights: readonly number[]): number[] {
  let sum = 0;
  return weights.map((weight) => (sum += weight));
}
