import { rmSync } from 'node:fs';

export default async function teardown() {
  await Promise.all([globalThis.testKafka?.stop(), globalThis.testPostgres?.close()]);
  if (globalThis.testPostgres) rmSync(globalThis.testPostgres.folder, { recursive: true, force: true });
}
