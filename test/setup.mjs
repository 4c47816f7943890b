/** Before all tests: the build that child processes run, and one embedded PostgreSQL that test files share (each makes its own database, see test/database.ts). */
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export default async function setup() {
  execFileSync('node', ['test/build.mjs'], { stdio: 'inherit' });
  const { startEmbedded } = await import('../dist/hub/database/embedded.js');
  const postgres = await startEmbedded(mkdtempSync(join(tmpdir(), 'sasando-test-')));
  process.env.TEST_POSTGRES_URL = postgres.url;
  globalThis.testPostgres = postgres;
}
