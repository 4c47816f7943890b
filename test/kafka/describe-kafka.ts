/** Tests that need a broker: one for the whole run, started by test/setup.mjs. Without Java or Maven they are left out, and test/reporter.mjs says how many. */
import { describe } from '@jest/globals';

export function describeKafka(name: string, declare: () => void): void {
  (process.env.TEST_KAFKA_BROKERS ? describe : describe.skip)(`Kafka: ${name}`, declare);
}

/** `host:port` of the run's broker. Topics are shared with other test files: use a prefix of your own. */
export function testBrokers(): string[] {
  const brokers = process.env.TEST_KAFKA_BROKERS;
  if (!brokers) throw new Error('TEST_KAFKA_BROKERS is not set: declare the test with describeKafka');
  return brokers.split(',');
}
