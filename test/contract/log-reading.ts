/** Reading from a log: by offset, by time, as members of a group. */
import { describe, expect, test } from '@jest/globals';
import { type RecordBatch } from '../../hub/log/log.js';
import { until } from '../until.js';
import { consumeSome, fresh, type LogUnderTest, readAll, record, textOf, write } from './log-fixture.js';

export function testReading(storage: () => LogUnderTest): void {
  describe('reading at will', () => {
    test('by offset, in pieces, without waiting at the end', async () => {
      const { log } = storage();
      const { topic, writer } = await fresh(log, { partitions: 1 });
      expect(await log.read(topic, 0, 0, 10)).toMatchObject({ topic, partition: 0, records: [] });
      const opened = await log.writer(writer);
      const { offsets } = await log.commit(opened, { records: Array.from({ length: 10 }, (_, n) => record(topic, 'k', String(n))) });
      await opened.close();
      const piece = await log.read(topic, 0, offsets[3]!, 4);
      expect(piece.records.map(textOf)).toEqual(['3', '4', '5', '6']);
      expect(piece.nextOffset).toBeLessThanOrEqual(offsets[7]!);
      const rest = await log.read(topic, 0, piece.nextOffset, 100);
      expect(rest.records.map(textOf)).toEqual(['7', '8', '9']);
      expect((await log.read(topic, 0, rest.nextOffset, 100)).records).toEqual([]);
      const [range] = await log.offsets(topic);
      expect(range).toMatchObject({ partition: 0, start: 0 });
      expect(range!.end).toBeGreaterThan(offsets[9]!);
    });

    test('by time', async () => {
      const { log } = storage();
      const { topic, writer } = await fresh(log, { partitions: 1 });
      const opened = await log.writer(writer);
      const { offsets } = await log.commit(opened, { records: [10, 20, 30].map((n) => record(topic, 'k', String(n), { time: 1_700_000_000_000 + n })) });
      await opened.close();
      expect(await log.offsetsAt(topic, 1_700_000_000_011)).toEqual([{ partition: 0, offset: offsets[1] }]);
      expect(await log.offsetsAt(topic, 0)).toEqual([{ partition: 0, offset: offsets[0] }]);
      const [{ end } = { end: -1 }] = await log.offsets(topic);
      expect(await log.offsetsAt(topic, 1_800_000_000_000)).toEqual([{ partition: 0, offset: end }]);
    });
  });

  describe('reading as a group', () => {
    test('goes on where it stopped, shows its lag, and can be moved while nobody reads', async () => {
      const { log } = storage();
      const { topic, writer, group } = await fresh(log, { partitions: 1 });
      await write(log, writer, Array.from({ length: 5 }, (_, n) => record(topic, 'k', String(n))));
      expect((await consumeSome(log, group, topic, 5)).map(textOf)).toEqual(['0', '1', '2', '3', '4']);
      await write(log, writer, [record(topic, 'k', '5'), record(topic, 'k', '6')]);
      const [stored] = await log.groupOffsets(group);
      expect(stored).toMatchObject({ topic, partition: 0 });
      expect(stored!.lag).toBeGreaterThanOrEqual(2);
      expect((await consumeSome(log, group, topic, 2)).map(textOf)).toEqual(['5', '6']);
      await log.resetGroup(group, topic, 0, undefined);
      expect((await consumeSome(log, group, topic, 7)).map(textOf)).toEqual(['0', '1', '2', '3', '4', '5', '6']);
      const third = (await readAll(log, topic))[2]!;
      await log.resetGroup(group, topic, 0, third.offset);
      expect((await consumeSome(log, group, topic, 5)).map(textOf)).toEqual(['2', '3', '4', '5', '6']);
    });

    test('cannot be moved while a member reads', async () => {
      const { log } = storage();
      const { topic, writer, group } = await fresh(log, { partitions: 1 });
      await write(log, writer, [record(topic, 'k', '0')]);
      const stop = new AbortController();
      let started = (): void => undefined;
      const first = new Promise<void>((done) => (started = done));
      const reading = log.consume(group, [topic], { signal: stop.signal, handle: async () => started() });
      await first;
      await expect(log.resetGroup(group, topic, 0, 0)).rejects.toThrow();
      stop.abort();
      await reading;
    });

    test('waits for records that come later', async () => {
      const { log } = storage();
      const { topic, writer, group } = await fresh(log, { partitions: 1 });
      const reading = consumeSome(log, group, topic, 2);
      const opened = await log.writer(writer);
      await log.commit(opened, { records: [record(topic, 'k', 'satu')] });
      await log.commit(opened, { records: [record(topic, 'k', 'dua')] });
      expect((await reading).map(textOf)).toEqual(['satu', 'dua']);
      await opened.close();
    });

    test('after a failure neither skips nor repeats more than what was not acknowledged', async () => {
      const { log } = storage();
      const { topic, writer, group } = await fresh(log, { partitions: 1 });
      await write(log, writer, Array.from({ length: 9 }, (_, n) => record(topic, 'k', String(n))));
      const handled: string[][] = [];
      const failing = log.consume(group, [topic], {
        signal: new AbortController().signal,
        limit: 3,
        handle: async ({ records }) => {
          handled.push(records.map(textOf));
          if (handled.flat().length > 3) throw new Error('sasaran mati');
        },
      });
      await expect(failing).rejects.toThrow('sasaran mati');
      const acknowledged = handled.slice(0, -1).flat();
      const after = (await consumeSome(log, group, topic, 9 - acknowledged.length)).map(textOf);
      expect([...acknowledged, ...after]).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8']);
    });

    test('begins where `start` says and stores nothing then', async () => {
      const { log } = storage();
      const { topic, writer, group } = await fresh(log, { partitions: 1 });
      const opened = await log.writer(writer);
      const { offsets } = await log.commit(opened, { records: Array.from({ length: 6 }, (_, n) => record(topic, 'k', String(n))) });
      await opened.close();
      const seen = await consumeSome(log, group, topic, 2, async (asked, partition) => {
        expect([asked, partition]).toEqual([topic, 0]);
        return offsets[4];
      });
      expect(seen.map(textOf)).toEqual(['4', '5']);
      expect(await log.groupOffsets(group)).toEqual([]);
    });

    test('two members share the partitions; what one leaves the other goes on with', async () => {
      const { log } = storage();
      const { topic, writer, group } = await fresh(log, { partitions: 4 });
      const other = await storage().another();
      const opened = await log.writer(writer);
      const readers = [log, other].map((by) => {
        const stop = new AbortController();
        const partitions = new Set<number>();
        const ids: string[] = [];
        const handle = async ({ partition, records }: RecordBatch): Promise<void> => {
          partitions.add(partition);
          ids.push(...records.map(({ id }) => id));
        };
        return { stop, partitions, ids, done: by.consume(group, [topic], { signal: stop.signal, handle }) };
      });
      const [one, two] = readers as [(typeof readers)[0], (typeof readers)[0]];
      const given: string[] = [];
      const put = async (): Promise<void> => {
        const records = Array.from({ length: 20 }, (_, n) => record(topic, `k${n}`, 'x'));
        given.push(...records.map(({ id }) => id));
        await log.commit(opened, { records });
      };
      const both = (): Set<string> => new Set([...one.ids, ...two.ids]);
      for (let n = 0; one.ids.length === 0 || two.ids.length === 0; n++) {
        expect(n).toBeLessThan(1_000);
        await put();
      }
      one.stop.abort();
      await one.done;
      for (let n = 0; two.partitions.size < 4; n++) {
        expect(n).toBeLessThan(2_000);
        await put();
      }
      await until(async () => both().size === given.length);
      two.stop.abort();
      await two.done;
      await opened.close();
      await other.close();
      expect([...both()].sort()).toEqual([...given].sort());
      // In order within each reader, and handed over without a repetition, since every call of `handle` succeeded.
      expect(new Set(one.ids).size + new Set(two.ids).size).toBe(one.ids.length + two.ids.length);
    });
  });
}
