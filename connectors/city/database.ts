/** Databases of simulated agencies: each its own on a PostgreSQL server, filled anew when it is empty. */
import pg from 'pg';
import type { JsonObject } from '../../hub/record.js';

/**
 * Creates the database if it is not there and runs `schema` (idempotent SQL) in it. Returns its connection string. It is named after the database of `serverUrl`,
 * so that two cities can share a server.
 */
export async function agencyDatabase(serverUrl: string, agency: string, schema: string): Promise<string> {
  const url = new URL(serverUrl);
  const name = `${url.pathname.slice(1)}_simulasi_${agency}`;
  url.pathname = `/${name}`;
  const server = new pg.Client({ connectionString: serverUrl });
  await server.connect();
  try {
    const { rowCount } = await server.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (!rowCount) await server.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
  } finally {
    await server.end();
  }
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    await client.query(schema);
  } finally {
    await client.end();
  }
  return url.href;
}

/** Inserts rows whose names are the table's columns; rows with a key that is there already are left as they are. */
export async function fill(database: pg.Pool, table: string, rows: readonly JsonObject[]): Promise<void> {
  for (let i = 0; i < rows.length; i += 5000) {
    const part = rows.slice(i, i + 5000);
    const columns = Object.keys(part[0]!).map((name) => pg.escapeIdentifier(name)).join(', ');
    await database.query(`INSERT INTO ${table} (${columns}) SELECT ${columns} FROM jsonb_populate_recordset(NULL::${table}, $1::jsonb) ON CONFLICT DO NOTHING`, [JSON.stringify(part)]);
  }
}
