import { rmSync } from 'node:fs';

export default async function teardown() {
  if (!globalThis.testPostgres) return;
  await globalThis.testPostgres.close();
  rmSync(globalThis.testPostgres.folder, { recursive: true, force: true });
}
