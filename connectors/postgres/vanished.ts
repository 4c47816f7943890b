/** Finds deleted rows by their keys: against the last reading, or against what the topic holds. */
import type pg from 'pg';
import type { ConnectorContext } from '../../hub/connector.js';
import { ContractError } from '../../hub/errors.js';
import type { SourceRecord } from '../../hub/record.js';
import { type Column, copyLines, fieldsOf, rowParser } from './copy-text.js';
import { placeOf } from './failure.js';
import { packKeys, unpackKeys } from './keys.js';
import type { PostgresSettings } from './settings.js';
import { identifier, type Shape, typeOf } from './shape.js';

/** Fewer keys than this may all vanish at once. */
const GUARDED = 50;
const TOPIC_PAGE = 10_000;

/**
 * Compares the keys of this snapshot with those of the last reading (`packKeys`), before its rows are handed over: a key that was ever handed over is therefore always
 * known. Each step gives deletions and the keys to keep once these are durable; the last step has none and keeps the keys of this snapshot.
 */
export async function* vanished(client: pg.Client, settings: PostgresSettings, shape: Shape, before: string | undefined, most: number, signal: AbortSignal): AsyncGenerator<{ records: SourceRecord[]; keys: string }> {
  const now: string[] = [];
  for await (const lines of keyLines(client, shape, signal, true)) for (const line of lines) now.push(line);
  const packed = await packKeys(now);
  if (before !== undefined && before !== packed) {
    const present = new Set(now);
    const known = await unpackKeys(before);
    const gone = known.filter((key) => !present.has(key));
    guard(settings, shape, gone.length, known.length, most);
    const record = deletionOf(shape);
    for (let from = 0; from < gone.length; from += settings.batch) {
      const part = gone.slice(from, from + settings.batch);
      const handed = new Set(gone.slice(0, from + part.length));
      const keys = handed.size === gone.length ? packed : await packKeys(known.filter((key) => !handed.has(key)));
      yield { records: part.map((key) => record(fieldsOf(key))), keys };
    }
  }
  yield { records: [], keys: packed };
}

/** Compares with the keys that the topic holds: nothing is kept, and any number of keys will do. A topic key's parts stand in the order of the key columns. */
export async function* vanishedFromTopic(client: pg.Client, settings: PostgresSettings, shape: Shape, { topic, most }: { topic: string; most: number }, context: ConnectorContext): AsyncGenerator<SourceRecord[]> {
  const parse = rowParser(keyColumns(shape));
  const present = new Set<string>();
  for await (const lines of keyLines(client, shape, context.signal, false)) {
    for (const line of lines) present.add(Object.values(parse(fieldsOf(line)).value).map(String).join('|'));
  }
  const gone: string[] = [];
  let held = 0;
  for (let page = await context.keys(topic, undefined, TOPIC_PAGE); page.length > 0; page = await context.keys(topic, page.at(-1), TOPIC_PAGE)) {
    context.signal.throwIfAborted();
    held += page.length;
    for (const key of page) if (!present.has(key)) gone.push(key);
  }
  guard(settings, shape, gone.length, held, most);
  const record = deletionOf(shape);
  for (let from = 0; from < gone.length; from += settings.batch) {
    yield gone.slice(from, from + settings.batch).map((key) => record(shape.key.length === 1 ? [key] : key.split('|')));
  }
}

function keyLines(client: pg.Client, shape: Shape, signal: AbortSignal, sorted: boolean): AsyncGenerator<string[]> {
  const order = shape.key.map((name) => `${identifier(name)}::text COLLATE "C"`).join(', ');
  return copyLines(client, `SELECT ${shape.key.map(identifier).join(', ')} FROM ${shape.from}${sorted ? ` ORDER BY ${order}` : ''}`, signal);
}

function deletionOf(shape: Shape): (fields: readonly (string | null)[]) => SourceRecord {
  const parse = rowParser(keyColumns(shape));
  return (fields) => ({ value: parse(fields).value, deleted: true, origin: shape.origin });
}

function keyColumns(shape: Shape): Column[] {
  return shape.key.map((name) => ({ name, type: typeOf(shape, name) }));
}

function guard(settings: PostgresSettings, shape: Shape, gone: number, of: number, most: number): void {
  if (of < GUARDED || gone <= of * most) return;
  throw new ContractError(
    `${placeOf(settings)}: ${gone} dari ${of} kunci ${shape.origin} hilang sekaligus, lebih dari batas ${most * 100} %; bila memang dihapus, naikkan "deletions.most" untuk satu kali pembacaan.`,
  );
}
