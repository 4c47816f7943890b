import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { CompressionTypes, Kafka, logLevel, Partitioners } from 'kafkajs';
import { readAll, testLog } from '../../test/contract/log.js';
import { testDatabase } from '../../test/database.js';
import { describeKafka, testBrokers } from '../../test/kafka/describe-kafka.js';
import { type Database, migrate, openPool } from '../database/database.js';
import { FencedError } from '../errors.js';
import { openKafkaLog } from './kafka.js';
import type { Log } from './log.js';

describeKafka('log', () => {
  testLog('Kafka', async () => {
    const url = await testDatabase();
    await migrate(url);
    const database = openPool(url);
    const prefix = `k${randomUUID().slice(0, 8)}.`;
    const log = await openKafkaLog({ brokers: testBrokers(), database, url, prefix });
    return {
      log,
      another: async () => {
        const pool = openPool(url);
        const opened = await openKafkaLog({ brokers: testBrokers(), database: pool, url, prefix });
        let closing: Promise<void> | undefined;
        return { ...opened, close: () => (closing ??= opened.close().then(() => opened.close()).then(() => pool.end())) };
      },
      cleansAtOnce: false,
      close: async () => {
        await log.close();
        await database.end();
      },
    };
  });
});

describeKafka('engine', () => {
  const prefix = `e${randomUUID().slice(0, 8)}.`;
  let url: string;
  let database: Database;
  let log: Log;
  let kafka: Kafka;
  beforeAll(async () => {
    url = await testDatabase();
    await migrate(url);
    database = openPool(url);
    log = await openKafkaLog({ brokers: testBrokers(), database, url, prefix });
    kafka = new Kafka({ brokers: testBrokers(), logLevel: logLevel.NOTHING });
  });
  afterAll(async () => {
    await log.close();
    await database.end();
  });
  const topic = async (name: string): Promise<string> => {
    await log.ensureTopic({ name, partitions: 1, cleanup: 'compact' });
    return name;
  };

  test('the position is known within a second, also behind a commit under way, whose outcome it tells', async () => {
    const name = await topic('uji.batas');
    for (let round = 0; round < 5; round++) {
      const former = await log.writer('batas');
      const before = former.position() as number | undefined;
      const records = Array.from({ length: 2_000 }, (_, n) => ({ topic: name, key: `${n}`, value: Buffer.alloc(500), id: `${round}:${n}` }));
      const committing = log.commit(former, { records, position: round }).then(
        () => true,
        () => false,
      );
      await new Promise((next) => setTimeout(next, round * 3));
      const began = performance.now();
      const taker = await log.writer('batas', { takeOver: true });
      expect(performance.now() - began).toBeLessThan(1_000);
      const written = (await readAll(log, name)).filter(({ id }) => id.startsWith(`${round}:`)).length;
      expect([0, 2_000]).toContain(written);
      expect(taker.position()).toBe(written === 0 ? before : round);
      if (await committing) expect(written).toBe(2_000);
      await taker.close();
      await former.close();
    }
  });

  test('a producer that was fenced writes nothing, even where its hub does not know that the lease is gone', async () => {
    const name = await topic('uji.pagar');
    const stale = await log.writer('pagar');
    await log.commit(stale, { records: [{ topic: name, key: 'k', value: null, id: '1' }], position: 1 });
    const other = kafka.producer({ transactionalId: `${prefix}pagar`, createPartitioner: Partitioners.DefaultPartitioner });
    await other.connect();
    const transaction = await other.transaction();
    await expect(log.commit(stale, { records: [{ topic: name, key: 'k', value: null, id: '2' }], position: 2 })).rejects.toThrow(FencedError);
    await transaction.abort();
    await other.disconnect();
    await stale.close();
    expect((await readAll(log, name)).map(({ id }) => id)).toEqual(['1']);
  });

  test('aborted records are hidden from wherever reading begins', async () => {
    const name = await topic('uji.batal');
    const producers = [1, 2, 3].map((n) => kafka.producer({ transactionalId: `${prefix}batal-${n}`, createPartitioner: Partitioners.DefaultPartitioner }));
    const transactions = await Promise.all(producers.map(async (producer) => {
      await producer.connect();
      return producer.transaction();
    }));
    // Interleaved: a b c a b c a b c; the first and the second are aborted.
    for (let n = 0; n < 3; n++) {
      for (const [which, transaction] of transactions.entries()) await transaction.send({ topic: prefix + name, messages: [{ key: '\u0000\u0000\u0000\u0000', value: `${'abc'[which]}${n}` }] });
    }
    await transactions[0]!.abort();
    await transactions[1]!.abort();
    await transactions[2]!.commit();
    await Promise.all(producers.map((producer) => producer.disconnect()));
    const [range] = await log.offsets(name);
    expect(range!.end).toBe(12);
    for (let from = 0; from < 12; from++) {
      const read = (await log.read(name, 0, from, 100)).records.map(({ value }) => String(value));
      expect(read).toEqual(['c0', 'c1', 'c2'].filter((_, n) => 2 + n * 3 >= from));
    }
    expect((await log.topics()).find((one) => one.name === name)!.records).toBe(3);
  });

  test('records of a long topic are counted once, and after retention never too few are told', async () => {
    const name = 'uji.panjang';
    await log.ensureTopic({ name, partitions: 1, cleanup: 'time' });
    const told = async (by: Log = log): Promise<number> => (await by.topics()).find((one) => one.name === name)!.records;
    const writer = await log.writer('panjang');
    for (let commit = 0; commit < 30; commit++) {
      await log.commit(writer, { records: Array.from({ length: 1_000 }, (_, n) => ({ topic: name, key: `${n}`, value: Buffer.alloc(200), id: `${commit}:${n}` })) });
    }
    await writer.close();
    expect(await told()).toBe(30_000);
    const { rows } = await database.query<{ records: string }>('SELECT sum(records) AS records FROM kafka_count WHERE topic = $1', [prefix + name]);
    expect(Number(rows[0]!.records)).toBeGreaterThan(20_000);
    const restarted = await openKafkaLog({ brokers: testBrokers(), database, url, prefix });
    expect(await told(restarted)).toBe(30_000);

    const admin = kafka.admin();
    await admin.connect();
    await admin.fetchTopicOffsets(prefix + name);
    await admin.deleteTopicRecords({ topic: prefix + name, partitions: [{ partition: 0, offset: '15015' }] });
    await admin.disconnect();
    // 15 commits of 1,000 and their ends lie before 15,015.
    for (const by of [log, restarted]) {
      const records = await told(by);
      expect(records).toBeGreaterThanOrEqual(15_000);
      expect(records).toBeLessThanOrEqual(15_015);
    }
    await restarted.close();
  });

  test('what was committed is read even where it lies behind a transaction under way', async () => {
    const name = await topic('uji.terbuka');
    const producer = kafka.producer({ transactionalId: `${prefix}terbuka-lain`, createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic: prefix + name, messages: [{ key: 'k', value: 'belum' }] });
    const writer = await log.writer('terbuka');
    await log.commit(writer, { records: [{ topic: name, key: 'k', value: Buffer.from('sudah'), id: '1' }] });
    await writer.close();
    const reading = readAll(log, name);
    // Long enough that a reader who does not wait is done.
    await log.topics();
    await transaction.abort();
    await producer.disconnect();
    expect((await reading).map(({ value }) => String(value))).toEqual(['sudah']);
  });

  test('foreign producers and consumers understand the topics', async () => {
    const name = 'uji.asing';
    await log.ensureTopic({ name, partitions: 1, cleanup: 'time' });
    const writer = await log.writer('asing');
    const future = Date.now() + 30 * 24 * 3_600_000;
    await log.commit(writer, { records: [{ topic: name, key: 'kunci é', value: Buffer.from('isi'), id: 'a1', time: future }, { topic: name, key: 'k', value: null, id: 'a2', time: -5 }] });
    await writer.close();
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    await producer.send({ topic: prefix + name, compression: CompressionTypes.GZIP, messages: [{ value: 'tanpa kunci' }, { key: 'k', value: 'dengan', headers: { ce_id: 'x', lain: 'y' } }] });
    await producer.disconnect();
    const stored = await readAll(log, name);
    expect(stored.map(({ key, value, id }) => [key, value && String(value), id])).toEqual([
      ['kunci é', 'isi', 'a1'], ['k', null, 'a2'], ['', 'tanpa kunci', 'uji.asing/0/3'], ['k', 'dengan', 'x'],
    ]);
    expect(stored.slice(0, 2).map(({ time }) => time)).toEqual([future, -5]);

    const consumer = kafka.consumer({ groupId: `${prefix}asing` });
    await consumer.connect();
    await consumer.subscribe({ topic: prefix + name, fromBeginning: true });
    const seen: unknown[] = [];
    await new Promise<void>((done, failed) => {
      consumer.run({
        eachMessage: async ({ message }) => {
          seen.push([String(message.key), message.value && String(message.value), String(message.headers?.['ce_id']), message.timestamp]);
          if (seen.length === 4) done();
        },
      }).catch(failed);
    });
    await consumer.disconnect();
    expect(seen.slice(0, 2)).toEqual([['kunci é', 'isi', 'a1', String(future)], ['k', null, 'a2', '-5']]);
  });

  test('erased keys are gone within 72 hours, and Kafka shows how far a group has read', async () => {
    const name = await topic('uji.lihat');
    const admin = kafka.admin();
    await admin.connect();
    const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name: prefix + name }] });
    expect(Object.fromEntries(resources[0]!.configEntries.map((entry) => [entry.configName, entry.configValue]))).toMatchObject({
      'cleanup.policy': 'compact', 'min.compaction.lag.ms': '86400000', 'max.compaction.lag.ms': '259200000', 'delete.retention.ms': '86400000',
    });
    const other = await openKafkaLog({ brokers: testBrokers(), database, url, prefix });
    const writer = await other.writer('lihat');
    await other.commit(writer, { records: [{ topic: name, key: 'k', value: null, id: '1' }] });
    const stop = new AbortController();
    await other.consume('pembaca', [name], { signal: stop.signal, handle: async () => stop.abort() });
    await other.close();
    // One record and the end of its transaction.
    expect(await admin.fetchOffsets({ groupId: `${prefix}pembaca` })).toMatchObject([{ topic: prefix + name, partitions: [{ partition: 0, offset: '2' }] }]);
    await admin.disconnect();
  });

  test('settings that others gave a topic stay', async () => {
    const name = await topic('uji.setelan');
    const admin = kafka.admin();
    await admin.connect();
    const before = (await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name: prefix + name }] })).resources[0]!.configEntries
      .filter((entry) => (entry.configSource as number) === 1)
      .map((entry) => ({ name: entry.configName, value: entry.configValue }));
    await admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: prefix + name, configEntries: [...before, { name: 'segment.ms', value: '3600000' }] }] });
    await log.ensureTopic({ name, partitions: 1, cleanup: 'time', retention: 60_000 });
    const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name: prefix + name, configNames: ['segment.ms', 'retention.ms', 'cleanup.policy'] }] });
    expect(Object.fromEntries(resources[0]!.configEntries.map((entry) => [entry.configName, entry.configValue]))).toEqual({ 'segment.ms': '3600000', 'retention.ms': '60000', 'cleanup.policy': 'delete' });
    await admin.disconnect();
  });
});
