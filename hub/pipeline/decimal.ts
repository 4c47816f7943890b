/** Exact decimals inside CEL: money is text in records, and `record.bersih == record.kotor - record.potongan` must hold to the last rupiah. */
import type { Environment } from '@marcbachmann/cel-js';

export class Decimal {
  readonly #units: bigint;
  readonly #scale: number;
  constructor(units: bigint, scale: number) {
    this.#units = units;
    this.#scale = scale;
  }

  /** Reads `-12.50`, a bigint or a number. @throws Error for anything else. */
  static of(value: unknown): Decimal {
    if (value instanceof Decimal) return value;
    const found = /^(-?)(\d+)(?:\.(\d+))?$/.exec(String(value).trim());
    if (!found) throw new Error('bukan bilangan desimal');
    const fraction = found[3] ?? '';
    return new Decimal(BigInt(found[1]! + found[2]! + fraction), fraction.length);
  }

  plus(other: Decimal): Decimal {
    const scale = Math.max(this.#scale, other.#scale);
    return new Decimal(this.#at(scale) + other.#at(scale), scale);
  }

  minus(other: Decimal): Decimal {
    const scale = Math.max(this.#scale, other.#scale);
    return new Decimal(this.#at(scale) - other.#at(scale), scale);
  }

  times(other: Decimal): Decimal {
    return new Decimal(this.#units * other.#units, this.#scale + other.#scale);
  }

  /** Negative, zero or positive, as for sorting. */
  compare(other: Decimal): number {
    const scale = Math.max(this.#scale, other.#scale);
    const [left, right] = [this.#at(scale), other.#at(scale)];
    return left < right ? -1 : left > right ? 1 : 0;
  }

  #at(scale: number): bigint {
    return this.#units * 10n ** BigInt(scale - this.#scale);
  }
}

/** Teaches an environment the type, `decimal(x)` and its operators among decimals and numbers, and mixed arithmetic of plain numbers (in records they are all doubles). */
export function registerDecimal(environment: Environment): Environment {
  environment.registerType('Decimal', { ctor: Decimal, fields: {} });
  environment.registerFunction('decimal(dyn): Decimal', (value: unknown) => Decimal.of(value));
  for (const [left, right] of [['Decimal', 'Decimal'], ['Decimal', 'int'], ['int', 'Decimal'], ['Decimal', 'double'], ['double', 'Decimal']] as const) {
    const operate = (operator: string, result: string, work: (a: Decimal, b: Decimal) => unknown): void => {
      environment.registerOperator(`${left} ${operator} ${right}: ${result}`, (a: unknown, b: unknown) => work(Decimal.of(a), Decimal.of(b)));
    };
    operate('+', 'Decimal', (a, b) => a.plus(b));
    operate('-', 'Decimal', (a, b) => a.minus(b));
    operate('*', 'Decimal', (a, b) => a.times(b));
    operate('<', 'bool', (a, b) => a.compare(b) < 0);
    operate('<=', 'bool', (a, b) => a.compare(b) <= 0);
    operate('>', 'bool', (a, b) => a.compare(b) > 0);
    operate('>=', 'bool', (a, b) => a.compare(b) >= 0);
    if (left === 'Decimal') operate('==', 'bool', (a, b) => a.compare(b) === 0);
  }
  for (const [operator, work] of Object.entries({ '+': (a: number, b: number) => a + b, '-': (a: number, b: number) => a - b, '*': (a: number, b: number) => a * b, '/': (a: number, b: number) => a / b })) {
    environment.registerOperator(`double ${operator} int: double`, (a: number, b: bigint) => work(a, Number(b)));
    environment.registerOperator(`int ${operator} double: double`, (a: bigint, b: number) => work(Number(a), b));
  }
  return environment;
}
