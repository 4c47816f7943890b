/** The hub's own PostgreSQL: one pool, typed the way the hub needs it, and the migrations that bring it up to date. */
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

export type Database = pg.Pool;
export type Connection = pg.PoolClient;

/** int8 and numeric stay text (money, ids), dates stay `YYYY-MM-DD` (pg would shift them to local midnight), bytea becomes Buffer. */
const types = new pg.TypeOverrides();
types.setTypeParser(1082, (text: string) => text);

/** Opens a pool on a connection string. The caller ends it. Idle connections that break are dropped quietly; the next query opens another. */
export function openPool(url: string, size = 10): Database {
  const pool = new pg.Pool({ connectionString: url, max: size, types, application_name: 'sasando' });
  pool.on('error', () => undefined);
  // A connection that breaks while it is lent out reports to its own listeners, of which there must be one; the running query fails by itself.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** Brings the tables up to date; two hubs starting at once wait for each other (advisory lock). Migrations are `migrations/NNNN_name.sql`, never edited once released. */
export async function migrate(url: string): Promise<void> {
  if (await isCurrent(url)) return;
  // Loaded only when there is something to do: it costs every other start a fifth of a second.
  const { runner } = await import('node-pg-migrate');
  await runner({ databaseUrl: url, dir: migrations, direction: 'up', migrationsTable: 'migration', advisoryLockMode: 'wait', log: () => undefined });
}

const migrations = fileURLToPath(new URL('../../hub/database/migrations', import.meta.url)).replace(/\/dist\/hub\//, '/hub/');

async function isCurrent(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, application_name: 'sasando' });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>('SELECT name FROM migration');
    const done = new Set(rows.map(({ name }) => name));
    return readdirSync(migrations).filter((file) => file.endsWith('.sql')).every((file) => done.has(basename(file, '.sql')));
  } catch (error) {
    // 42P01: no such table, so nothing was ever done.
    if ((error as { code?: string }).code === '42P01') return false;
    throw error;
  } finally {
    await client.end();
  }
}

/** Runs `work` in one transaction on one connection; rolls back when it throws. */
export async function transaction<T>(database: Database, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await database.connect();
  let broken: Error | undefined;
  try {
    await connection.query('BEGIN');
    const result = await work(connection);
    await connection.query('COMMIT');
    return result;
  } catch (error) {
    await connection.query('ROLLBACK').catch((rollback: Error) => (broken = rollback));
    throw error;
  } finally {
    connection.release(broken);
  }
}
