/** CSV as a stream of rows: encoding and delimiter detected, a broken line reported with its number, the rest read on. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { parse } from 'csv-parse/sync';
import iconv from 'iconv-lite';
import { RejectedRecord } from '../../hub/errors.js';
import { findHeader, headerFaults, headerNames, tidy, type Row } from './table.js';

const SAMPLE_BYTES = 65_536;
/** More in one line is not a table. */
const MAX_LINE = 1_000_000;
/** Lines parsed with one call. */
const GROUP = 500;
/** A quoted cell may hold this many lines. */
const OPEN_LINES = 50;

export interface CsvOptions {
  readonly delimiter: string;
  readonly encoding: string;
  readonly headers: readonly string[];
}

/** Lines of the file that form one CSV record: more than one when a quoted cell holds line breaks. */
interface Lines {
  readonly text: string;
  /** Line of the file on which it begins, counted from 1. */
  readonly line: number;
}

interface Parsed {
  readonly record: string[];
  readonly line: number;
  readonly broken?: string;
}

/** Rows after the header, lazily. @throws RejectedRecord when there is none with the wanted columns. Values keep their digits; a leading `'` (Excel's way to say text) is removed. */
export async function* readCsv(path: string, options: CsvOptions): AsyncGenerator<Row> {
  const sample = await head(path);
  const encoding = options.encoding === 'auto' ? await encodingOf(path, sample) : options.encoding;
  const delimiter = options.delimiter === 'auto' ? detectDelimiter(iconv.decode(sample, encoding)) : options.delimiter;
  let header: string[] | undefined;
  let top: Parsed[] = [];
  for await (const group of groups(logicalLines(path, encoding, delimiter))) {
    const parsed = parseGroup(group, delimiter);
    if (header) {
      for (const row of parsed) yield toRow(header, row);
      continue;
    }
    top = [...top, ...parsed];
    if (top.length >= 30) header = yield* begin(top, options);
  }
  if (!header) yield* begin(top, options);
}

/** Parses many lines at once; when one of them is broken, each alone, so that the rest passes. */
function parseGroup(group: readonly Lines[], delimiter: string): Parsed[] {
  const options = { delimiter, relax_column_count: true, skip_empty_lines: true };
  try {
    const records = parse(group.map(({ text }) => text).join('\n'), options);
    if (records.length === group.length) return records.map((record, i) => ({ record: record.map(clean), line: group[i]!.line }));
  } catch {
    // Found out below which line it is.
  }
  return group.flatMap(({ text, line }) => {
    try {
      return parse(text, options).map((record) => ({ record: record.map(clean), line }));
    } catch {
      return [{ record: [], line, broken: text.length > MAX_LINE ? 'lebih panjang dari 1 MB' : 'tanda kutip tidak ditutup atau salah letak' }];
    }
  });
}

