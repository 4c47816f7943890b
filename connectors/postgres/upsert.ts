/** Brings a run of records into the target with a few statements: deletes first, then upserts by arrays. */
import pg from 'pg';
import { ContractError } from '../../hub/errors.js';
import { fieldReader } from '../../hub/fields.js';
import type { Json, JsonObject, SinkRecord } from '../../hub/record.js';
import { placeOf } from './failure.js';
import type { PostgresSettings } from './settings.js';
import { stageRows } from './stage.js';
import type { Target, TargetColumn } from './target.js';

/** Values of the key columns of a record, as texts. A deletion has only the topic's key, whose parts stand in the order of the key columns. */
function keyOf(record: SinkRecord, target: Target): string[] {
  if (record.value !== null) return target.key.map((name) => String(record.value![name] ?? ''));
  return target.key.length === 1 ? [record.key] : record.key.split('|');
}

/** One effect per key, the same as writing the records one after another. */
interface Change {
  readonly key: string[];
  deleted: boolean;
  value?: JsonObject;
}

/** From so many rows on, copying pays. */
const COPY_FROM = 200;

/** Writes records of one partition, in order. `first`: nothing else was written in this transaction. @throws the database's error; nothing is caught here. */
export async function applyRecords(client: pg.ClientBase, settings: PostgresSettings, target: Target, records: readonly SinkRecord[], first: boolean): Promise<void> {
  const changes = new Map<string, Change>();
  for (const record of records) {
    const key = keyOf(record, target);
    const id = key.length === 1 ? key[0]! : JSON.stringify(key);
    const before = changes.get(id);
    if (record.value !== null) {
      changes.set(id, { key, deleted: before?.deleted ?? false, value: before?.value ? { ...before.value, ...record.value } : record.value });
    } else if (settings.onDelete === 'delete') changes.set(id, { key, deleted: true });
  }
  const deleted: string[][] = [];
  const bySignature = new Map<string, JsonObject[]>();
  let last: { readonly names: readonly string[]; readonly group: JsonObject[] } | undefined;
  for (const change of changes.values()) {
    if (change.deleted) deleted.push(change.key);
    if (!change.value) continue;
    // Nearly always the same fields as the record before.
    if (last && hasNames(change.value, last.names)) {
      last.group.push(change.value);
      continue;
    }
    const names = Object.keys(change.value);
    const signature = names.join('\n');
    const group = bySignature.get(signature) ?? [];
    group.push(change.value);
    bySignature.set(signature, group);
    last = { names, group };
  }
  if (deleted.length) await deleteKeys(client, target, deleted);
  const copies = first && target.temporary && bySignature.size === 1;
  for (const values of bySignature.values()) await upsert(client, settings, target, values, copies && values.length >= COPY_FROM);
}

/** Whether these are the fields of the record, in this order. */
function hasNames(value: JsonObject, names: readonly string[]): boolean {
  let at = 0;
  for (const name in value) if (name !== names[at++]) return false;
  return at === names.length;
}

async function deleteKeys(client: pg.ClientBase, target: Target, keys: readonly string[][]): Promise<void> {
  const columns = target.key.map((name) => target.columns.get(name)!);
  const sql = `DELETE FROM ${target.table} t USING unnest(${parameters(columns)}) AS u(${names(columns)})
    WHERE ${columns.map((column) => `t.${pg.escapeIdentifier(column.name)} = u.${pg.escapeIdentifier(column.name)}`).join(' AND ')}`;
  await client.query(sql, columns.map((_, index) => arrayText(keys, (key) => key[index])));
}

