/** An empty database of its own for a test file, on the server that test/setup.mjs started. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';

/** Creates a database and returns its connection string. It goes with the server. */
export async function testDatabase(): Promise<string> {
  const server = process.env.TEST_POSTGRES_URL;
  if (!server) throw new Error('TEST_POSTGRES_URL is not set: run tests through jest');
  const name = `t_${randomUUID().replaceAll('-', '')}`;
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