async function* groups(lines: AsyncIterable<Lines>): AsyncGenerator<Lines[]> {
  let group: Lines[] = [];
  for await (const line of lines) {
    group.push(line);
    if (group.length < GROUP) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

/** Joins lines until quotes are balanced; a quote that stays open for 50 lines was a mistake, and only its own line is given up. */
async function* logicalLines(path: string, encoding: string, delimiter: string): AsyncGenerator<Lines> {
  const text = Readable.from(decode(createReadStream(path), encoding));
  const lines = createInterface({ input: text, crlfDelay: Infinity });
  let open: Lines[] = [];
  let number = 0;
  try {
    for await (const raw of lines) {
      number++;
      open.push({ text: number === 1 ? raw.replace(/^\uFEFF/, '') : raw, line: number });
      while (open.length > 0) {
        const end = recordEnd(open, delimiter);
        if (end < 0 && open.length < OPEN_LINES) break;
        yield* take(open, end);
        open = open.slice(Math.max(end, 0) + 1);
      }
    }
    while (open.length > 0) {
      const end = recordEnd(open, delimiter);
      yield* take(open, end);
      open = open.slice(Math.max(end, 0) + 1);
    }
  } finally {
    lines.close();
    // Not the file's own stream: whoever reads from it would fail where nobody listens, and end the process.
    text.destroy();
  }
}

function* take(open: readonly Lines[], end: number): Generator<Lines> {
  const text = open.slice(0, Math.max(end, 0) + 1).map((line) => line.text).join('\n');
  if (text.trim() !== '') yield { text, line: open[0]!.line };
}

/** Index of the line that ends the record begun by the first: 0 when joining lines makes no record, -1 when a quote is still open. */
function recordEnd(lines: readonly Lines[], delimiter: string): number {
  let quotes = 0;
  const end = lines.findIndex(({ text }) => {
    for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) quotes++;
    return quotes % 2 === 0;
  });
  if (end <= 0) return end;
  try {
    parse(lines.slice(0, end + 1).map(({ text }) => text).join('\n'), { delimiter, relax_column_count: true });
    return end;
  } catch {
    return 0;
  }
}

function* begin(top: readonly Parsed[], options: CsvOptions): Generator<Row, string[]> {
  if (top.length === 0 && options.headers.length === 0) return [];
  const index = findHeader(top.map((row) => row.record), options.headers);
  if (index < 0) throw new RejectedRecord(headerFaults(top.map(({ line, record }) => ({ line, texts: record })), options.headers));
  const header = headerNames(top[index]!.record);
  for (const row of top.slice(index + 1)) yield toRow(header, row);
  return header;
}

function toRow(header: readonly string[], { record, line, broken }: Parsed): Row {
  const cells: Record<string, string> = Object.fromEntries(header.map((name, i) => [name, record[i] ?? '']));
  if (broken) return { cells, line, broken };
  const surplus = record.slice(header.length).some((cell) => cell !== '');
  return surplus ? { cells, line, broken: `berisi ${record.length} kolom, seharusnya ${header.length}` } : { cells, line };
}

function clean(cell: string): string {
  return (cell.startsWith("'") ? cell.slice(1) : cell).trim();
}

async function head(path: string): Promise<Buffer> {
  const handle = await open(path);
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(SAMPLE_BYTES), 0, SAMPLE_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function* decode(source: AsyncIterable<Buffer>, encoding: string): AsyncGenerator<string> {
  const decoder = iconv.getDecoder(encoding);
  for await (const chunk of source) yield decoder.write(chunk);
  yield decoder.end() ?? '';
}

/** The beginning may hold no letter that tells: what looks like UTF-8 must be so to the end, or letters would be replaced unseen. */
async function encodingOf(path: string, sample: Buffer): Promise<string> {
  const guess = detectEncoding(sample);
  if (guess !== 'utf8' || sample.length < SAMPLE_BYTES) return guess;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of createReadStream(path)) decoder.decode(chunk as Buffer, { stream: true });
    decoder.decode();
    return 'utf8';
  } catch {
    return 'windows-1252';
  }
}

/** UTF-16 by its mark, UTF-8 when the bytes are valid UTF-8, else what old Excel for Windows writes. */
export function detectEncoding(sample: Buffer): string {
  if (sample[0] === 0xff && sample[1] === 0xfe) return 'utf16le';
  // A sample may end inside a character: up to three bytes at its end do not count.
  for (let cut = 0; cut <= 3; cut++) {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(sample.subarray(0, sample.length - cut));
      return 'utf8';
    } catch {
      // Try again with one byte less.
    }
  }
  return 'windows-1252';
}

/** The character that splits most of the first lines into the same number (more than one) of columns. */
export function detectDelimiter(text: string): string {
  const lines = text.split(/\r?\n/).filter((line) => tidy(line) !== '').slice(0, 30);
  const score = (delimiter: string): number => {
    const counts = lines.map((line) => line.replace(/"[^"]*"/g, '').split(delimiter).length);
    const most = Math.max(...counts);
    return most < 2 ? 0 : counts.filter((count) => count === most).length * most;
  };
  return [';', ',', '\t', '|'].reduce((best, delimiter) => (score(delimiter) > score(best) ? delimiter : best));
}
