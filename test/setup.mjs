/** Before all tests: the build that child processes run, and one embedded PostgreSQL that test files share (each makes its own database, see test/database.ts). */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export default async function setup() {
  execFileSync('node', ['test/build.mjs'], { stdio: 'inherit' });
  const { startEmbedded } = await import('../dist/hub/database/embedded.js');
  const folder = mkdtempSync(join(tmpdir(), 'sasando-test-'));
  chmodSync(folder, 0o711);
  const postgres = await startEmbedded(folder);
  process.env.TEST_POSTGRES_URL = postgres.url;
  globalThis.testPostgres = { folder, close: () => postgres.close() };
}
