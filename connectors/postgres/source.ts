/** Reads a table, view or query: everything, or what changed since the position, in one read-only snapshot per run. */
import pg from 'pg';
import { instant } from '../../hub/calendar.js';
import type { ConnectorContext, SourceBatch } from '../../hub/connector.js';
import { ContractError } from '../../hub/errors.js';
import type { Json, JsonObject, SourceRecord } from '../../hub/record.js';
import { closeClient, openClient } from './connection.js';
import { copyLines, fieldsOf, rowParser, TEXT_FORMS } from './copy-text.js';
import { outcomeOf, placeOf } from './failure.js';
import type { PostgresSettings } from './settings.js';
import { identifier, type Shape, shapeOf, typeOf } from './shape.js';
import { vanished, vanishedFromTopic } from './vanished.js';

/** Where a source stands. Texts are written as PostgreSQL writes them, with every digit. */
interface Position {
  /** Highest cursor that was read, with the key of that row. */
  cursor?: string;
  key?: string[];
  /** Without a cursor: the key after which an interrupted reading goes on. */
  after?: string[];
  /** Keys of the last reading (`packKeys`), with `deletions.compare`. */
  keys?: string;
}

/** Source. `most` ends the reading after so many rows, for a preview. */
export async function* readTable(settings: PostgresSettings, position: Json | undefined, context: ConnectorContext, most?: number): AsyncGenerator<SourceBatch> {
  const { signal } = context;
  const client = await openClient(settings, signal);
  try {
    await client.query(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ${TEXT_FORMS}`);
    const shape = await shapeOf(client, settings);
    let at: Position = { ...(position as Position | undefined) };
    if (settings.deletions && 'compare' in settings.deletions && most === undefined) {
      for await (const { records, keys } of vanished(client, settings, shape, at.keys, settings.deletions.most, signal)) {
        at = { ...at, keys };
        if (records.length) yield { records, position: jsonOf(at) };
      }
    }
    if (settings.deletions && 'topic' in settings.deletions && most === undefined) {
      for await (const records of vanishedFromTopic(client, settings, shape, settings.deletions, context)) yield { records, position: jsonOf(at) };
    }
    const changed = at.keys !== (position as Position | undefined)?.keys;
    let written = false;
    for await (const batch of settings.cursor ? changes(client, settings, shape, at, signal, most) : everything(client, settings, shape, at, signal, most)) {
      written = true;
      yield batch;
    }
    if (!written && changed) yield { records: [], position: jsonOf(at) };
  } catch (error) {
    throw outcomeOf(error, settings, signal);
  } finally {
    await closeClient(client);
  }
}

/** Rows in order of cursor and key; those without a cursor value are read every time, so that none is lost. */
async function* changes(client: pg.Client, settings: PostgresSettings, shape: Shape, start: Position, signal: AbortSignal, most?: number): AsyncGenerator<SourceBatch> {
  const cursor = settings.cursor!;
  const order = [cursor, ...shape.key];
  // A row without a key (a view may have one) cannot break a tie: then rows with the same cursor come again.
  const tie = start.key?.length === shape.key.length;
  const high = start.cursor === undefined ? undefined : [start.cursor, ...(tie ? start.key! : [])].map((text) => pg.escapeLiteral(text)).join(', ');
  const after = high && `(${(tie ? order : [cursor]).map(identifier).join(', ')}) ${tie ? '>' : '>='} (${high})`;
  const rows = { client, settings, shape, signal, most };
  if (shape.cursorNullable) {
    const sql = `WHERE ${identifier(cursor)} IS NULL ORDER BY ${shape.key.map(identifier).join(', ')}`;
    for await (const { records } of readRows({ ...rows, sql })) yield { records, position: jsonOf(start) };
  }
  const overlap = settings.overlap > 0 && start.cursor !== undefined ? overlapStart(shape, settings, start.cursor) : undefined;
  const where = overlap ? `${identifier(cursor)} >= ${overlap}` : (after ?? `${identifier(cursor)} IS NOT NULL`);
  let at = start;
  // In the overlap the position stays where it was: it is what rows are compared with next time.
  const extra = overlap ? after : undefined;
  for await (const { records, last, isNew } of readRows({ ...rows, sql: `WHERE ${where} ORDER BY ${order.map(identifier).join(', ')}`, order, extra })) {
    if (isNew) at = { ...at, cursor: last[0]!, key: last.includes(null) ? undefined : (last.slice(1) as string[]) };
    yield { records, position: jsonOf(at) };
  }
}

/** The cursor's value from which a run with overlap begins, in the column's own type so that its index is used. */
function overlapStart(shape: Shape, settings: PostgresSettings, cursor: string): string {
  const literal = pg.escapeLiteral(cursor);
  const type = typeOf(shape, settings.cursor!);
  const back = settings.overlap;
  if (type === 1184) return `(${literal}::timestamptz - interval '${back} seconds')`;
  if (type === 1114) return `(${literal}::timestamp - interval '${back} seconds')`;
  if (type === 1082) return `(${literal}::date - ${Math.ceil(back / 86_400)})`;
  const number = ({ 20: 'int8', 21: 'int8', 23: 'int8', 26: 'int8', 700: 'float8', 701: 'float8', 1700: 'numeric' } as Record<number, string>)[type];
  if (number) return `(${literal}::${number} - ${number === 'int8' ? Math.ceil(back) : back})`;
  throw new ContractError(`${placeOf(settings)}: kolom ${settings.cursor} bukan waktu atau angka, sehingga "overlap" tidak dapat dipakai; hapus setelan itu atau pilih kolom lain.`);
}

/** All rows; in order of the key where there is one, so that an interrupted reading goes on. */
async function* everything(client: pg.Client, settings: PostgresSettings, shape: Shape, start: Position, signal: AbortSignal, most?: number): AsyncGenerator<SourceBatch> {
  const keys: JsonObject = start.keys === undefined ? {} : { keys: start.keys };
  const key = shape.key.map(identifier).join(', ');
  const where = start.after && shape.key.length ? `WHERE (${key}) > (${start.after.map((text) => pg.escapeLiteral(text)).join(', ')})` : '';
  let open = start.after !== undefined;
  for await (const { records, last } of readRows({ client, settings, shape, signal, most, sql: `${where} ${key && `ORDER BY ${key}`}`, order: shape.key })) {
    const complete = last.length > 0 && !last.includes(null);
    open = complete;
    yield { records, position: (complete ? { ...keys, after: last as string[] } : keys) as Json };
  }
  if (open) yield { records: [], position: keys };
}

interface Reading {
  client: pg.Client;
  settings: PostgresSettings;
  shape: Shape;
  signal: AbortSignal;
  /** Everything after `FROM …`. */
  sql: string;
  /** Columns whose texts of the last row are wanted. */
  order?: readonly string[];
  /** A condition to be told of the last row. */
  extra?: string;
  most?: number;
}

async function* readRows(reading: Reading): AsyncGenerator<{ records: SourceRecord[]; last: (string | null)[]; isNew: boolean }> {
  const { settings, shape } = reading;
  const chosen = settings.columns ?? shape.columns.map((column) => column.name);
  const mark = settings.deletions && 'column' in settings.deletions ? settings.deletions : undefined;
  const read = [...new Set([...chosen, ...(reading.order ?? []), ...(mark ? [mark.column] : [])])];
  const list = [...read.map(identifier), ...(reading.extra ? [`(${reading.extra})`] : [])].join(', ');
  const parse = rowParser(chosen.map((name) => ({ name, type: typeOf(shape, name) })));
  const isDeleted = mark && deletionOf(mark.values, typeOf(shape, mark.column));
  const places = (reading.order ?? []).map((name) => read.indexOf(name));
  const markPlace = mark ? read.indexOf(mark.column) : -1;
  const timePlace = settings.cursor && chosen.includes(settings.cursor) && typeOf(shape, settings.cursor) === 1184 ? settings.cursor : undefined;
  let records: SourceRecord[] = [];
  let fields: (string | null)[] = [];
  const batch = () => ({ records, last: places.map((place) => fields[place]!), isNew: !reading.extra || fields[read.length] === 't' });
  for await (const lines of copyLines(reading.client, `SELECT ${list} FROM ${shape.from} ${reading.sql}${reading.most === undefined ? '' : ` LIMIT ${reading.most}`}`, reading.signal)) {
    for (const line of lines) {
      fields = fieldsOf(line);
      const { value, faults } = parse(fields);
      const time = timePlace === undefined ? undefined : instant(String(value[timePlace]));
      records.push({
        value,
        origin: shape.origin,
        ...(faults && { faults }),
        ...(isDeleted?.(fields[markPlace]!) && { deleted: true }),
        ...(time !== undefined && { time }),
      });
      if (records.length >= settings.batch) {
        yield batch();
        records = [];
      }
    }
  }
  if (records.length) yield batch();
}

function deletionOf(values: readonly string[] | undefined, type: number): (text: string | null) => boolean {
  if (values) return (text) => text !== null && values.includes(type === 1042 ? text.trimEnd() : text);
  return type === 16 ? (text) => text === 't' : (text) => text !== null;
}

/** Positions leave out what is not known: `undefined` is no JSON. */
function jsonOf(position: Position): Json {
  return Object.fromEntries(Object.entries(position).filter(([, value]) => value !== undefined));
}
