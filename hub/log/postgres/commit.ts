/** Writing to the PostgreSQL engine: one statement a transaction, in which small commits of several writers travel together. */
import type { Database } from '../../database/database.js';
import { FencedError, RecordTooLargeError, RetriableError } from '../../errors.js';
import type { Json, NewRecord } from '../../record.js';
import type { Lease } from '../lease.js';
import { type CommitBatch, type CommitReceipt, MAX_RECORD_BYTES, type Writer } from '../log.js';
import { ask, isOutage } from '../outage.js';
import { partitionOf } from '../partitioner.js';
import { rejectionRecord } from '../rejection.js';
import { bigintArray, intArray, textArray } from './binary-array.js';
import type { Topic, Topics } from './topics.js';

/** Transactions at the same time. Two, so that small commits to other topics need not wait for a big one. */
const PARALLEL = 2;
/** Where a transaction is full; a single commit may be larger. */
const FULL_RECORDS = 4_000;
const FULL_BYTES = 8_000_000;
/** A commit without an answer is given up: its outcome is unknown. */
const TIME_LIMIT = 10_000;

export interface PostgresWriter extends Writer {
  readonly lease: Lease;
  /** JSON text of the last committed position. */
  positionText: string | undefined;
  /** Why it can commit no more. */
  ended: Error | undefined;
}

export interface Committer {
  commit(writer: PostgresWriter, batch: CommitBatch): Promise<CommitReceipt>;
  /** Resolves when everything handed over before has an outcome. */
  settled(): Promise<void>;
}

interface Pending {
  readonly writer: PostgresWriter;
  readonly records: readonly NewRecord[];
  /** How many of the records the receipt speaks of; the others are rejections. */
  readonly answered: number;
  readonly position: string | undefined;
  readonly bytes: number;
  readonly done: (receipt: CommitReceipt) => void;
  readonly failed: (error: unknown) => void;
}

export function committerOf(database: Database, topics: Topics): Committer {
  let queue: Pending[] = [];
  let busy = 0;
  const sending = new Set<PostgresWriter>();
  let idle: (() => void)[] = [];

  const flush = () => {
    while (busy < PARALLEL && queue.length > 0) {
      const chosen = choose();
      if (chosen.length === 0) break;
      busy++;
      const writers = new Set(chosen.map((pending) => pending.writer));
      writers.forEach((writer) => sending.add(writer));
      void send(chosen).finally(() => {
        busy--;
        writers.forEach((writer) => sending.delete(writer));
        flush();
      });
    }
    if (busy === 0 && queue.length === 0) {
      idle.forEach((done) => done());
      idle = [];
    }
  };

  /** From the front of the queue, never past an earlier commit of the same writer. */
  const choose = (): Pending[] => {
    const chosen: Pending[] = [];
    const rest: Pending[] = [];
    const waiting = new Set<PostgresWriter>();
    let records = 0;
    let bytes = 0;
    for (const pending of queue) {
      if (pending.writer.ended) {
        pending.failed(pending.writer.ended);
        continue;
      }
      const fits = chosen.length === 0 || (records + pending.records.length <= FULL_RECORDS && bytes + pending.bytes <= FULL_BYTES);
      if (!fits || sending.has(pending.writer) || waiting.has(pending.writer)) {
        waiting.add(pending.writer);
        rest.push(pending);
        continue;
      }
      chosen.push(pending);
      records += pending.records.length;
      bytes += pending.bytes;
    }
    queue = rest;
    return chosen;
  };

  const send = async (commits: Pending[]): Promise<void> => {
    const alive = commits.filter(({ writer, failed }) => !writer.ended || failed(writer.ended));
    if (alive.length === 0) return;
    let message: Message;
    try {
      message = await messageOf(alive, topics);
    } catch (error) {
      return separately(alive, error);
    }
    let answer: { fenced: string[] | null; stale: boolean | null; bases: string[] | null };
    try {
      answer = (await ask(database, { name: 'log_commit', text: COMMIT, values: message.values }, TIME_LIMIT)).rows[0] as typeof answer;
    } catch (error) {
      if (!isOutage(error)) return separately(alive, error);
      for (const { writer, failed } of alive) {
        writer.ended ??= new RetriableError(`Hasil commit "${writer.name}" tidak diketahui: ${(error as Error).message}`, { cause: error });
        failed(writer.ended);
      }
      return;
    }
    if (answer.fenced) {
      for (const { writer, failed } of alive) {
        if (!answer.fenced.includes(writer.name)) continue;
        writer.ended = new FencedError(`Penulis "${writer.name}" sudah diambil alih proses lain; commit ini tidak ditulis.`);
        failed(writer.ended);
      }
      return send(alive.filter(({ writer }) => !answer.fenced!.includes(writer.name)));
    }
    if (answer.stale) {
      return topics.refresh().then(
        () => send(alive),
        (error: unknown) => separately(alive, error),
      );
    }
    const bases = (answer.bases ?? []).map(Number);
    let at = 0;
    for (const { writer, records, answered, position, done } of alive) {
      const offsets: number[] = [];
      for (let i = 0; i < answered; i++) offsets.push(bases[message.slots[at + i]! - 1]! + message.ranks[at + i]!);
      at += records.length;
      if (position !== undefined) writer.positionText = position;
      done({ offsets });
    }
  };

  /** PostgreSQL refused the statement, so nothing was written: only the commit that is to blame may fail. */
  const separately = async (commits: Pending[], error: unknown): Promise<void> => {
    const passing = ['40001', '40P01'].includes((error as { code?: string }).code ?? '');
    if (commits.length === 1 && !passing) {
      const { writer, failed } = commits[0]!;
      if (isOutage(error)) writer.ended = error as Error;
      return failed(error);
    }
    for (const commit of commits) await send([commit]);
  };

  return {
    commit: async (writer, batch) => {
      if (writer.ended) throw writer.ended;
      const records = batch.rejections?.length ? [...batch.records, ...batch.rejections.map(rejectionRecord)] : batch.records;
      let bytes = 0;
      for (const { topic, value } of records) {
        if (value === null) continue;
        if (value.length > MAX_RECORD_BYTES) throw new RecordTooLargeError(topic, value.length, MAX_RECORD_BYTES);
        bytes += value.length;
      }
      const position = batch.position === undefined ? undefined : JSON.stringify(batch.position satisfies Json);
      return new Promise((done, failed) => {
        queue.push({ writer, records, answered: batch.records.length, position, bytes, done, failed });
        flush();
      });
    },
    settled: () => (busy === 0 && queue.length === 0 ? Promise.resolve() : new Promise((done) => idle.push(done))),
  };
}

