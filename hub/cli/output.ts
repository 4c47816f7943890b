/** How commands print: tables and sentences for people, one JSON document for programs. */
import Table from 'cli-table3';
import colors from 'picocolors';
import { STATE_WORDS } from '../api/state-word.js';
import { TIME_ZONE } from '../calendar.js';
import type { InstanceStateName } from '../runtime/instance-status.js';

const BARE = {
  top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '',
  left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ',
};

/** Text of others, or what we coloured ourselves. */
export type Cell = string | { readonly ours: string };

/** A table without lines; the columns in `right` (counted from 0) are set to the right. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[], right: readonly number[] = []): string {
  const made = new Table({
    head: head.map((title) => colors.bold(title)),
    chars: BARE,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: head.map((_, column) => (right.includes(column) ? 'right' : 'left')),
  });
  for (const row of rows) made.push(row.map((cell) => (typeof cell === 'string' ? oneLine(cell) : cell.ours)));
  return made.toString().split('\n').map((line) => line.trimEnd()).join('\n');
}

/** Prints `value` as JSON with `--json`, else what `people` makes of it. */
export function print<T>(value: T, json: boolean | undefined, people: (value: T) => string): void {
  process.stdout.write(`${json ? jsonText(value, 2) : people(value)}\n`);
}

/** Controls of a terminal (also the one-byte ones that JSON leaves as they are), and marks that turn the direction of what follows. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Text of others moves no cursor, changes no colour (black on black hides what follows) and no direction. Lines stay. */
export function printable(text: string): string {
  return text.replace(CONTROLS, '?');
}

/** The same where one line is expected: text of others adds none that looks like ours. */
export function oneLine(text: string): string {
  return printable(text).replace(/[\n\t]/g, ' ');
}

/** JSON that is safe to look at, with the same content. */
export function jsonText(value: unknown, indent?: number): string {
  return (JSON.stringify(value, null, indent) ?? 'null').replace(CONTROLS, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const numbers = new Intl.NumberFormat('id-ID');

export function count(value: number | undefined): string {
  return value === undefined ? '–' : numbers.format(value);
}

const clock = new Intl.DateTimeFormat('id-ID', { timeZone: TIME_ZONE, day: '2-digit', month: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });

const calendar = new Intl.DateTimeFormat('id-ID', { timeZone: TIME_ZONE, year: 'numeric', month: '2-digit', day: '2-digit' });
const yearOf = (value: string | number): string => calendar.format(new Date(value)).slice(-4);

/** Time in WITA: `24/11 08.01.30`; of another year with it: `28/12/2025 20.40.00`. */
export function time(value: string | number | undefined | null): string {
  if (value === undefined || value === null) return '–';
  const said = clock.format(new Date(value)).replace(',', '');
  return yearOf(value) === yearOf(Date.now()) ? said : said.replace(' ', `/${yearOf(value)} `);
}

/** A state in words and colour. */
export function state(value: InstanceStateName): string {
  const word = STATE_WORDS[value] ?? value;
  if (value === 'RUNNING') return colors.green(word);
  if (value === 'FAILED') return colors.red(word.toUpperCase());
  return colors.yellow(word);
}
