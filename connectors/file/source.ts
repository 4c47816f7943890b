/** Reads finished files of a folder one after another, in order of name; a big file is resumed at the row where it was left. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { ConnectorContext, SourceBatch } from '../../hub/connector.js';
import { RejectedRecord } from '../../hub/errors.js';
import { inside } from '../../hub/folder.js';
import type { Fault, Json, SourceRecord } from '../../hub/record.js';
import { readCsv } from './csv.js';
import { digitScanner } from './digits.js';
import { caseOfRefused, forgetRefused, isReport, refuseFile } from './refused.js';
import { finishRejected, noteRejected } from './rejected.js';
import type { FileSettings } from './settings.js';
import { CASE_COLUMNS, type Row } from './table.js';
import { readXlsx } from './xlsx.js';

/** Where we stand: in which file (by content), after how many of its rows. */
interface FilePosition {
  readonly file: string;
  /** SHA-256 of the content: a changed file under the same name is another file. */
  readonly hash: string;
  readonly rows: number;
  readonly finished: boolean;
  /** The file as a whole became a case. */
  readonly refused?: boolean;
}

/** Folder of files that were read to their end. */
const ARCHIVE = 'arsip';
/** What is read, and what people take for it. */
export const READABLE = ['.csv', '.txt', '.xlsx'];
const UNREADABLE = ['.xls', '.xlsm', '.xlsb', '.ods'];
/** Names of files that somebody is still writing or that programs leave behind. */
const UNFINISHED = /^(\.|~\$)|\.(tmp|part|crdownload|swp|bak)$/i;

/** The folder must be there. Nothing in it is changed but by `committed` of a batch, and at the first step of a run that goes on from a position. */
export async function* readFiles(settings: FileSettings, position: Json | undefined, context: ConnectorContext): AsyncGenerator<SourceBatch> {
  const folder = inside(context.files, settings.folder);
  let last = position as FilePosition | undefined;
  for (const file of await finishedFiles(folder, settings, context.now())) {
    context.signal.throwIfAborted();
    const path = join(folder, file);
    const hash = await hashOf(path);
    const same = last?.file === file && last.hash === hash;
    if (same && last?.finished) {
      // The hub stopped between the last commit and the move.
      if (last.refused) await refuseFile({ folder, file, hash, faults: (await survey(path, file, settings)).faults, now: context.now() });
      else await finish(folder, file, hash);
      continue;
    }
    const { rows, faults } = await survey(path, file, settings);
    if (faults.length > 0) yield refusal(folder, { file, hash, faults }, context);
    else yield* readOne(folder, { file, hash, rows }, same ? last!.rows : 0, settings, context);
    last = undefined;
  }
}

/** The whole file becomes one case, so that the OPD sees what to repair; the files after it are read on. */
function refusal(folder: string, refused: { file: string; hash: string; faults: readonly Fault[] }, context: ConnectorContext): SourceBatch {
  const { file, hash, faults } = refused;
  return {
    records: [{ value: { [FILE_FIELDS.file]: file, [FILE_FIELDS.hash]: hash }, origin: file, faults }],
    position: { file, hash, rows: 0, finished: true, refused: true },
    committed: (rejected) => refuseFile({ folder, ...refused, caseId: rejected.get(0)?.caseId, now: context.now() }),
  };
}

/** A file whose content is known: name, SHA-256 and number of data rows. */
interface Surveyed {
  readonly file: string;
  readonly hash: string;
  readonly rows: number;
}

async function* readOne(folder: string, surveyed: Surveyed, from: number, settings: FileSettings, context: ConnectorContext): AsyncGenerator<SourceBatch> {
  const { file, hash } = surveyed;
  // Sent again in good order under its name, a file that was refused as a whole closes its case.
  const refused = await caseOfRefused(folder, file);
  let rows = 0;
  let batch: SourceRecord[] = [];
  let lines: Row[] = [];
  const flush = (finished: boolean): SourceBatch => {
    const [records, read] = [batch, lines];
    batch = [];
    lines = [];
    return {
      records,
      position: { file, hash, rows, finished },
      committed: async (rejected) => {
        await noteRejected(folder, hash, [...rejected].map(([index, found]) => ({ row: read[index]!, ...found })));
        if (finished) {
          await finish(folder, file, hash);
          await forgetRefused(folder, file);
        }
      },
    };
  };
  for await (const row of rowsOf(join(folder, file), file, settings)) {
    rows++;
    if (rows <= from) continue;
    const record = toRecord(row, surveyed, settings);
    batch.push(rows === 1 && refused !== undefined && record.mends === undefined ? { ...record, mends: refused } : record);
    lines.push(row);
    if (batch.length >= settings.batch) {
      yield flush(false);
      context.signal.throwIfAborted();
    }
  }
  yield flush(true);
}

