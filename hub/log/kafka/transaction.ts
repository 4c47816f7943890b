/** One transactional producer: what it sends becomes visible together. Nothing is sent twice; after any error it is of no more use. */
import Encoder from 'kafkajs/src/protocol/encoder.js';
import produceResponse from 'kafkajs/src/protocol/requests/produce/v7/response.js';
import { FencedError, RetriableError } from '../../errors.js';
import type { NewRecord } from '../../record.js';
import { pause } from '../outage.js';
import { type Client, type Layout, type Link, kafkaType, outageOf } from './client.js';
import { encodeBatch, type Sequenced } from './record-batch.js';

/** Records of one partition, in order. */
export interface PartitionRecords {
  /** Name in Kafka. */
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly NewRecord[];
}

export interface Producer {
  /**
   * One transaction. Resolves with the offsets of the records, per partition in the order given.
   * @throws FencedError: nothing was written. Any other error: unknown.
   */
  commit(partitions: readonly PartitionRecords[]): Promise<number[][]>;
  close(): void;
}

/** Kafka aborts a transaction that is open longer, so that a dead writer does not hold readers up. */
const TRANSACTION_TIMEOUT = 10_000;
/** Of one batch: Kafka takes one of 1 MB unless the topic says otherwise. */
const BATCH_BYTES = 900_000;
/** Of one request, over all partitions. */
const REQUEST_BYTES = 4_000_000;

/** Takes the transactional id, unless `signal` is aborted first: Kafka ends the transaction of whoever had it and fences it. */
export async function openProducer(client: Client, transactionalId: string, signal: AbortSignal): Promise<Producer> {
  const links = new Map<string, Link>();
  let closed = false;
  const close = (): void => {
    closed = true;
    for (const link of links.values()) link.close();
  };
  const linkTo = async ({ host, port }: { host: string; port: number }): Promise<Link> => {
    const name = `${host}:${port}`;
    const known = links.get(name);
    if (known) return known;
    const link = await client.own({ host, port });
    links.set(name, link);
    if (closed) link.close();
    return link;
  };
  try {
    const coordinator = await linkTo(await client.coordinator(transactionalId, 1));
    const begin = performance.now();
    const session = await whileBusy(begin, signal, () => coordinator.broker.initProducerId({ transactionalId, transactionTimeout: TRANSACTION_TIMEOUT }));
    const { producerId, producerEpoch } = session;
    const sequences = new Map<string, number>();
    const nodes = (layout: Layout, { topic, partition }: PartitionRecords): number => {
      const leader = layout.topics.get(topic)?.[partition];
      if (leader === undefined || !layout.brokers.has(leader)) throw new RetriableError(`Topik ${topic} partisi ${partition} sedang tanpa broker.`);
      return leader;
    };

    const commit = async (partitions: readonly PartitionRecords[]): Promise<number[][]> => {
      const start = performance.now();
      const layout = await client.layout(30_000);
      const leaders = partitions.map((one) => nodes(layout, one));
      const topics = new Map<string, number[]>();
      for (const { topic, partition } of partitions) topics.set(topic, [...(topics.get(topic) ?? []), partition]);
      const named = [...topics].map(([topic, numbers]) => ({ topic, partitions: numbers }));
      // Kafka is still writing the end of the transaction before, or it is done within a moment.
      await whileBusy(start, undefined, () => coordinator.broker.addPartitionsToTxn({ transactionalId, producerId, producerEpoch, topics: named }));
      const offsets = partitions.map((): number[] => []);
      await Promise.all(
        [...new Set(leaders)].map(async (node) => {
          const link = await linkTo(layout.brokers.get(node)!);
          const mine = partitions.flatMap((one, slot) => (leaders[slot] === node ? [{ ...one, slot }] : []));
          await send(link, mine, start, offsets);
        }),
      );
      if (performance.now() - start > TRANSACTION_TIMEOUT) throw new RetriableError('Kafka terlalu lambat: transaksi melewati batas waktunya.');
      await coordinator.broker.endTxn({ transactionalId, producerId, producerEpoch, transactionResult: true });
      return offsets;
    };

    /** All records of the partitions that one broker leads, in as few requests as the limits allow. */
    const send = async (link: Link, partitions: readonly (PartitionRecords & { slot: number })[], start: number, offsets: number[][]): Promise<void> => {
      const now = Date.now();
      const sent = partitions.map(() => 0);
      for (;;) {
        const batches: { slot: number; topic: string; partition: number; data: Buffer; count: number }[] = [];
        let bytes = 0;
        partitions.forEach(({ topic, partition, records, slot }, n) => {
          const from = sent[n]!;
          if (from >= records.length || bytes >= REQUEST_BYTES) return;
          const to = batchEnd(records, from);
          const place = `${topic}/${partition}`;
          const sequence = sequences.get(place) ?? 0;
          const by: Sequenced = { producerId: BigInt(producerId), producerEpoch, sequence };
          const data = encodeBatch(from === 0 && to === records.length ? records : records.slice(from, to), now, by);
          // Wraps round after 2^31 as in Kafka's own client.
          sequences.set(place, (sequence + to - from) % 2_147_483_648);
          sent[n] = to;
          bytes += data.length;
          batches.push({ slot, topic, partition, data, count: to - from });
        });
        if (batches.length === 0) return;
        if (performance.now() - start > TRANSACTION_TIMEOUT) throw new RetriableError('Kafka terlalu lambat: transaksi melewati batas waktunya.');
        const { topics } = await link.send(produceRequest(transactionalId, batches), produceResponse);
        const bases = new Map(topics.flatMap(({ topicName, partitions: done }) => done.map(({ partition, baseOffset }) => [`${topicName}/${partition}`, Number(baseOffset)])));
        for (const { slot, topic, partition, count } of batches) {
          const base = bases.get(`${topic}/${partition}`)!;
          for (let n = 0; n < count; n++) offsets[slot]!.push(base + n);
        }
      }
    };

    return {
      close,
      commit: async (partitions) => {
        try {
          return await commit(partitions);
        } catch (error) {
          throw isFencing(error) ? new FencedError(`Penulis "${transactionalId}" sudah diambil alih proses lain; commit ini tidak ditulis.`, { cause: error }) : outageOf(error);
        }
      },
    };
  } catch (error) {
    close();
    throw outageOf(error);
  }
}

