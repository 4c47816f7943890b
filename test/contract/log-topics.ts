/** Topics of a log, what is cleaned out of them, and closing. */
import { describe, expect, test } from '@jest/globals';
import { ContractError, OffsetOutOfRangeError } from '../../hub/errors.js';
import { HOUR, consumeSome, fresh, type LogUnderTest, readAll, record, textOf, write } from './log-fixture.js';

export function testTopics(storage: () => LogUnderTest): void {
  describe('topics', () => {
    test('can be ensured again, widened and listed, never narrowed', async () => {
      const { log } = storage();
      const { topic, writer } = await fresh(log, { partitions: 2, cleanup: 'time', retention: 30 * 24 * HOUR });
      await log.ensureTopic({ name: topic, partitions: 2, cleanup: 'time', retention: 30 * 24 * HOUR });
      await write(log, writer, [record(topic, 'a', '1'), record(topic, 'b', '2')]);
      expect((await log.topics()).find(({ name }) => name === topic)).toMatchObject({ partitions: 2, cleanup: 'time', retention: 30 * 24 * HOUR });
      await log.ensureTopic({ name: topic, partitions: 4, cleanup: 'compact' });
      const other = await storage().another();
      await write(other, writer, Array.from({ length: 40 }, (_, n) => record(topic, `k${n}`, 'x')));
      await other.close();
      expect(await log.offsets(topic)).toHaveLength(4);
      expect(new Set((await readAll(log, topic)).map(({ partition }) => partition)).size).toBe(4);
      const info = (await log.topics()).find(({ name }) => name === topic);
      expect(info).toMatchObject({ partitions: 4, cleanup: 'compact' });
      expect(info!.records).toBeGreaterThanOrEqual(42);
      await expect(log.ensureTopic({ name: topic, partitions: 3, cleanup: 'compact' })).rejects.toThrow(ContractError);
    });

    test('tell how many records they hold, however many commits brought them, also to another hub', async () => {
      const { log } = storage();
      const { topic, writer } = await fresh(log);
      const told = async (by: Pick<typeof log, 'topics'>): Promise<number | undefined> => (await by.topics()).find(({ name }) => name === topic)?.records;
      expect(await told(log)).toBe(0);
      const opened = await log.writer(writer);
      for (let commit = 0; commit < 5; commit++) await log.commit(opened, { records: Array.from({ length: 7 }, (_, n) => record(topic, `k${commit}-${n}`, 'x')), position: commit });
      expect(await told(log)).toBe(35);
      await log.commit(opened, { records: [{ topic, key: 'k0-0', value: null, id: 'hapus' }, record(topic, 'k0-1', 'lebih baru')] });
      await opened.close();
      expect(await told(log)).toBe(37);
      const other = await storage().another();
      expect(await told(other)).toBe(37);
      await other.close();
      await log.clean();
      const left = (await readAll(log, topic)).length;
      if (storage().cleansAtOnce) expect(await told(log)).toBe(left);
      else expect(await told(log)).toBeGreaterThanOrEqual(left);
    });

    test('compaction keeps the latest record of each key where it was, and readers pass the holes', async () => {
      const { log } = storage();
      const { topic, writer, group } = await fresh(log, { partitions: 1 });
      await write(log, writer, ['a1', 'b1', 'a2', 'c1', 'b2', 'a3'].map((value) => record(topic, value[0]!, value)));
      const before = new Map((await readAll(log, topic)).map((one) => [textOf(one), one.offset]));
      await log.clean();
      const after = await readAll(log, topic);
      const latest = after.filter((one) => ['a3', 'b2', 'c1'].includes(textOf(one)));
      expect(latest.map((one) => [textOf(one), one.offset])).toEqual(['c1', 'b2', 'a3'].map((value) => [value, before.get(value)]));
      if (storage().cleansAtOnce) expect(after).toHaveLength(3);
      expect((await consumeSome(log, group, topic, after.length)).map(textOf)).toEqual(after.map(textOf));
      await log.clean();
      expect(await readAll(log, topic)).toHaveLength(after.length);
    });

    test('a tombstone is there for readers after cleaning', async () => {
      const { log } = storage();
      const { topic, writer } = await fresh(log, { partitions: 1 });
      await write(log, writer, [record(topic, 'a', '1'), { topic, key: 'a', value: null, id: 'hapus', time: 1_000 }]);
      await log.clean();
      expect((await readAll(log, topic)).at(-1)).toMatchObject({ key: 'a', value: null, id: 'hapus' });
    });

    test('retention removes what is old, and says so to a reader that comes too late', async () => {
      const { log } = storage();
      const { topic, writer, group } = await fresh(log, { partitions: 1, cleanup: 'time', retention: HOUR });
      const now = Date.now();
      await write(log, writer, [record(topic, 'k', 'lama', { time: now - 3 * HOUR }), record(topic, 'k', 'lama juga', { time: now - 2 * HOUR })]);
      await write(log, writer, [record(topic, 'k', 'baru', { time: now })]);
      await log.clean();
      const young = (await readAll(log, topic)).at(-1)!;
      expect(textOf(young)).toBe('baru');
      if (!storage().cleansAtOnce) return;
      expect(await log.offsets(topic)).toEqual([{ partition: 0, start: young.offset, end: young.offset + 1 }]);
      await expect(log.read(topic, 0, 0, 10)).rejects.toThrow(OffsetOutOfRangeError);
      await expect(consumeSome(log, group, topic, 1, async () => 0)).rejects.toMatchObject({ wanted: 0, start: young.offset });
      expect((await consumeSome(log, group, topic, 1)).map(textOf)).toEqual(['baru']);
    });

    test('erasing a key leaves a deletion as its last word, and other keys as they are', async () => {
      const { log } = storage();
      const { topic, writer } = await fresh(log, { partitions: 1 });
      await write(log, writer, [record(topic, 'a', 'rahasia 1'), record(topic, 'b', 'tetap'), record(topic, 'a', 'rahasia 2')]);
      await log.erase(topic, 'a');
      const after = await readAll(log, topic);
      expect(after.filter(({ key }) => key === 'a').at(-1)!.value).toBeNull();
      if (storage().cleansAtOnce) expect(after.filter(({ key, value }) => key === 'a' && value !== null)).toEqual([]);
      expect(after.filter(({ key }) => key === 'b').map(textOf)).toEqual(['tetap']);
    });
  });

  describe('closing', () => {
    test('before any use, and twice', async () => {
      const other = await storage().another();
      await other.close();
      await other.close();
    });

    test('while a reader and a writer wait: both end', async () => {
      const { log } = storage();
      const { topic, writer, group } = await fresh(log, { partitions: 1 });
      const holder = await log.writer(writer);
      const other = await storage().another();
      const reading = other.consume(group, [topic], { signal: new AbortController().signal, handle: async () => undefined }).catch(() => undefined);
      const waiting = expect(other.writer(writer)).rejects.toThrow();
      await other.close();
      await reading;
      await waiting;
      await holder.close();
    });

    test('finishes the commits that were asked for, and frees the leases', async () => {
      const { log } = storage();
      const { topic, writer } = await fresh(log, { partitions: 1 });
      const other = await storage().another();
      const opened = await other.writer(writer);
      const commits = [1, 2, 3].map((n) => other.commit(opened, { records: [record(topic, 'k', String(n))], position: n }));
      await other.close();
      await Promise.all(commits);
      const next = await log.writer(writer);
      expect(next.position()).toBe(3);
      await next.close();
      expect((await readAll(log, topic)).map(textOf)).toEqual(['1', '2', '3']);
    });
  });
}
