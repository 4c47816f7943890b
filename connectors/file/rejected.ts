/** Rejected rows come back as an XLSX beside the file: the row as it was, its case, and what to mend. Uploaded again mended, it closes the cases. */
import { appendFile, mkdir, rename, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { textIfThere } from '../../hub/folder.js';
import type { Fault } from '../../hub/record.js';
import { CASE_COLUMNS, type Row } from './table.js';

const FOLDER = 'ditolak';

interface RejectedRow {
  readonly row: Row;
  readonly caseId: string;
  readonly faults: readonly Fault[];
}

/** Keeps rejected rows until the file is finished. Noted twice after a crash, a row appears once. */
export async function noteRejected(folder: string, hash: string, rows: readonly RejectedRow[]): Promise<void> {
  if (rows.length === 0) return;
  await mkdir(join(folder, FOLDER), { recursive: true });
  await appendFile(notesOf(folder, hash), `\n${rows.map((row) => JSON.stringify(row)).join('\n')}\n`);
}

/** Writes `ditolak/<file>-perlu-diperbaiki.xlsx` from the notes, all cells as text so that Excel keeps their digits. */
export async function finishRejected(folder: string, file: string, hash: string): Promise<void> {
  const notes = await textIfThere(notesOf(folder, hash));
  if (notes === undefined) return;
  const rows = new Map<string, RejectedRow>();
  for (const line of notes.split('\n').filter(Boolean)) {
    const row = whole(line);
    if (row) rows.set(`${row.row.sheet ?? ''}:${row.row.line}`, row);
  }
  // Loaded when first needed: it costs a start half a second.
  const { default: exceljs } = await import('exceljs');
  const workbook = new exceljs.Workbook();
  const sheet = workbook.addWorksheet('Perlu diperbaiki');
  const columns = [...new Set([...rows.values()].flatMap(({ row }) => Object.keys(row.cells)))].filter((name) => !(Object.values(CASE_COLUMNS) as string[]).includes(name));
  sheet.columns = [...columns, ...Object.values(CASE_COLUMNS)].map((name) => ({ header: name, key: name, width: Math.max(14, name.length + 2), style: { numFmt: '@' } }));
  sheet.getRow(1).font = { bold: true };
  sheet.views = [{ state: 'frozen', ySplit: 1 }];
  for (const { row, caseId, faults } of rows.values()) {
    sheet.addRow({
      ...row.cells,
      [CASE_COLUMNS.case]: caseId,
      [CASE_COLUMNS.column]: faults.map((fault) => fault.path).join('; '),
      [CASE_COLUMNS.reason]: faults.map((fault) => fault.message).join('; '),
      [CASE_COLUMNS.repair]: faults.map((fault) => fault.repair ?? 'Perbaiki isi kolom ini').join('; '),
    });
  }
  const target = join(folder, FOLDER, `${file.slice(0, -extname(file).length)}-perlu-diperbaiki.xlsx`);
  // Not through a link that others made in this place.
  await rm(`${target}.tmp`, { force: true });
  await workbook.xlsx.writeFile(`${target}.tmp`);
  await rename(`${target}.tmp`, target);
  await rm(notesOf(folder, hash), { force: true });
}

/** Undefined for a line cut short by a crash or a full disk. */
function whole(line: string): RejectedRow | undefined {
  try {
    return JSON.parse(line) as RejectedRow;
  } catch {
    return undefined;
  }
}

function notesOf(folder: string, hash: string): string {
  return join(folder, FOLDER, `.${hash.slice(0, 16)}.jsonl`);
}
