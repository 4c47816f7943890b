/** Files as OPDs put them into their folders: written under a temporary name first, as a careful copy does. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'csv-stringify/sync';

export function putCsv(folder: string, name: string, rows: readonly object[], delimiter = ';'): void {
  put(join(folder, name), stringify([...rows], { header: true, delimiter }));
}

/** A workbook with title rows above the header, one sheet each. Cells are text. */
export async function putXlsx(folder: string, name: string, title: string, sheets: Readonly<Record<string, readonly object[]>>): Promise<void> {
  // Loaded when first needed: it costs a start half a second.
  const { default: exceljs } = await import('exceljs');
  const workbook = new exceljs.Workbook();
  for (const [sheetName, rows] of Object.entries(sheets)) {
    const sheet = workbook.addWorksheet(sheetName);
    sheet.addRow([title]);
    sheet.addRow([]);
    sheet.addRow(Object.keys(rows[0] ?? {}));
    for (const row of rows) sheet.addRow(Object.values(row));
    sheet.addRow(['TOTAL', rows.length]);
  }
  put(join(folder, name), Buffer.from(await workbook.xlsx.writeBuffer()));
}

function put(path: string, body: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.part`, body);
  renameSync(`${path}.part`, path);
}
