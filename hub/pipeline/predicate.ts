/** Conditions in CEL (`where`, `require`): compiled once, at most linear in the size of the record, so that no expression can hang the hub. */
import { type ASTNode, Environment, EvaluationError } from '@marcbachmann/cel-js';
import { cityDay } from '../calendar.js';
import type { JsonObject } from '../record.js';
import { Decimal, registerDecimal } from './decimal.js';
import { compilePattern } from './pattern.js';
import { Problem } from './problem.js';

export interface PredicateInput {
  readonly record: JsonObject;
  /** The record before mapping, in `require`. */
  readonly source?: JsonObject;
  readonly now: Date;
}

/** True, false, or why it cannot be told. */
export type Predicate = (input: PredicateInput) => boolean | Problem;

const LIMITS = { maxAstNodes: 500, maxDepth: 40, maxListElements: 500, maxMapEntries: 100 };
const LOOPS = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);
const MAX_PATTERNS = 200;

const patterns = new Map<string, (text: string) => boolean>();
const environment = registerDecimal(new Environment({ limits: LIMITS, enableOptionalTypes: true }))
  .registerVariable('record', 'map')
  .registerVariable('source', 'map')
  .registerVariable('now', 'google.protobuf.Timestamp')
  .registerVariable('today', 'string')
  .registerFunction('string.matchesSafely(string): bool', (text: string, pattern: string) => patternOf(pattern)(text));

/** Says what is wrong with an expression, for the declaration of a mapping; undefined when it is usable. */
export function predicateFault(expression: string): string | undefined {
  try {
    compilePredicate(expression);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * Compiles an expression over `record` (and `source`, `now`, `today`: `yyyy-MM-dd` in Kupang). A field that a record lacks is null unless the expression asks `has()`.
 * Fields named in `decimals` hold decimal text and count exactly.
 * @throws Error with one sentence for a malformed, ill-typed or possibly endless expression.
 */
export function compilePredicate(expression: string, decimals: ReadonlySet<string> = new Set()): Predicate {
  const program = parse(expression);
  const used = inspect(program.ast);
  const checked = program.check();
  if (!checked.valid) throw new Error(`bukan syarat CEL yang benar: ${firstLine(checked.error)}`);
  if (checked.type !== 'bool' && checked.type !== 'dyn') throw new Error(`harus menghasilkan benar atau salah, bukan ${checked.type}`);
  const prepareRecord = compilePreparation(used.record, decimals);
  const prepareSource = compilePreparation(used.source, new Set());
  return ({ record, source, now }) => {
    try {
      const result: unknown = program({
        record: prepareRecord(record),
        source: source === undefined ? {} : prepareSource(source),
        now,
        today: used.today ? cityDay(now) : '',
      });
      return typeof result === 'boolean' ? result : new Problem('tidak menghasilkan benar atau salah', 'condition');
    } catch (error) {
      return new Problem(`tidak dapat dihitung: ${reason(error)}`, 'condition', 'Periksa isi field yang dipakai, atau tambahkan has(…) dan perbandingan dengan null pada syaratnya');
    }
  };
}

function parse(expression: string): ReturnType<Environment['parse']> {
  try {
    return environment.parse(expression);
  } catch (error) {
    throw new Error(`bukan syarat CEL yang benar: ${firstLine(error)}`, { cause: error });
  }
}

interface Used {
  readonly record: Set<string>;
  readonly source: Set<string>;
  today: boolean;
}

/** Finds the fields that are read, replaces the hanging `matches` by ours, and refuses loops inside loops. */
function inspect(ast: ASTNode): Used {
  const used: Used = { record: new Set(), source: new Set(), today: false };
  const asked = { record: new Set<string>(), source: new Set<string>() };
  const visit = (node: unknown, looping: boolean): void => {
    if (Array.isArray(node)) for (const part of node) visit(part, looping);
    if (!isNode(node)) return;
    const args = node.args as unknown[];
    if (node.op === 'id' && (node.args as unknown) === 'today') used.today = true;
    if (node.op === '.' && isNode(args[0]) && args[0].op === 'id') {
      const variable = args[0].args as string;
      if (variable === 'record' || variable === 'source') used[variable].add(args[1] as string);
    }
    if (node.op === 'call' && args[0] === 'has') {
      const field = (args[1] as ASTNode[])[0];
      if (isNode(field) && field.op === '.' && isNode(field.args[0]) && field.args[0].op === 'id') {
        const variable = field.args[0].args as string;
        if (variable === 'record' || variable === 'source') asked[variable].add(field.args[1]);
      }
    }
    if (node.op === 'rcall' && args[0] === 'matches') {
      const pattern = (args[2] as ASTNode[])[0];
      if (isNode(pattern) && pattern.op === 'value' && typeof pattern.args === 'string') patternOf(pattern.args);
      args[0] = 'matchesSafely';
    }
    if (node.op === 'rcall' && LOOPS.has(args[0] as string)) {
      if (looping) throw new Error('all/exists/map/filter di dalam yang lain tidak diizinkan (dapat berjalan sangat lama); pecah menjadi beberapa syarat atau pakai expr');
      visit(args[1], looping);
      visit(args[2], true);
      return;
    }
    visit(args, looping);
  };
  visit(ast, false);
  for (const name of asked.record) used.record.delete(name);
  for (const name of asked.source) used.source.delete(name);
  return used;
}

function compilePreparation(names: ReadonlySet<string>, decimals: ReadonlySet<string>): (record: JsonObject) => JsonObject {
  const fields = [...names].map((name) => ({ name, decimal: decimals.has(name) }));
  if (fields.length === 0) return (record) => record;
  return (record) => {
    let copy: Record<string, unknown> | undefined;
    for (const { name, decimal } of fields) {
      const value = record[name];
      if (value === undefined) (copy ??= { ...record })[name] = null;
      else if (decimal && typeof value === 'string') (copy ??= { ...record })[name] = Decimal.of(value);
    }
    return (copy ?? record) as JsonObject;
  };
}

function patternOf(pattern: string): (text: string) => boolean {
  const known = patterns.get(pattern);
  if (known) return known;
  const compiled = compilePattern(pattern);
  if (patterns.size >= MAX_PATTERNS) patterns.clear();
  patterns.set(pattern, compiled);
  return compiled;
}

/** Messages of other errors may quote a value of the record; those of missing fields and wrong types do not. */
function reason(error: unknown): string {
  if (!(error instanceof EvaluationError)) return 'nilainya tidak cocok dengan syarat';
  if (error.code === 'no_such_key') return `field ${error.summary.replace(/^No such key: /, '')} tidak ada`;
  if (error.code === 'no_such_overload') return `jenis nilainya tidak cocok (${error.summary.replace(/^no such overload: /, '')})`;
  return error.code.replaceAll('_', ' ');
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

function firstLine(error: unknown): string {
  return (error as Error).message.split('\n')[0]!;
}
