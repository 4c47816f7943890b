/**
 * Before all tests: the build that child processes run, one embedded PostgreSQL that test files share (each makes its own database, see test/database.ts), and one Kafka broker
 * (each file uses its own topics, see test/kafka/describe-kafka.ts) when a test of this run needs it.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export default async function setup(config) {
  execFileSync('node', ['test/build.mjs'], { stdio: 'inherit' });
  const { startEmbedded } = await import('../dist/hub/database/embedded.js');
  const folder = mkdtempSync(join(tmpdir(), 'sasando-test-'));
  chmodSync(folder, 0o711);
  const [postgres, kafka] = await Promise.all([startEmbedded(folder), needsKafka(config) ? startKafka() : undefined]);
  process.env.TEST_POSTGRES_URL = postgres.url;
  globalThis.testPostgres = { folder, close: () => postgres.close() };
  globalThis.testKafka = kafka;
}

async function startKafka() {
  const { kafkaAvailable, startBroker } = await import('../dist/test/kafka/broker.js');
  const reason = kafkaAvailable();
  if (reason) {
    if (process.env.REQUIRE_KAFKA === '1') throw new Error(`REQUIRE_KAFKA=1, but ${reason}`);
    process.env.TEST_KAFKA_MISSING = reason;
    return undefined;
  }
  const broker = await startBroker();
  process.env.TEST_KAFKA_BROKERS = broker.brokers;
  return broker;
}

/** Whether a test file that the command line chose uses the broker. */
function needsKafka(config) {
  const patterns = (config.testPathPatterns?.patterns ?? []).map((pattern) => new RegExp(pattern, 'i'));
  return ['hub', 'connectors', 'test']
    .flatMap((folder) => readdirSync(folder, { recursive: true }).map((name) => join(process.cwd(), folder, name)))
    .filter((file) => file.endsWith('.test.ts') && (patterns.length === 0 || patterns.some((pattern) => pattern.test(file))))
    .some((file) => /describeKafka|testBrokers/.test(readFileSync(file, 'utf8')));
}
