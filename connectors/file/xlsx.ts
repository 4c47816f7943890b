/** XLSX as OPDs keep it: title rows, merged headers, one sheet per kelurahan, numbers typed where text was meant. */
import type exceljs from 'exceljs';
import { RejectedRecord } from '../../hub/errors.js';
import type { Fault } from '../../hub/record.js';
import { findHeader, headerFaults, headerNames, tidy, type Row } from './table.js';
import { unpackedSize } from './zip-size.js';

/** `ValueType.Formula` of exceljs, which is loaded late. */
const FORMULA = 6;

/** Several times what any list of an OPD has: reading takes minutes. A small file can be packed from very much more. */
const MOST_UNPACKED = 150_000_000;

export interface XlsxOptions {
  readonly sheets?: readonly string[] | undefined;
  readonly headers: readonly string[];
}

/** Rows of all wanted sheets. @throws RejectedRecord when a sheet or a header is missing. The workbook is read whole: Excel's own limit is about a million rows, and OPD files are far below. */
export async function readXlsx(path: string, options: XlsxOptions): Promise<Row[]> {
  if (((await unpackedSize(path, MOST_UNPACKED)) ?? 0) > MOST_UNPACKED) {
    throw new RejectedRecord([{ path: '', rule: 'file', message: `isi XLSX lebih besar dari ${MOST_UNPACKED / 1_000_000} MB setelah dibuka`, repair: 'Bagi menjadi beberapa berkas atau simpan sebagai CSV, lalu kirim lagi. Bila datanya sedikit, salin barisnya ke buku kerja baru.', severity: 'reject' }]);
  }
  // Loaded when first needed: it costs a start half a second.
  const { Workbook } = (await import('exceljs')).default;
  const workbook = new Workbook();
  try {
    await workbook.xlsx.readFile(path);
  } catch (cause) {
    throw new RejectedRecord([{ path: '', rule: 'file', message: 'bukan berkas XLSX yang utuh', repair: 'Buka di Excel, simpan ulang sebagai .xlsx, lalu kirim lagi.', severity: 'reject' }], { cause });
  }
  const wanted = options.sheets;
  const missing = wanted?.filter((name) => !workbook.worksheets.some((sheet) => sheet.name === name)) ?? [];
  if (missing.length > 0) {
    const present = workbook.worksheets.map((sheet) => sheet.name).join(', ');
    throw new RejectedRecord(missing.map((name): Fault => ({ path: '', rule: 'header', message: `lembar "${name}" tidak ada; yang ada: ${present}`, repair: `Beri nama lembar "${name}" seperti semula, lalu kirim lagi. Bila namanya memang berganti, minta pengelola hub menyesuaikan setelan "sheets".`, severity: 'reject' })));
  }
  const sheets = workbook.worksheets.filter((sheet) => (wanted ? wanted.includes(sheet.name) : sheet.state === 'visible'));
  const faults: Fault[] = [];
  const named = workbook.worksheets.length > 1;
  let empty = true;
  const rows = sheets.flatMap((sheet) => {
    const grid = gridOf(sheet);
    if (grid.length === 0) return [];
    empty = false;
    return readGrid(grid, options.headers, named, faults);
  });
  if (empty && options.headers.length > 0) faults.push(...headerFaults([], options.headers));
  if (faults.length > 0) throw new RejectedRecord(faults);
  return rows;
}

interface GridRow {
  readonly sheet: string;
  readonly line: number;
  readonly cells: exceljs.Cell[];
  readonly texts: string[];
}

function gridOf(sheet: exceljs.Worksheet): GridRow[] {
  const grid: GridRow[] = [];
  // Asked once: exceljs counts it over all rows.
  const width = sheet.columnCount;
  sheet.eachRow((row, line) => {
    const cells: exceljs.Cell[] = [];
    for (let column = 1; column <= width; column++) cells.push(row.getCell(column));
    grid.push({ sheet: sheet.name, line, cells, texts: cells.map(cellText) });
  });
  return grid;
}

/** Rows below the header of a sheet that is not empty. `faults` hears of a header that is missing. */
function readGrid(grid: readonly GridRow[], wanted: readonly string[], named: boolean, faults: Fault[]): Row[] {
  const index = findHeader(grid.map((row) => row.texts), wanted);
  if (index < 0) {
    faults.push(...headerFaults(grid, wanted, named ? `lembar ${grid[0]!.sheet}, ` : ''));
    return [];
  }
  const header = grid[index]!;
  // A header over two rows: cells below it repeat it (merged downwards) or name the parts of a group (merged sideways).
  const below = grid[index + 1];
  const downwards = below?.cells.some((cell, i) => cell.isMerged && cell.master === header.cells[i]?.master);
  const double = downwards || (below !== undefined && namesParts(header.cells, below.texts));
  const names = headerNames(header.texts, double ? below!.texts : []);
  return grid.slice(index + (double ? 2 : 1)).flatMap(({ sheet, line, cells, texts }) => {
    if (texts.every((text) => text === '')) return [];
    const numbers = names.filter((_, i) => {
      const number = cells[i]!.type === FORMULA ? cells[i]!.result : cells[i]!.value;
      return typeof number === 'number' && Math.abs(number) >= 1e15;
    });
    return [{ cells: Object.fromEntries(names.map((name, i) => [name, texts[i] ?? ''])), line, ...(named ? { sheet } : {}), ...(numbers.length > 0 ? { numbers } : {}) }];
  });
}

/** Below a group of columns (merged sideways) stand the names of its parts, and below the other columns nothing. */
function namesParts(header: readonly exceljs.Cell[], below: readonly string[]): boolean {
  const grouped = header.map((cell, i) => cell.isMerged && [header[i - 1], header[i + 1]].some((beside) => beside?.isMerged && beside.master === cell.master));
  return grouped.includes(true) && below.every((text, i) => (grouped[i] ? text !== '' && !/^[\d.,-]+$/.test(text) : text === ''));
}

/** What a person sees in the cell, dates as `YYYY-MM-DD`, with a time behind it where there is one, formulas by their result. */
function cellText(cell: exceljs.Cell): string {
  const value = cell.value;
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return dateText(value);
  if (typeof value === 'object') {
    if ('richText' in value) return tidy(value.richText.map((part) => part.text).join(''));
    if ('result' in value && value.result !== undefined) return value.result instanceof Date ? dateText(value.result) : tidy(String(typeof value.result === 'object' ? '' : value.result));
    if ('text' in value) return tidy(String(value.text));
    return '';
  }
  const text = tidy(String(value));
  return text.startsWith("'") ? text.slice(1) : text;
}

/** The clock of whoever wrote the sheet, which knows of no zone: without `Z`, the mapping says where it stood. */
function dateText(date: Date): string {
  return date.toISOString().replace(/(T00:00:00)?\.000Z$/, '').replace(/Z$/, '');
}
