/** What every engine of the log must hold. Called by the test of each engine; topics are made anew for each test. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { ContractError, FencedError, OffsetOutOfRangeError, RecordTooLargeError } from '../../hub/errors.js';
import { CASE_TOPIC, type Log, MAX_RECORD_BYTES, type RecordBatch, type TopicSpec } from '../../hub/log/log.js';
import type { NewRecord, Rejection, StoredRecord } from '../../hub/record.js';

export interface LogUnderTest {
  readonly log: Log;
  /** A second log on the same storage with connections of its own, as another hub would open it. The suite closes it. */
  another(): Promise<Log>;
  /** `clean()` and `erase()` have done their work when they resolve. Otherwise only what must stay is checked. */
  readonly cleansAtOnce: boolean;
  close(): Promise<void>;
}

const HOUR = 3_600_000;

/** Declares the suite for one engine. `open` is called once; the storage may hold other things. */
export function testLog(name: string, open: () => Promise<LogUnderTest>): void {
  describe(`log contract: ${name}`, () => {
    let storage: LogUnderTest;
    let log: Log;
    beforeAll(async () => {
      storage = await open();
      log = storage.log;
    });
    afterAll(() => storage?.close());

    /** A new topic and a writer's name that nobody used. */
    const fresh = async (spec: Partial<TopicSpec> = {}): Promise<{ topic: string; writer: string; group: string }> => {
      const id = randomUUID().slice(0, 8);
      const topic = `uji.topik_${id}`;
      await log.ensureTopic({ name: topic, partitions: 3, cleanup: 'compact', ...spec });
      return { topic, writer: `penulis-${id}`, group: `kelompok-${id}` };
    };
    /** Commits and closes. */
    const write = async (writer: string, records: NewRecord[], by = log): Promise<void> => {
      const opened = await by.writer(writer);
      await by.commit(opened, { records });
      await opened.close();
    };

    describe('writing', () => {
      test('keeps every record as it was given, those of a key in one partition and in order', async () => {
        const { topic, writer } = await fresh();
        const given = Array.from({ length: 600 }, (_, n) => record(topic, `kunci-${n % 20}`, `nilai ${n}`, { time: 1_700_000_000_000 + n }));
        const opened = await log.writer(writer);
        const offsets: number[] = [];
        for (let n = 0; n < 600; n += 100) offsets.push(...(await log.commit(opened, { records: given.slice(n, n + 100) })).offsets);
        await opened.close();

        const stored = await readAll(log, topic);
        expect(stored).toHaveLength(600);
        const byId = new Map(stored.map((one) => [one.id, one]));
        given.forEach((one, n) => expect(byId.get(one.id)).toMatchObject({ topic, key: one.key, value: one.value, time: one.time, offset: offsets[n] }));
        for (let key = 0; key < 20; key++) {
          const ofKey = stored.filter((one) => one.key === `kunci-${key}`);
          expect(new Set(ofKey.map((one) => one.partition)).size).toBe(1);
          expect(ofKey.map(textOf)).toEqual(Array.from({ length: 30 }, (_, n) => `nilai ${n * 20 + key}`));
        }
        expect(new Set(stored.map((one) => one.partition)).size).toBe(3);
      });

      test('takes keys of any script, tombstones, empty values and trace contexts, and stamps records without a time', async () => {
        const { topic, writer } = await fresh({ partitions: 1 });
        const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
        const before = Date.now();
        await write(writer, [
          { topic, key: '"Flobamora" {a,b}\\ 東', value: Buffer.from([0, 255, 10]), id: '"1"', traceparent },
          { topic, key: 'hapus', value: null, id: '2' },
          { topic, key: '', value: Buffer.alloc(0), id: '3' },
        ]);
        const [first, second, third] = await readAll(log, topic);
        expect(first).toMatchObject({ key: '"Flobamora" {a,b}\\ 東', value: Buffer.from([0, 255, 10]), id: '"1"', traceparent });
        expect(second).toMatchObject({ key: 'hapus', value: null, id: '2' });
        expect(second).not.toHaveProperty('traceparent');
        expect(third).toMatchObject({ key: '', value: Buffer.alloc(0) });
        expect(third!.time).toBeGreaterThanOrEqual(before - 1_000);
        expect(third!.time).toBeLessThanOrEqual(Date.now() + 1_000);
      });

      test('records of several topics, rejections and the position become visible together', async () => {
        const one = await fresh();
        const two = await fresh();
        const rejected: Rejection = {
          id: randomUUID(), instance: 'uji', owner: 'kominfo', topic: one.topic, payload: { nik: '537' }, time: 1_700_000_000_000,
          faults: [{ path: 'nik', rule: 'format.nik', message: '3 angka, seharusnya 16', severity: 'reject' }],
        };
        const opened = await log.writer(one.writer);
        expect(opened.position()).toBeUndefined();
        await log.commit(opened, { records: [record(one.topic, 'a', '1'), record(two.topic, 'b', '2')], rejections: [rejected], position: { baris: 3, 'kunci "aneh"': ['\u0000', null] } });
        expect(opened.position()).toEqual({ baris: 3, 'kunci "aneh"': ['\u0000', null] });
        await log.commit(opened, { records: [record(one.topic, 'a', '3')] });
        await opened.close();

        const again = await log.writer(one.writer);
        expect(again.position()).toEqual({ baris: 3, 'kunci "aneh"': ['\u0000', null] });
        await log.commit(again, { records: [], position: 'hanya posisi' });
        expect(again.position()).toBe('hanya posisi');
        await again.close();
        expect((await readAll(log, one.topic)).map(textOf)).toEqual(['1', '3']);
        expect((await readAll(log, two.topic)).map(textOf)).toEqual(['2']);
        const cases = (await readAll(log, CASE_TOPIC)).filter(({ key }) => key === rejected.id);
        expect(cases.map(({ value }) => JSON.parse(String(value)))).toEqual([rejected]);
      });

      test('refuses a record above the limit with its size, writes nothing of that commit, and goes on', async () => {
        const { topic, writer } = await fresh({ partitions: 1 });
        const opened = await log.writer(writer);
        const refused = log.commit(opened, { records: [record(topic, 'a', 'kecil'), { topic, key: 'b', value: Buffer.alloc(MAX_RECORD_BYTES + 1), id: 'besar' }], position: 1 });
        await expect(refused).rejects.toMatchObject({ topic, bytes: 1_000_001, limit: 1_000_000 });
        await expect(refused).rejects.toThrow(RecordTooLargeError);
        expect(opened.position()).toBeUndefined();
        await log.commit(opened, { records: [{ topic, key: 'b', value: Buffer.alloc(MAX_RECORD_BYTES, 7), id: 'pas' }] });
        await opened.close();
        expect((await readAll(log, topic)).map(({ id, value }) => [id, value!.length])).toEqual([['pas', 1_000_000]]);
      });

      test('a commit to a topic that is not there writes nothing', async () => {
        const { topic, writer } = await fresh();
        const opened = await log.writer(writer);
        await expect(log.commit(opened, { records: [record(topic, 'a', '1'), record('uji.tidak_ada', 'a', '1')], position: 9 })).rejects.toThrow();
        await opened.close();
        const again = await log.writer(writer);
        expect(again.position()).toBeUndefined();
        await again.close();
        expect(await readAll(log, topic)).toEqual([]);
      });

      test('commits of one writer are done in the order of the calls', async () => {
        const { topic, writer } = await fresh({ partitions: 1 });
        const opened = await log.writer(writer);
        const receipts = await Promise.all(Array.from({ length: 40 }, (_, n) => log.commit(opened, { records: [record(topic, 'k', String(n))], position: n })));
        expect(opened.position()).toBe(39);
        await opened.close();
        const stored = await readAll(log, topic);
        expect(stored.map(textOf)).toEqual(Array.from({ length: 40 }, (_, n) => String(n)));
        expect(receipts.map(({ offsets }) => offsets[0])).toEqual(stored.map(({ offset }) => offset));
      });

      test('a reader beside many writers sees every record once and in offset order', async () => {
        const { topic, group } = await fresh({ partitions: 2 });
        const seen: StoredRecord[] = [];
        const stop = new AbortController();
        const reading = log.consume(group, [topic], {
          signal: stop.signal,
          handle: async ({ records }) => {
            seen.push(...records);
            if (seen.length >= 160) stop.abort();
          },
        });
        await Promise.all(
          Array.from({ length: 8 }, async (_, w) => {
            const opened = await log.writer(`${group}-${w}`);
            for (let n = 0; n < 20; n++) await log.commit(opened, { records: [record(topic, `k${w}`, `${w}.${n}`)] });
            await opened.close();
          }),
        );
        await reading;
        for (const partition of [0, 1]) {
          const offsets = seen.filter((one) => one.partition === partition).map(({ offset }) => offset);
          expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
        }
        expect(seen.map(textOf).sort()).toEqual(Array.from({ length: 160 }, (_, n) => `${Math.floor(n / 20)}.${n % 20}`).sort());
      });
    });

    describe('leases', () => {
      test('a writer that was taken over cannot commit; the new one goes on from its position', async () => {
        const { topic, writer } = await fresh();
        const other = await storage.another();
        const former = await log.writer(writer);
        await log.commit(former, { records: [record(topic, 'k', 'lama')], position: 1 });
        const taker = await other.writer(writer, { takeOver: true });
        expect(taker.position()).toBe(1);
        await expect(log.commit(former, { records: [record(topic, 'k', 'terlambat')], position: 2 })).rejects.toThrow(FencedError);
        await expect(log.commit(former, { records: [], position: 3 })).rejects.toThrow();
        await other.commit(taker, { records: [record(topic, 'k', 'baru')], position: 4 });
        await former.close();
        await taker.close();
        await other.close();
        expect((await readAll(log, topic)).map(textOf)).toEqual(['lama', 'baru']);
        const next = await log.writer(writer);
        expect(next.position()).toBe(4);
        await next.close();
      });

      test('a second opener waits until the first closes, or until it is told to stop', async () => {
        const { topic, writer } = await fresh();
        const other = await storage.another();
        const first = await log.writer(writer);
        const stop = new AbortController();
        const stopped = other.writer(writer, { signal: stop.signal });
        stop.abort(new Error('tidak jadi'));
        await expect(stopped).rejects.toThrow('tidak jadi');
        let opened = false;
        const waiting = other.writer(writer).then((one) => {
          opened = true;
          return one;
        });
        await log.commit(first, { records: [record(topic, 'k', '1')], position: 'pertama' });
        expect(opened).toBe(false);
        await first.close();
        await first.close();
        const second = await waiting;
        expect(second.position()).toBe('pertama');
        await second.close();
        await other.close();
      });
    });

    describe('reading at will', () => {
      test('by offset, in pieces, without waiting at the end', async () => {
        const { topic, writer } = await fresh({ partitions: 1 });
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
        const { topic, writer } = await fresh({ partitions: 1 });
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
        const { topic, writer, group } = await fresh({ partitions: 1 });
        await write(writer, Array.from({ length: 5 }, (_, n) => record(topic, 'k', String(n))));
        expect((await consumeSome(log, group, topic, 5)).map(textOf)).toEqual(['0', '1', '2', '3', '4']);
        await write(writer, [record(topic, 'k', '5'), record(topic, 'k', '6')]);
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
        const { topic, writer, group } = await fresh({ partitions: 1 });
        await write(writer, [record(topic, 'k', '0')]);
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
        const { topic, writer, group } = await fresh({ partitions: 1 });
        const reading = consumeSome(log, group, topic, 2);
        const opened = await log.writer(writer);
        await log.commit(opened, { records: [record(topic, 'k', 'satu')] });
        await log.commit(opened, { records: [record(topic, 'k', 'dua')] });
        expect((await reading).map(textOf)).toEqual(['satu', 'dua']);
        await opened.close();
      });

      test('after a failure neither skips nor repeats more than what was not acknowledged', async () => {
        const { topic, writer, group } = await fresh({ partitions: 1 });
        await write(writer, Array.from({ length: 9 }, (_, n) => record(topic, 'k', String(n))));
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
        const { topic, writer, group } = await fresh({ partitions: 1 });
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
        const { topic, writer, group } = await fresh({ partitions: 4 });
        const other = await storage.another();
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
        await waitUntil(() => both().size === given.length);
        two.stop.abort();
        await two.done;
        await opened.close();
        await other.close();
        expect([...both()].sort()).toEqual([...given].sort());
        // In order within each reader, and handed over without a repetition, since every call of `handle` succeeded.
        expect(new Set(one.ids).size + new Set(two.ids).size).toBe(one.ids.length + two.ids.length);
      });
    });

    describe('topics', () => {
      test('can be ensured again, widened and listed, never narrowed', async () => {
        const { topic, writer } = await fresh({ partitions: 2, cleanup: 'time', retention: 30 * 24 * HOUR });
        await log.ensureTopic({ name: topic, partitions: 2, cleanup: 'time', retention: 30 * 24 * HOUR });
        await write(writer, [record(topic, 'a', '1'), record(topic, 'b', '2')]);
        expect((await log.topics()).find(({ name }) => name === topic)).toMatchObject({ partitions: 2, cleanup: 'time', retention: 30 * 24 * HOUR });
        await log.ensureTopic({ name: topic, partitions: 4, cleanup: 'compact' });
        const other = await storage.another();
        await write(writer, Array.from({ length: 40 }, (_, n) => record(topic, `k${n}`, 'x')), other);
        await other.close();
        expect(await log.offsets(topic)).toHaveLength(4);
        expect(new Set((await readAll(log, topic)).map(({ partition }) => partition)).size).toBe(4);
        const info = (await log.topics()).find(({ name }) => name === topic);
        expect(info).toMatchObject({ partitions: 4, cleanup: 'compact' });
        expect(info!.records).toBeGreaterThanOrEqual(42);
        await expect(log.ensureTopic({ name: topic, partitions: 3, cleanup: 'compact' })).rejects.toThrow(ContractError);
      });

      test('compaction keeps the latest record of each key where it was, and readers pass the holes', async () => {
        const { topic, writer, group } = await fresh({ partitions: 1 });
        await write(writer, ['a1', 'b1', 'a2', 'c1', 'b2', 'a3'].map((value) => record(topic, value[0]!, value)));
        const before = new Map((await readAll(log, topic)).map((one) => [textOf(one), one.offset]));
        await log.clean();
        const after = await readAll(log, topic);
        const latest = after.filter((one) => ['a3', 'b2', 'c1'].includes(textOf(one)));
        expect(latest.map((one) => [textOf(one), one.offset])).toEqual(['c1', 'b2', 'a3'].map((value) => [value, before.get(value)]));
        if (storage.cleansAtOnce) expect(after).toHaveLength(3);
        expect((await consumeSome(log, group, topic, after.length)).map(textOf)).toEqual(after.map(textOf));
        await log.clean();
        expect(await readAll(log, topic)).toHaveLength(after.length);
      });

      test('a tombstone is there for readers after cleaning', async () => {
        const { topic, writer } = await fresh({ partitions: 1 });
        await write(writer, [record(topic, 'a', '1'), { topic, key: 'a', value: null, id: 'hapus', time: 1_000 }]);
        await log.clean();
        expect((await readAll(log, topic)).at(-1)).toMatchObject({ key: 'a', value: null, id: 'hapus' });
      });

      test('retention removes what is old, and says so to a reader that comes too late', async () => {
        const { topic, writer, group } = await fresh({ partitions: 1, cleanup: 'time', retention: HOUR });
        const now = Date.now();
        await write(writer, [record(topic, 'k', 'lama', { time: now - 3 * HOUR }), record(topic, 'k', 'lama juga', { time: now - 2 * HOUR })]);
        await write(writer, [record(topic, 'k', 'baru', { time: now })]);
        await log.clean();
        const young = (await readAll(log, topic)).at(-1)!;
        expect(textOf(young)).toBe('baru');
        if (!storage.cleansAtOnce) return;
        expect(await log.offsets(topic)).toEqual([{ partition: 0, start: young.offset, end: young.offset + 1 }]);
        await expect(log.read(topic, 0, 0, 10)).rejects.toThrow(OffsetOutOfRangeError);
        await expect(consumeSome(log, group, topic, 1, async () => 0)).rejects.toMatchObject({ wanted: 0, start: young.offset });
        expect((await consumeSome(log, group, topic, 1)).map(textOf)).toEqual(['baru']);
      });

      test('erasing a key leaves a deletion as its last word, and other keys as they are', async () => {
        const { topic, writer } = await fresh({ partitions: 1 });
        await write(writer, [record(topic, 'a', 'rahasia 1'), record(topic, 'b', 'tetap'), record(topic, 'a', 'rahasia 2')]);
        await log.erase(topic, 'a');
        const after = await readAll(log, topic);
        expect(after.filter(({ key }) => key === 'a').at(-1)!.value).toBeNull();
        if (storage.cleansAtOnce) expect(after.filter(({ key, value }) => key === 'a' && value !== null)).toEqual([]);
        expect(after.filter(({ key }) => key === 'b').map(textOf)).toEqual(['tetap']);
      });
    });

    describe('closing', () => {
      test('before any use, and twice', async () => {
        const other = await storage.another();
        await other.close();
        await other.close();
      });

      test('while a reader and a writer wait: both end', async () => {
        const { topic, writer, group } = await fresh({ partitions: 1 });
        const holder = await log.writer(writer);
        const other = await storage.another();
        const reading = other.consume(group, [topic], { signal: new AbortController().signal, handle: async () => undefined }).catch(() => undefined);
        const waiting = expect(other.writer(writer)).rejects.toThrow();
        await other.close();
        await reading;
        await waiting;
        await holder.close();
      });

      test('finishes the commits that were asked for, and frees the leases', async () => {
        const { topic, writer } = await fresh({ partitions: 1 });
        const other = await storage.another();
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
  });
}

function record(topic: string, key: string, text: string, more: Partial<NewRecord> = {}): NewRecord {
  return { topic, key, value: Buffer.from(text), id: randomUUID(), ...more };
}

function textOf({ value }: StoredRecord): string {
  return String(value);
}

/** Every record of the topic, partition by partition. */
export async function readAll(log: Log, topic: string): Promise<StoredRecord[]> {
  const all: StoredRecord[] = [];
  for (const { partition, start, end } of await log.offsets(topic)) {
    for (let offset = start; offset < end; ) {
      const batch = await log.read(topic, partition, offset, 1_000);
      all.push(...batch.records);
      if (batch.nextOffset <= offset) break;
      offset = batch.nextOffset;
    }
  }
  return all;
}

/** Reads as the only member of the group until it has `count` records, which are acknowledged. */
async function consumeSome(log: Log, group: string, topic: string, count: number, start?: (topic: string, partition: number) => Promise<number | undefined>): Promise<StoredRecord[]> {
  const seen: StoredRecord[] = [];
  const stop = new AbortController();
  await log.consume(group, [topic], {
    ...(start ? { start } : {}),
    signal: stop.signal,
    handle: async ({ records }) => {
      seen.push(...records);
      if (seen.length >= count) stop.abort();
    },
  });
  return seen;
}

async function waitUntil(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((next) => setTimeout(next, 10));
}
