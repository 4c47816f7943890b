/** Brings many rows to the server at once: COPY into a temporary table, which costs half of what parameters cost on both sides. */
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import copyStreams from 'pg-copy-streams';
import type { TargetColumn } from './target.js';

/**
 * Copies rows into a temporary table of these columns and answers its name. The table belongs to the connection and is empty again after the transaction, so it takes
 * one set of rows per transaction.
 */
export async function stageRows(client: pg.ClientBase, columns: readonly TargetColumn[], rows: readonly (string | null)[][]): Promise<string> {
  const declaration = columns.map((column) => `${pg.escapeIdentifier(column.name)} ${column.parameter}`).join(', ');
  const stage = `pg_temp.sasando_${createHash('sha256').update(declaration).digest('hex').slice(0, 16)}`;
  await client.query(`CREATE TEMP TABLE IF NOT EXISTS ${stage.slice(8)} (${declaration}) ON COMMIT DELETE ROWS`);
  const stream = client.query(copyStreams.from(`COPY ${stage} FROM STDIN`));
  await pipeline([Buffer.from(rows.map(lineOf).join(''), 'utf8')], stream);
  return stage;
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function lineOf(fields: readonly (string | null)[]): string {
  let line = '';
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!;
    if (i) line += '\t';
    line += field === null ? '\\N' : /[\\\t\n\r]/.test(field) ? field.replace(/[\\\t\n\r]/g, (char) => ESCAPES[char]!) : field;
  }
  return `${line}\n`;
}
