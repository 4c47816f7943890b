/** Writers of the Kafka engine: a lease, a transactional producer and a position topic each. Commits that arrive while another is under way travel together. */
import type { Database } from '../../database/database.js';
import { FencedError, messageOf, RecordTooLargeError, RetriableError } from '../../errors.js';
import type { Json, NewRecord } from '../../record.js';
import { isHeld, type Lease, takeLease } from '../lease.js';
import { type CommitBatch, type CommitReceipt, MAX_RECORD_BYTES, type Writer } from '../log.js';
import { pause, through } from '../outage.js';
import { partitionOf } from '../partitioner.js';
import { rejectionRecord } from '../rejection.js';
import { type Client, kafkaType } from './client.js';
import { barrierRecord, ensurePositionTopic, positionBefore, positionRecord, positionTopic } from './position.js';
import type { Topics } from './topics.js';
import { openProducer, type PartitionRecords, type Producer } from './transaction.js';

/** Where a transaction is full; a single commit may be larger. */
const FULL_RECORDS = 4_000;
const FULL_BYTES = 8_000_000;

export interface KafkaWriter extends Writer {
  commit(batch: CommitBatch): Promise<CommitReceipt>;
  /** Resolves when everything handed over before has an outcome. */
  settled(): Promise<void>;
}

export interface Writing {
  readonly client: Client;
  readonly database: Database;
  readonly topics: Topics;
  readonly prefix: string;
}

/** Waits for the lease and through outages, until `signal`. */
export async function openWriter(writing: Writing, name: string, options: { signal: AbortSignal; takeOver: boolean; held?: () => void }): Promise<KafkaWriter> {
  const { client, database, prefix } = writing;
  const { signal } = options;
  const topic = positionTopic(prefix, name);
  let lease = await takeLease(database, name, options);
  try {
    for (let wait = 20; ; wait = Math.min(wait * 2, 1_000)) {
      if (lease.lost.aborted) {
        await lease.release();
        lease = await takeLease(database, name, { signal, ...(options.held && { held: options.held }) });
      }
      let producer: Producer | undefined;
      try {
        await ensurePositionTopic(client, topic);
        producer = await openProducer(client, prefix + name, signal);
        const [[barrier] = []] = await producer.commit([{ topic, partition: 0, records: [barrierRecord(topic)] }]);
        // Whoever takes the lease after this moment takes the transactional id after us, and fences us. One who took it before may have been fenced by us: then it is theirs again.
        const held = lease;
        if (await through(signal, () => isHeld(database, held))) {
          const position = await positionBefore(client, topic, barrier!);
          signal.throwIfAborted();
          return writerOf(writing, held, producer, topic, position);
        }
        producer.close();
      } catch (error) {
        producer?.close();
        signal.throwIfAborted();
        if (!mayPass(error)) throw error;
      }
      await pause(wait, signal);
      signal.throwIfAborted();
    }
  } catch (error) {
    await lease.release();
    throw error;
  }
}

interface Pending {
  readonly records: readonly NewRecord[];
  /** How many of the records the receipt speaks of; the others are rejections. */
  readonly answered: number;
  readonly position: string | undefined;
  readonly bytes: number;
  readonly done: (receipt: CommitReceipt) => void;
  readonly failed: (error: unknown) => void;
}

