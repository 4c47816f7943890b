import { expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { readAll } from '../../test/contract/log.js';
import { testDatabase } from '../../test/database.js';
import { describeKafka, testBrokers } from '../../test/kafka/describe-kafka.js';
import { migrate, openPool } from '../database/database.js';
import { openKafkaLog } from './kafka.js';
import type { Log } from './log.js';
import { migrateLog } from './migrate.js';
import { openPostgresLog } from './postgres.js';

const HOUR = 3_600_000;

describeKafka('moving the log', () => {
  test('to Kafka and back: records keep their offsets, readers and writers go on', async () => {
    const url = await testDatabase();
    await migrate(url);
    const database = openPool(url);
    const secondUrl = await testDatabase();
    await migrate(secondUrl);
    const secondDatabase = openPool(secondUrl);
    const postgres = await openPostgresLog({ database, url });
    const kafka = await openKafkaLog({ brokers: testBrokers(), database, url, prefix: `p${randomUUID().slice(0, 8)}.` });
    const second = await openPostgresLog({ database: secondDatabase, url: secondUrl });

    // Holes by compaction, a start that moved by retention, tombstones, large values.
    await postgres.ensureTopic({ name: 'uji.padat', partitions: 2, cleanup: 'compact' });
    await postgres.ensureTopic({ name: 'uji.waktu', partitions: 1, cleanup: 'time', retention: HOUR });
    await postgres.ensureTopic({ name: 'uji.kosong', partitions: 3, cleanup: 'compact' });
    const writer = await postgres.writer('sumber/"satu"');
    const now = Date.now();
    for (let round = 0; round < 3; round++) {
      await postgres.commit(writer, {
        records: Array.from({ length: 100 }, (_, n) => ({ topic: 'uji.padat', key: `k${n}`, value: n === 7 && round === 2 ? null : Buffer.from(`${round}.${n}`), id: `p${round}.${n}`, time: now - n })),
        position: { putaran: round },
      });
    }
    await postgres.commit(writer, {
      records: [
        ...Array.from({ length: 50 }, (_, n) => ({ topic: 'uji.waktu', key: 'k', value: Buffer.from('lama'), id: `l${n}`, time: now - 2 * HOUR })),
        { topic: 'uji.waktu', key: 'k', value: Buffer.alloc(900_000, 7), id: 'besar 1', time: now },
        { topic: 'uji.waktu', key: 'k', value: Buffer.alloc(900_000, 8), id: 'besar 2', time: now, traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' },
      ],
    });
    await writer.close();
    await postgres.clean();
    await readSome(postgres, 'pembaca', 'uji.waktu', 1);
    const before = await readAll(postgres, 'uji.padat');
    expect(before).toHaveLength(100);

    const steps: string[] = [];
    expect(await migrateLog(postgres, kafka, ({ step }) => steps.push(step))).toEqual({ topics: 4, records: 102, positions: 1 });
    expect(new Set(steps)).toEqual(new Set(['copy', 'compare']));
    expect(await readAll(kafka, 'uji.padat')).toEqual(before);
    expect(await kafka.offsets('uji.waktu')).toEqual([{ partition: 0, start: 50, end: 52 }]);
    await expect(kafka.read('uji.waktu', 0, 10, 1)).rejects.toMatchObject({ code: 'offset_out_of_range', wanted: 10, start: 50 });
    // Once more does nothing.
    expect(await migrateLog(postgres, kafka)).toEqual({ topics: 4, records: 102, positions: 1 });

    const further = await kafka.writer('sumber/"satu"');
    expect(further.position()).toEqual({ putaran: 2 });
    await kafka.commit(further, { records: [{ topic: 'uji.waktu', key: 'k', value: Buffer.from('di Kafka'), id: 'baru', time: now }], position: { putaran: 3 } });
    await further.close();
    expect(await readSome(kafka, 'pembaca', 'uji.waktu', 2)).toEqual(['besar 2', 'baru']);

    expect(await migrateLog(kafka, second)).toEqual({ topics: 4, records: 103, positions: 1 });
    expect(await readAll(second, 'uji.padat')).toEqual(before);
    const again = await second.writer('sumber/"satu"');
    expect(again.position()).toEqual({ putaran: 3 });
    await second.commit(again, { records: [{ topic: 'uji.waktu', key: 'k', value: null, id: 'kembali' }] });
    await again.close();
    expect((await readAll(second, 'uji.waktu')).map(({ id }) => id)).toEqual(['besar 1', 'besar 2', 'baru', 'kembali']);

    await Promise.all([postgres.close(), kafka.close(), second.close()]);
    await Promise.all([database.end(), secondDatabase.end()]);
  });

  test('a target that holds something else is refused', async () => {
    const url = await testDatabase();
    await migrate(url);
    const database = openPool(url);
    const postgres = await openPostgresLog({ database, url });
    const kafka = await openKafkaLog({ brokers: testBrokers(), database, url, prefix: `p${randomUUID().slice(0, 8)}.` });
    for (const log of [postgres, kafka]) {
      await log.ensureTopic({ name: 'uji.isi', partitions: 1, cleanup: 'compact' });
      const writer = await log.writer(`penulis-${log.engine}`);
      await log.commit(writer, { records: [{ topic: 'uji.isi', key: 'k', value: Buffer.from(log.engine), id: '1' }] });
      await writer.close();
    }
    await expect(migrateLog(postgres, kafka)).rejects.toThrow('Topik uji.isi partisi 0');
    await postgres.close();
    await kafka.close();
    await database.end();
  });
});

async function readSome(log: Log, group: string, topic: string, count: number): Promise<string[]> {
  const seen: string[] = [];
  const stop = new AbortController();
  await log.consume(group, [topic], {
    signal: stop.signal,
    limit: 1,
    handle: async ({ records }) => {
      seen.push(...records.map(({ id }) => id));
      if (seen.length >= count) stop.abort();
    },
  });
  return seen;
}