const COMMIT = `SELECT * FROM log_commit($1::text[], $2::bigint[], $3::text[], $4::text[], $5::int[], $6::int[], $7::int[], $8::int[],
  $9::int[], $10::int[], $11::text[], $12::int[], $13::int[], $14::bytea, $15::text[], $16::bigint[], $17::text[])`;

interface Message {
  readonly values: unknown[];
  /** Per record: which of the touched partitions, counted from 1, and how many records of this message lie before it there. */
  readonly slots: number[];
  readonly ranks: number[];
}

async function messageOf(commits: readonly Pending[], topics: Topics): Promise<Message> {
  const count = commits.reduce((sum, { records }) => sum + records.length, 0);
  const found = new Map<string, { topic: Topic; slots: number[] }>();
  const touched: { topic: Topic; partition: number; count: number }[] = [];
  const slots = new Array<number>(count);
  const ranks = new Array<number>(count);
  const starts = new Array<number>(count);
  const lengths = new Array<number>(count);
  const values: Buffer[] = [];
  const all: NewRecord[] = commits.length === 1 ? (commits[0]!.records as NewRecord[]) : commits.flatMap(({ records }) => records);
  let end = 0;
  for (let i = 0; i < count; i++) {
    const { topic, key, value } = all[i]!;
    let entry = found.get(topic);
    if (!entry) found.set(topic, (entry = { topic: await topics.find(topic), slots: [] }));
    const partition = partitionOf(key, entry.topic.partitions);
    const slot = (entry.slots[partition] ??= touched.push({ topic: entry.topic, partition, count: 0 }));
    slots[i] = slot;
    ranks[i] = touched[slot - 1]!.count++;
    starts[i] = end;
    lengths[i] = value === null ? -1 : value.length;
    if (value === null) continue;
    values.push(value);
    end += value.length;
  }
  const writers = new Map(commits.map(({ writer }) => [writer.name, writer.lease.epoch]));
  const positions = commits.filter(({ position }) => position !== undefined).map(({ writer, position }) => [writer.name, position!] as const);
  const latest = [...new Map(positions)];
  return {
    slots,
    ranks,
    values: [
      textArray([...writers.keys()]), bigintArray([...writers.values()].map(Number)), textArray(latest.map(([name]) => name)), textArray(latest.map(([, position]) => position)),
      intArray(touched.map(({ topic }) => topic.id)), intArray(touched.map(({ partition }) => partition)), intArray(touched.map(({ topic }) => topic.partitions)), intArray(touched.map(({ count: records }) => records)),
      intArray(slots), intArray(ranks), textArray(all.map(({ key }) => key)), intArray(starts), intArray(lengths), Buffer.concat(values, end), textArray(all.map(({ id }) => id)),
      bigintArray(all.map(({ time }) => time ?? null)), all.some(({ traceparent }) => traceparent !== undefined) ? textArray(all.map(({ traceparent }) => traceparent ?? null)) : null,
    ],
  };
}
