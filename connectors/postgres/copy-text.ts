/** Rows as `COPY … TO STDOUT` writes them: the fastest way out of PostgreSQL, with every digit kept. */
import type pg from 'pg';
import copyStreams from 'pg-copy-streams';
import { ContractError, RejectedRecord } from '../../hub/errors.js';
import { recordMaker } from '../../hub/fields.js';
import { parseJson } from '../../hub/json.js';
import type { Fault, Json, JsonObject } from '../../hub/record.js';

/** A column of the result: its name and the OID of its type. */
export interface Column {
  readonly name: string;
  readonly type: number;
}

/** Set in each reading transaction, so that the parsers below know the forms. */
export const TEXT_FORMS = "SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL timezone = 'UTC'; SET LOCAL intervalstyle = 'iso_8601'; SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1";

/** Runs `COPY (sql) TO STDOUT` and hands over its lines, as many as arrived together. Reading slowly holds the server back. */
export async function* copyLines(client: pg.Client, sql: string, signal: AbortSignal): AsyncGenerator<string[]> {
  const stream = client.query(copyStreams.to(`COPY (${sql}) TO STDOUT`));
  const abort = () => stream.destroy(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  let rest: Buffer = Buffer.alloc(0);
  try {
    signal.throwIfAborted();
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const end = chunk.lastIndexOf(10);
      if (end < 0) {
        rest = Buffer.concat([rest, chunk]);
        continue;
      }
      const lines = Buffer.concat([rest, chunk.subarray(0, end)]).toString('utf8').split('\n');
      rest = chunk.subarray(end + 1);
      yield lines;
    }
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Fields of a line, unescaped; null where the database has NULL. */
export function fieldsOf(line: string): (string | null)[] {
  const fields: (string | null)[] = line.split('\t');
  if (!line.includes('\\')) return fields;
  return fields.map((field) => (field === '\\N' ? null : field!.includes('\\') ? unescape(field!) : field));
}

const ESCAPES: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

function unescape(field: string): string {
  return field.replace(/\\(.)/g, (_, char: string) => ESCAPES[char] ?? char);
}

/** A function that makes the value of a record from the fields of a line. A field that cannot be taken apart stays text and is reported as a fault. */
export function rowParser(columns: readonly Column[]): (fields: readonly (string | null)[]) => { value: JsonObject; faults?: Fault[] } {
  const names = columns.map((column) => column.name);
  const wrong = names.find((name, index) => name === '__proto__' || names.indexOf(name) !== index);
  if (wrong !== undefined) throw new ContractError(`Kolom "${wrong}" ganda atau tidak boleh dipakai sebagai nama; beri nama lain dengan AS di dalam kueri.`);
  const parsers = columns.map((column) => parserOf(column.type));
  const parsed = parsers.flatMap((parser, i) => (parser ? [i] : []));
  const make = recordMaker(names);
  return (fields) => {
    const values: Json[] = fields.slice(0, names.length);
    let faults: Fault[] | undefined;
    for (const i of parsed) {
      const field = fields[i]!;
      if (field === null) continue;
      try {
        values[i] = parsers[i]!(field);
      } catch (error) {
        if (!(error instanceof RejectedRecord)) throw error;
        (faults ??= []).push(...error.faults.map((fault) => ({ ...fault, path: names[i]! })));
      }
    }
    return faults ? { value: make(values), faults } : { value: make(values) };
  };
}

type Parser = (text: string) => Json;

const number: Parser = (text) => (Number.isFinite(Number(text)) ? Number(text) : text);
const timestamp: Parser = (text) => (text.charCodeAt(10) === 32 && text.length >= 19 && !text.endsWith('BC') ? `${text.slice(0, 10)}T${text.slice(11, 19)}.${millis(text)}` : text);
const timestampZ: Parser = (text) => (text.endsWith('+00') && text.charCodeAt(10) === 32 ? `${timestamp(text.slice(0, -3)) as string}Z` : text);

function millis(text: string): string {
  return text.charCodeAt(19) === 46 ? text.slice(20, 23).padEnd(3, '0') : '000';
}

/** Types that are not plain text; int8, numeric, date, time, uuid and the rest keep the text that PostgreSQL writes. */
const PARSERS: Readonly<Record<number, Parser>> = {
  16: (text) => text === 't',
  17: (text) => Buffer.from(text.slice(2), 'hex').toString('base64'),
  21: number,
  23: number,
  26: number,
  114: parseJson,
  700: number,
  701: number,
  // char(n) is padded with blanks that mean nothing.
  1042: (text) => text.trimEnd(),
  1114: timestamp,
  1184: timestampZ,
  3802: parseJson,
};
/** Array type → type of its elements. */
const ARRAYS: Readonly<Record<number, number>> = { 1000: 16, 1001: 17, 1005: 21, 1007: 23, 1016: 20, 1021: 700, 1022: 701, 1231: 1700, 1009: 25, 1015: 1043, 1014: 1042, 1115: 1114, 1185: 1184, 1182: 1082, 2951: 2950, 199: 114, 3807: 3802 };

function parserOf(type: number): Parser | undefined {
  const element = ARRAYS[type];
  if (element === undefined) return PARSERS[type];
  const parse = PARSERS[element] ?? ((text: string) => text);
  return (text) => parseArray(text, parse);
}

/** `{1,NULL,"a,b",{…}}` of PostgreSQL. */
export function parseArray(text: string, element: Parser): Json[] {
  let at = text.indexOf('{') + 1;
  const list = (): Json[] => {
    const items: Json[] = [];
    while (at < text.length) {
      const char = text[at];
      if (char === '}') {
        at++;
        return items;
      }
      if (char === ',') at++;
      else if (char === '{') {
        at++;
        items.push(list());
      } else items.push(item());
    }
    return items;
  };
  const item = (): Json => {
    let word = '';
    if (text[at] === '"') {
      for (at++; text[at] !== '"'; at++) {
        if (text[at] === '\\') at++;
        word += text[at];
      }
      at++;
      return element(word);
    }
    while (text[at] !== ',' && text[at] !== '}') word += text[at++];
    return word === 'NULL' ? null : element(word);
  };
  return list();
}
