/** What every engine of the log must hold. Called by the test of each engine; topics are made anew for each test. */
import { afterAll, beforeAll, describe } from '@jest/globals';
import type { LogUnderTest } from './log-fixture.js';
import { testReading } from './log-reading.js';
import { testTopics } from './log-topics.js';
import { testWriting } from './log-writing.js';

export { readAll, type LogUnderTest } from './log-fixture.js';

/** Declares the suite for one engine. `open` is called once; the storage may hold other things. */
export function testLog(name: string, open: () => Promise<LogUnderTest>): void {
  describe(`log contract: ${name}`, () => {
    let storage: LogUnderTest;
    beforeAll(async () => {
      storage = await open();
    }, 120_000);
    afterAll(() => storage?.close());
    testWriting(() => storage);
    testReading(() => storage);
    testTopics(() => storage);
  });
}
