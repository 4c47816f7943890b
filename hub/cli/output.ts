/** How commands print: tables and sentences for people, one JSON document for programs. */
import Table from 'cli-table3';
import colors from 'picocolors';
import { STATE_WORDS } from '../api/state-word.js';
import type { InstanceStateName } from '../runtime/supervisor.js';

const BARE = {
  top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '',
  left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ',
};

/** A table without lines; the columns in `right` (counted from 0) are set to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const made = new Table({
    head: head.map((title) => colors.bold(title)),
    chars: BARE,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: head.map((_, column) => (right.includes(column) ? 'right' : 'left')),
  });
  for (const row of rows) made.push(row.map(printable));
  return made.toString().split('\n').map((line) => line.trimEnd()).join('\n');
}

/** Prints `value` as JSON with `--json`, else what `people` makes of it. */
export function print<T>(value: T, json: boolean | undefined, people: (value: T) => string): void {
  process.stdout.write(`${json ? JSON.stringify(value, null, 2) : people(value)}\n`);
}

/** Text of others cannot move the cursor; colours stay, since they are ours too. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]|\u001b(?!\[[0-9;]*m)/g, '?');
}

const numbers = new Intl.NumberFormat('id-ID');

export function count(value: number | undefined): string {
  return value === undefined ? '–' : numbers.format(value);
}

const clock = new Intl.DateTimeFormat('id-ID', { timeZone: 'Asia/Makassar', day: '2-digit', month: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });

/** Time in WITA: `24/11 08.01.30`. */
export function time(value: string | number | undefined | null): string {
  if (value === undefined || value === null) return '–';
  return clock.format(new Date(value)).replace(',', '');
}

/** A state in words and colour. */
export function state(value: InstanceStateName): string {
  const word = STATE_WORDS[value] ?? value;
  if (value === 'RUNNING') return colors.green(word);
  if (value === 'FAILED') return colors.red(word.toUpperCase());
  return colors.yellow(word);
}
