/** The live summary below the banner of `serve`: redrawn in place on a terminal, printed again when it changed elsewhere. */
import type { WriteStream } from 'node:tty';
import colors from 'picocolors';
import { pause } from '../log/outage.js';
import type { InstanceStatus } from '../runtime/instance-status.js';
import { instanceTable } from './instances.js';
import { count, time } from './output.js';

/** Milliseconds between two pictures on a terminal; elsewhere growing from the first to the last. */
const REDRAW = 1_000;
const FIRST_LINES = 5_000;
const LAST_LINES = 60_000;

/** Shows until `signal` is aborted. */
export async function showLive(instances: () => readonly InstanceStatus[], out: WriteStream, signal: AbortSignal): Promise<void> {
  let drawn = 0;
  let said = '';
  let wait = FIRST_LINES;
  while (!signal.aborted) {
    const rows = instances();
    if (out.isTTY) {
      const lines = fit([...instanceTable(rows).split('\n'), '', summary(rows)], out);
      out.write(`${drawn > 0 ? `\u001b[${drawn}A\r` : ''}\u001b[J${lines.join('\n')}\n`);
      drawn = lines.length;
      await pause(REDRAW, signal);
    } else {
      const text = instanceTable(rows);
      if (text !== said) out.write(`${text}\n${summary(rows)}\n\n`);
      said = text;
      await pause(wait, signal);
      wait = Math.min(wait * 2, LAST_LINES);
    }
  }
}

function summary(rows: readonly InstanceStatus[]): string {
  const sum = (field: 'recordsIn' | 'recordsOut' | 'filtered' | 'cases'): string => count(rows.reduce((total, row) => total + row[field], 0));
  const failed = rows.filter((row) => row.state === 'FAILED').length;
  return `${colors.dim(time(Date.now()))} ${rows.length} instans${failed > 0 ? colors.red(`, ${failed} gagal`) : ''} · masuk ${sum('recordsIn')} · keluar ${sum('recordsOut')} · saring ${sum('filtered')} · kasus ${sum('cases')}`;
}

/** A picture taller than the window cannot be drawn over: its middle is left out. Longer lines are cut, since a wrapped one counts twice. */
function fit(lines: readonly string[], out: WriteStream): string[] {
  const height = Math.max(out.rows - 1, 4);
  const shown = lines.length <= height ? lines : [...lines.slice(0, height - 3), colors.dim(`… dan ${lines.length - height} baris lagi: npm run sasando -- status`), ...lines.slice(-2)];
  return shown.map((line) => cut(line, out.columns));
}

/** Cuts after `width` visible characters; colour sequences take no room. */
function cut(line: string, width: number): string {
  let visible = 0;
  for (const part of line.matchAll(/\u001b\[[0-9;]*m|[^\u001b]/gu)) {
    if (part[0].length === 1 || !part[0].startsWith('\u001b')) visible++;
    if (visible > width - 1) return `${line.slice(0, part.index)}\u001b[0m`;
  }
  return line;
}
