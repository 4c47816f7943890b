/** Brings many rows to the server at once: COPY into a temporary table, which costs half of what parameters cost on both sides. */
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import copyStreams from 'pg-copy-streams';
import type { TargetColumn } from './target.js';

/** So much text is turned into bytes at once. */
const CHUNK = 60_000;

/**
 * Copies so many rows into a temporary table of these columns and answers its name; `cell` tells the text of a row in the n-th of the columns, or null. The table belongs to the connection and is
 * empty again after the transaction, so it takes one set of rows per transaction.
 */
export async function stageRows(client: pg.ClientBase, columns: readonly TargetColumn[], count: number, cell: (row: number, at: number) => string | null): Promise<string> {
  const declaration = columns.map((column) => `${pg.escapeIdentifier(column.name)} ${column.parameter}`).join(', ');
  const stage = `pg_temp.sasando_${createHash('sha256').update(declaration).digest('hex').slice(0, 16)}`;
  await client.query(`CREATE TEMP TABLE IF NOT EXISTS ${stage.slice(8)} (${declaration}) ON COMMIT DELETE ROWS`);
  const stream = client.query(copyStreams.from(`COPY ${stage} FROM STDIN`));
  await pipeline(linesOf(columns.length, count, cell), stream);
  return stage;
}

function* linesOf(width: number, count: number, cell: (row: number, at: number) => string | null): Generator<Buffer> {
  let text = '';
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < width; i++) {
      const field = cell(row, i);
      if (i) text += '\t';
      text += field === null ? '\\N' : SPECIAL.test(field) ? field.replace(/[\\\t\n\r]/g, (char) => ESCAPES[char]!) : field;
    }
    text += '\n';
    if (text.length < CHUNK && row < count - 1) continue;
    yield Buffer.from(text, 'utf8');
    text = '';
  }
}

const SPECIAL = /[\\\t\n\r]/;
const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
