/**
 * Writes files: first a temporary file, then a rename; beside it `<file>.kontrol.json` carries count, total, hash and the offsets it was made of. A file that was issued
 * once is never written again, also after somebody moved it. How far a partition was issued is kept in the folder, so that records that come again, cut into other
 * batches, have no second effect; records for a name that is taken go into a file of their own beside it.
 */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import type { ConnectorContext, Receipt, SinkBatch } from '../../hub/connector.js';
import { diskOutcome, inside, textIfThere, writeWhole } from '../../hub/folder.js';
import type { JsonObject, SinkRecord } from '../../hub/record.js';
import { formatOf } from './source.js';
import type { FileSettings } from './settings.js';

export async function writeFiles(settings: FileSettings, batch: SinkBatch, context: ConnectorContext): Promise<Receipt[]> {
  try {
    return await writeAll(settings, batch, context);
  } catch (error) {
    throw diskOutcome(error, settings.folder);
  }
}

async function writeAll(settings: FileSettings, batch: SinkBatch, context: ConnectorContext): Promise<Receipt[]> {
  context.signal.throwIfAborted();
  const folder = inside(context.files, settings.folder);
  await mkdir(folder, { recursive: true });
  const ledger = join(folder, `.terbit-${batch.topic}-${batch.partition}.json`);
  const { berikut = 0 } = ((await readJson(ledger)) ?? {}) as { berikut?: number };
  const files = new Map<string, SinkRecord[]>();
  let first: number | undefined;
  for (const record of batch.records) {
    if (record.value === null || record.offset < berikut) continue;
    first ??= record.offset;
    const name = fileName(settings.name, { topic: batch.topic, partition: String(batch.partition), offset: String(first) }, record.value);
    files.set(name, [...(files.get(name) ?? []), record]);
  }
  for (const [name, records] of files) {
    context.signal.throwIfAborted();
    await issueFresh(inside(folder, name, 'name'), records, settings);
  }
  if (batch.nextOffset > berikut) await writeWhole(ledger, JSON.stringify({ berikut: batch.nextOffset }));
  return batch.records.map(() => ({ outcome: 'delivered' }));
}

/** What a control file says of the records in its file. */
interface Control {
  readonly topik?: string;
  readonly partisi?: number;
  readonly offset_pertama?: number;
  readonly offset_terakhir?: number;
}

/** Issues those records that are not in the file yet: a crash between the file and the ledger lets them come again. */
async function issueFresh(path: string, records: readonly SinkRecord[], settings: FileSettings): Promise<void> {
  const head = records[0]!;
  const control = (await readJson(controlOf(path))) as Control | undefined;
  if (!control) return issue(path, records, settings);
  const own = control.topik === head.topic && control.partisi === head.partition && control.offset_pertama === head.offset;
  const rest = own ? records.filter(({ offset }) => offset > control.offset_terakhir!) : records;
  if (rest.length === 0) return undefined;
  const extension = extname(path);
  const beside = `${path.slice(0, path.length - extension.length)}-p${head.partition}-${rest[0]!.offset}${extension}`;
  return issueFresh(beside, rest, settings);
}

async function issue(path: string, records: readonly SinkRecord[], settings: FileSettings): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const rows = records.map((record) => record.value!);
  const columns = settings.columns ?? Object.keys(rows[0]!);
  const body = formatOf(path, settings) === 'xlsx' ? await workbook(columns, rows) : Buffer.from(stringify(rows, { header: true, columns, delimiter: settings.delimiter === 'auto' ? ';' : settings.delimiter, cast: { string: withoutFormula } }));
  await writeWhole(path, body);
  const { topic: topik, partition: partisi, offset: offset_pertama } = records[0]!;
  const control = {
    jumlah_baris: rows.length,
    ...(settings.total ? { total: sum(rows, settings.total) } : {}),
    sha256: createHash('sha256').update(body).digest('hex'),
    ...({ topik, partisi, offset_pertama, offset_terakhir: records.at(-1)!.offset } satisfies Control),
  };
  await writeWhole(controlOf(path), `${JSON.stringify(control, null, 2)}\n`);
}

function controlOf(path: string): string {
  return `${path}.kontrol.json`;
}

/** A text that a spreadsheet would compute is marked as text; a number below zero or a telephone number stays as it is. */
function withoutFormula(text: string): string {
  return /^[=+\-@\t\r]/.test(text) && !/^[+-][\d.,]+$/.test(text) ? `'${text}` : text;
}

/** Every cell is text, so that NIK, NIP and account numbers keep their digits in Excel. */
async function workbook(columns: readonly string[], rows: readonly JsonObject[]): Promise<Buffer> {
  // Loaded when first needed: it costs a start half a second.
  const { default: exceljs } = await import('exceljs');
  const book = new exceljs.Workbook();
  const sheet = book.addWorksheet('Data');
  sheet.columns = columns.map((name) => ({ header: name, key: name, width: 20, style: { numFmt: '@' } }));
  for (const row of rows) sheet.addRow(Object.fromEntries(columns.map((name) => [name, row[name] === null || row[name] === undefined ? '' : String(row[name])])));
  return Buffer.from(await book.xlsx.writeBuffer());
}

/** Whatever a record holds, its part of the name is short, leads to no other folder and hides no file. */
function fileName(template: string, known: Readonly<Record<string, string>>, value: JsonObject): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => String(value[name] ?? known[name] ?? '').replace(/^\.+|[^\w.-]+/g, '-').slice(0, 100));
}

/** Undefined when the file is not there. */
async function readJson(path: string): Promise<object | undefined> {
  const text = await textIfThere(path);
  return text === undefined ? undefined : (JSON.parse(text) as object);
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