function writerOf({ topics }: Writing, lease: Lease, producer: Producer, topic: string, opened: string | undefined): KafkaWriter {
  const { name } = lease;
  let position = opened;
  let ended: Error | undefined;
  let queue: Pending[] = [];
  let running: Promise<void> | undefined;

  const run = async (): Promise<void> => {
    while (queue.length > 0) {
      if (ended) {
        const reason = ended;
        queue.splice(0).forEach(({ failed }) => failed(reason));
        return;
      }
      const chosen: Pending[] = [];
      let records = 0;
      let bytes = 0;
      for (const pending of queue) {
        if (chosen.length > 0 && (records + pending.records.length > FULL_RECORDS || bytes + pending.bytes > FULL_BYTES)) break;
        chosen.push(pending);
        records += pending.records.length;
        bytes += pending.bytes;
      }
      queue = queue.slice(chosen.length);
      await send(chosen);
    }
  };
  const send = async (commits: readonly Pending[]): Promise<void> => {
    const sorted = sorterOf();
    const placed: { pending: Pending; places: [number, number][] }[] = [];
    for (const pending of commits) {
      try {
        // All before any, so that a commit that is refused leaves nothing behind.
        const found = new Map<string, { inKafka: string; partitions: number }>();
        for (const record of pending.records) if (!found.has(record.topic)) found.set(record.topic, await topics.find(record.topic));
        placed.push({
          pending,
          places: pending.records.map((record) => {
            const { inKafka, partitions } = found.get(record.topic)!;
            return sorted.put(inKafka, partitionOf(record.key, partitions), record);
          }),
        });
      } catch (error) {
        if (error instanceof RetriableError) ended ??= error;
        pending.failed(error);
        if (ended) break;
      }
    }
    if (ended) {
      const reason = ended;
      commits.forEach(({ failed }) => failed(reason));
      return;
    }
    const next = placed.findLast(({ pending }) => pending.position !== undefined)?.pending.position;
    if (next !== undefined) sorted.put(topic, 0, positionRecord(topic, name, next));
    try {
      const offsets = sorted.partitions.length > 0 ? await producer.commit(sorted.partitions) : [];
      if (next !== undefined) position = next;
      for (const { pending, places } of placed) pending.done({ offsets: places.slice(0, pending.answered).map(([slot, rank]) => offsets[slot]![rank]!) });
    } catch (error) {
      const reason = error instanceof FencedError || !mayPass(error) ? (error as Error) : new RetriableError(`Hasil commit "${name}" tidak diketahui: ${messageOf(error)}`, { cause: error });
      ended ??= reason;
      producer.close();
      placed.forEach(({ pending }) => pending.failed(reason));
    }
  };
  lease.lost.addEventListener('abort', () => (ended ??= lease.lost.reason as Error));

  const flush = (): void => {
    running ??= run().finally(() => {
      running = undefined;
      if (queue.length > 0) flush();
    });
  };
  const settled = async (): Promise<void> => {
    while (running) await running;
  };
  return {
    name,
    settled,
    position: () => (position === undefined ? undefined : (JSON.parse(position) as Json)),
    commit: async (batch) => {
      if (ended) throw ended;
      const records = batch.rejections?.length ? [...batch.records, ...batch.rejections.map(rejectionRecord)] : batch.records;
      let bytes = 0;
      for (const { topic: to, value } of records) {
        if (value === null) continue;
        if (value.length > MAX_RECORD_BYTES) throw new RecordTooLargeError(to, value.length, MAX_RECORD_BYTES);
        bytes += value.length;
      }
      const text = batch.position === undefined ? undefined : JSON.stringify(batch.position);
      return new Promise((done, failed) => {
        queue.push({ records, answered: batch.records.length, position: text, bytes, done, failed });
        flush();
      });
    },
    close: async () => {
      ended ??= new Error(`Penulis "${name}" sudah ditutup.`);
      await settled();
      producer.close();
      await lease.release();
    },
  };
}

/** Sorts records into partitions; `put` answers the partition's slot and the record's place in it. */
function sorterOf(): { partitions: PartitionRecords[]; put: (topic: string, partition: number, record: NewRecord) => [number, number] } {
  const partitions: (PartitionRecords & { records: NewRecord[] })[] = [];
  const slots = new Map<string, number[]>();
  return {
    partitions,
    put: (topic, partition, record) => {
      let ofTopic = slots.get(topic);
      if (!ofTopic) slots.set(topic, (ofTopic = []));
      const slot = (ofTopic[partition] ??= partitions.push({ topic, partition, records: [] }) - 1);
      return [slot, partitions[slot]!.records.push(record) - 1];
    },
  };
}

/** Whether the same may succeed with a new producer; what Kafka will always refuse is somebody's fault and must be seen. */
function mayPass(error: unknown): boolean {
  if (error instanceof RetriableError || error instanceof FencedError) return true;
  const type = kafkaType(error);
  return type !== undefined && !/AUTHORIZATION|AUTHENTICATION|TOO_LARGE|INVALID_RECORD|INVALID_TIMESTAMP|UNSUPPORTED|INVALID_TRANSACTION_TIMEOUT/.test(type);
}
