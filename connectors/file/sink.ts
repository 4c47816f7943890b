/**
 * Writes one file per batch under a name that follows from its content, so that the same batch again gives the same file: first a temporary file, then a rename.
 * Beside it `<file>.kontrol.json` carries count, total and hash. A file that was issued once is never written again, also after somebody moved it.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import exceljs from 'exceljs';
import type { ConnectorContext, Receipt, SinkBatch } from '../../hub/connector.js';
import { inside } from '../../hub/folder.js';
import type { JsonObject, SinkRecord } from '../../hub/record.js';
import { formatOf } from './source.js';
import type { FileSettings } from './settings.js';

export async function writeFiles(settings: FileSettings, batch: SinkBatch, context: ConnectorContext): Promise<Receipt[]> {
  const folder = inside(context.files, settings.folder);
  const files = new Map<string, SinkRecord[]>();
  for (const record of batch.records) {
    if (record.value === null) continue;
    const name = fileName(settings.name, batch, record.value);
    files.set(name, [...(files.get(name) ?? []), record]);
  }
  for (const [name, records] of files) await issue(inside(folder, name, 'name'), records.map((record) => record.value!), settings);
  return batch.records.map(() => ({ outcome: 'delivered' }));
}

async function issue(path: string, rows: JsonObject[], settings: FileSettings): Promise<void> {
  const control = `${path}.kontrol.json`;
  if (await readFile(control).catch(() => undefined)) return;
  await mkdir(dirname(path), { recursive: true });
  const columns = settings.columns ?? Object.keys(rows[0] ?? {});
  const body = formatOf(path, settings) === 'xlsx' ? await workbook(columns, rows) : Buffer.from(stringify(rows, { header: true, columns, delimiter: settings.delimiter === 'auto' ? ';' : settings.delimiter, escape_formulas: true }));
  await durable(path, body);
  const total = settings.total ? { total: sum(rows, settings.total) } : {};
  await durable(control, Buffer.from(`${JSON.stringify({ jumlah_baris: rows.length, ...total, sha256: createHash('sha256').update(body).digest('hex') }, null, 2)}\n`));
}

/** Every cell is text, so that NIK, NIP and account numbers keep their digits in Excel. */
async function workbook(columns: readonly string[], rows: readonly JsonObject[]): Promise<Buffer> {
  const book = new exceljs.Workbook();
  const sheet = book.addWorksheet('Data');
  sheet.columns = columns.map((name) => ({ header: name, key: name, width: 20, style: { numFmt: '@' } }));
  for (const row of rows) sheet.addRow(Object.fromEntries(columns.map((name) => [name, row[name] === null || row[name] === undefined ? '' : String(row[name])])));
  return Buffer.from(await book.xlsx.writeBuffer());
}

/** On disk and under its name before this resolves. */
async function durable(path: string, body: Buffer): Promise<void> {
  const temporary = join(dirname(path), `.${process.pid}-${createHash('sha256').update(path).digest('hex').slice(0, 12)}.tmp`);
  const handle = await open(temporary, 'w', 0o640);
  try {
    await handle.writeFile(body);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
}

function fileName(template: string, batch: SinkBatch, value: JsonObject): string {
  const known: Record<string, string> = { topic: batch.topic, partition: String(batch.partition), offset: String(batch.records[0]!.offset) };
  return template.replace(/\{(\w+)\}/g, (_, name: string) => String(value[name] ?? known[name] ?? '').replace(/[^\w.-]+/g, '-'));
}

/** Sum of decimal texts with two digits after the point, without a float. */
function sum(rows: readonly JsonObject[], column: string): string {
  const cents = rows.reduce((all, row) => {
    const [whole = '0', fraction = ''] = String(row[column] ?? '0').split('.');
    return all + BigInt(whole) * 100n + BigInt(`${whole.startsWith('-') ? '-' : ''}${`${fraction}00`.slice(0, 2)}`);
  }, 0n);
  const text = String(cents < 0n ? -cents : cents).padStart(3, '0');
  return `${cents < 0n ? '-' : ''}${text.slice(0, -2)}.${text.slice(-2)}`;
}
