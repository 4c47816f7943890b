/** Writing to a log: order, atomicity, limits, fencing. */
import { describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { FencedError, RecordTooLargeError } from '../../hub/errors.js';
import { CASE_TOPIC, MAX_RECORD_BYTES } from '../../hub/log/log.js';
import type { Rejection, StoredRecord } from '../../hub/record.js';
import { fresh, type LogUnderTest, readAll, record, textOf, write } from './log-fixture.js';

export function testWriting(storage: () => LogUnderTest): void {
  describe('writing', () => {
    test('keeps every record as it was given, those of a key in one partition and in order', async () => {
      const { log } = storage();
      const { topic, writer } = await fresh(log);
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
      const { log } = storage();
      const { topic, writer } = await fresh(log, { partitions: 1 });
      const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
      const before = Date.now();
      await write(log, writer, [
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
      const { log } = storage();
      const one = await fresh(log);
      const two = await fresh(log);
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
      const { log } = storage();
      const { topic, writer } = await fresh(log, { partitions: 1 });
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
      const { log } = storage();
      const { topic, writer } = await fresh(log);
      const opened = await log.writer(writer);
      await expect(log.commit(opened, { records: [record(topic, 'a', '1'), record('uji.tidak_ada', 'a', '1')], position: 9 })).rejects.toThrow();
      await opened.close();
      const again = await log.writer(writer);
      expect(again.position()).toBeUndefined();
      await again.close();
      expect(await readAll(log, topic)).toEqual([]);
    });

    test('commits of one writer are done in the order of the calls', async () => {
      const { log } = storage();
      const { topic, writer } = await fresh(log, { partitions: 1 });
      const opened = await log.writer(writer);
      const receipts = await Promise.all(Array.from({ length: 40 }, (_, n) => log.commit(opened, { records: [record(topic, 'k', String(n))], position: n })));
      expect(opened.position()).toBe(39);
      await opened.close();
      const stored = await readAll(log, topic);
      expect(stored.map(textOf)).toEqual(Array.from({ length: 40 }, (_, n) => String(n)));
      expect(receipts.map(({ offsets }) => offsets[0])).toEqual(stored.map(({ offset }) => offset));
    });

    test('a reader beside many writers sees every record once and in offset order', async () => {
      const { log } = storage();
      const { topic, group } = await fresh(log, { partitions: 2 });
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
      const { log } = storage();
      const { topic, writer } = await fresh(log);
      const other = await storage().another();
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
      const { log } = storage();
      const { topic, writer } = await fresh(log);
      const other = await storage().another();
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
}