/** Writes outside transactions, in one batch, and answers its first offset. It may be written twice when the answer is lost and the caller tries again. */
export async function produceOnce(client: Client, topic: string, partition: number, data: Buffer): Promise<number> {
  const node = (await client.layout()).topics.get(topic)?.[partition];
  if (node === undefined) throw new RetriableError(`Topik ${topic} partisi ${partition} sedang tanpa broker.`);
  const { topics } = await client.ask(node, (link) => link.send(produceRequest(null, [{ topic, partition, data }]), produceResponse));
  return Number(topics[0]!.partitions[0]!.baseOffset);
}

/** Repeats while Kafka is busy with the transaction before this one. */
async function whileBusy<T>(begin: number, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  for (let wait = 1; ; wait = Math.min(wait * 1.5, 20)) {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (kafkaType(error) !== 'CONCURRENT_TRANSACTIONS' || performance.now() - begin > TRANSACTION_TIMEOUT) throw error;
    }
    await pause(wait, signal);
  }
}

function isFencing(error: unknown): boolean {
  return ['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED'].includes(kafkaType(error) ?? '');
}

/** Index behind the last record that goes into a batch which begins at `from`. */
export function batchEnd(records: readonly NewRecord[], from: number): number {
  let bytes = 0;
  let at = from;
  for (; at < records.length; at++) {
    const { key, value, id } = records[at]!;
    bytes += 100 + key.length * 2 + id.length + (value?.length ?? 0);
    if (bytes > BATCH_BYTES && at > from) break;
  }
  return at;
}

/** Version 7. */
function produceRequest(transactionalId: string | null, batches: readonly { topic: string; partition: number; data: Buffer }[]): Parameters<Link['send']>[0] {
  const byTopic = new Map<string, { partition: number; data: Buffer }[]>();
  for (const { topic, partition, data } of batches) {
    const list = byTopic.get(topic);
    if (list) list.push({ partition, data });
    else byTopic.set(topic, [{ partition, data }]);
  }
  return {
    apiKey: 0,
    apiVersion: 7,
    apiName: 'Produce',
    encode: async () => {
      const encoder = new Encoder(batches.reduce((sum, { data }) => sum + data.length + 100, 500));
      encoder.writeString(transactionalId).writeInt16(-1).writeInt32(8_000).writeInt32(byTopic.size);
      for (const [topic, list] of byTopic) {
        encoder.writeString(topic).writeInt32(list.length);
        for (const { partition, data } of list) encoder.writeInt32(partition).writeBytes(data);
      }
      return encoder;
    },
  };
}