async function upsert(client: pg.ClientBase, settings: PostgresSettings, target: Target, values: readonly JsonObject[], copies: boolean): Promise<void> {
  const columns = columnsOf(settings, target, Object.keys(values[0]!));
  const readers = columns.map(({ name }) => fieldReader(name));
  const select = `${intoTable(target, columns)} SELECT ${columns.map((column) => `u.${pg.escapeIdentifier(column.name)}${column.cast}`).join(', ')}`;
  if (copies) {
    const stage = await stageRows(client, columns, values.length, (row, at) => textOf(readers[at]!(values[row]!), columns[at]!));
    await client.query(`${select} FROM ${stage} AS u ${onConflict(target, columns)}`);
    return;
  }
  await client.query(
    `${select} FROM unnest(${parameters(columns)}) AS u(${names(columns)}) ${onConflict(target, columns)}`,
    columns.map((column, at) => arrayText(values, (value) => textOf(readers[at]!(value), column))),
  );
}

/** The same for one record, written so that PostgreSQL says which parameter it could not take. */
export async function upsertOne(client: pg.ClientBase, settings: PostgresSettings, target: Target, value: JsonObject): Promise<readonly TargetColumn[]> {
  const columns = columnsOf(settings, target, Object.keys(value));
  try {
    await client.query(
      `${intoTable(target, columns)} SELECT ${columns.map((column, index) => `$${index + 1}::${column.parameter}${column.cast}`).join(', ')} ${onConflict(target, columns)}`,
      columns.map((column) => textOf(value[column.name], column)),
    );
  } catch (error) {
    if (error instanceof Error) Object.assign(error, { columns });
    throw error;
  }
  return columns;
}

function columnsOf(settings: PostgresSettings, target: Target, fields: readonly string[]): TargetColumn[] {
  const missing = fields.filter((name) => !target.columns.has(name));
  if (missing.length) {
    throw new ContractError(
      `${placeOf(settings)}: kolom ${missing.join(', ')} tidak ada pada tabel ${settings.table}; tambahkan kolomnya atau keluarkan dari pemetaan.`,
      missing.map((name) => ({ path: name, rule: 'column', message: 'kolom tidak ada di tujuan', severity: 'reject' })),
    );
  }
  return fields.map((name) => target.columns.get(name)!);
}

function intoTable(target: Target, columns: readonly TargetColumn[]): string {
  return `INSERT INTO ${target.table} (${names(columns)})`;
}

function onConflict(target: Target, columns: readonly TargetColumn[]): string {
  const changed = columns.filter((column) => !target.key.includes(column.name)).map((column) => pg.escapeIdentifier(column.name));
  const key = target.key.map((name) => pg.escapeIdentifier(name)).join(', ');
  return `ON CONFLICT (${key}) DO ${changed.length ? `UPDATE SET ${changed.map((name) => `${name} = excluded.${name}`).join(', ')}` : 'NOTHING'}`;
}

function names(columns: readonly TargetColumn[]): string {
  return columns.map((column) => pg.escapeIdentifier(column.name)).join(', ');
}

function parameters(columns: readonly TargetColumn[]): string {
  return columns.map((column, index) => `$${index + 1}::${column.parameter}[]`).join(', ');
}

/** A value as PostgreSQL reads it, or null. */
function textOf(value: unknown, column: TargetColumn): string | null {
  if (value === null || value === undefined) return null;
  if (column.kind === 'json') return JSON.stringify(value);
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && column.kind === 'array') return nestedText(value as Json[]);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function nestedText(values: readonly Json[]): string {
  return `{${values.map((value) => (Array.isArray(value) ? nestedText(value) : value === null ? 'NULL' : quoted(typeof value === 'object' ? JSON.stringify(value) : String(value)))).join(',')}}`;
}

/** An array literal; `pg` would make the same more slowly. */
function arrayText<T>(items: readonly T[], text: (item: T) => string | null | undefined): string {
  let out = '{';
  for (let i = 0; i < items.length; i++) {
    if (i) out += ',';
    const value = text(items[i]!);
    out += value === null || value === undefined ? 'NULL' : quoted(value);
  }
  return `${out}}`;
}

function quoted(text: string): string {
  return text.includes('"') || text.includes('\\') ? `"${text.replace(/["\\]/g, '\\$&')}"` : `"${text}"`;
}