/** Data rows: without empty ones and totals. */
async function* rowsOf(path: string, file: string, settings: FileSettings): AsyncGenerator<Row> {
  const total = new RegExp(settings.totals, 'i');
  for await (const row of formatOf(file, settings) === 'xlsx' ? await readXlsx(path, settings) : readCsv(path, settings)) {
    const first = Object.values(row.cells).find((cell) => cell !== '');
    if (row.broken || (first !== undefined && !total.test(first))) yield row;
  }
}

/** Fields that every record carries beside the columns: of which file it is, and how many rows that has (a batch is complete when all are there). A file refused as a whole carries its SHA-256. */
export const FILE_FIELDS = { file: '_berkas', rows: '_jumlah_baris', hash: '_sha256' } as const;

function toRecord(row: Row, { file, hash, rows }: Surveyed, settings: FileSettings): SourceRecord {
  const { [CASE_COLUMNS.case]: mends, [CASE_COLUMNS.column]: _column, [CASE_COLUMNS.reason]: _reason, [CASE_COLUMNS.repair]: _repair, ...cells } = row.cells;
  const sheet = settings.sheetField && row.sheet ? { [settings.sheetField]: row.sheet } : {};
  return {
    value: { ...cells, ...sheet, [FILE_FIELDS.file]: file, [FILE_FIELDS.rows]: rows },
    origin: `${file}${row.sheet ? `, lembar ${row.sheet}` : ''}, baris ${row.line}`,
    id: `${hash.slice(0, 32)}:${row.sheet ?? ''}:${row.line}`,
    ...(mends ? { mends } : {}),
    ...(row.broken ? { faults: [{ path: '', rule: 'syntax', message: row.broken, repair: 'Perbaiki baris ini di berkas asal', severity: 'reject' as const }] } : {}),
  };
}

/** Counts the data rows, and says why the file is refused as a whole before any of its rows passes: no header, no table, identities that Excel destroyed. */
async function survey(path: string, file: string, settings: FileSettings): Promise<{ rows: number; faults: readonly Fault[] }> {
  if (UNREADABLE.includes(extname(file).toLowerCase())) {
    return { rows: 0, faults: [{ path: '', rule: 'file', message: `bentuk ${extname(file)} tidak dapat dibaca`, repair: 'Buka di Excel, simpan sebagai .xlsx, lalu kirim lagi.', severity: 'reject' }] };
  }
  const scanner = digitScanner({ typed: formatOf(file, settings) === 'xlsx', zeros: settings.zeros });
  let rows = 0;
  try {
    for await (const row of rowsOf(path, file, settings)) {
      scanner.see(row);
      rows++;
    }
    scanner.finish();
    return { rows, faults: [] };
  } catch (error) {
    if (!(error instanceof RejectedRecord)) throw error;
    return { rows, faults: error.faults };
  }
}

/** Files that match the pattern and have not changed for the settling time, in order of name. */
async function finishedFiles(folder: string, settings: FileSettings, now: Date): Promise<string[]> {
  const pattern = new RegExp(`^${settings.pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`, 'i');
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isFile() || UNFINISHED.test(entry.name) || isReport(entry.name) || !pattern.test(entry.name) || ![...READABLE, ...UNREADABLE].includes(extname(entry.name).toLowerCase())) continue;
    const { mtimeMs } = await stat(join(folder, entry.name));
    if (now.getTime() - mtimeMs >= settings.settle * 1000) found.push(entry.name);
  }
  return found.sort();
}

export function formatOf(file: string, settings: FileSettings): 'csv' | 'xlsx' {
  if (settings.format !== 'auto') return settings.format;
  return extname(file).toLowerCase() === '.xlsx' ? 'xlsx' : 'csv';
}

/** Writes the sheet of rejected rows, if there are any, and moves the file to the archive. Doing it twice is harmless. */
async function finish(folder: string, file: string, hash: string): Promise<void> {
  await finishRejected(folder, file, hash);
  await mkdir(join(folder, ARCHIVE), { recursive: true });
  await rename(join(folder, file), join(folder, ARCHIVE, `${hash.slice(0, 8)}-${file}`));
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
