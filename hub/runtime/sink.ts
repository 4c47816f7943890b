/** A sink: reads its topics from the offsets in its own position, hands batches to the connector and commits replies, cases and the new offsets together. */
import type { Receipt, SinkBatch } from '../connector.js';
import { RejectedRecord, messageOf } from '../errors.js';
import type { RecordBatch } from '../log/log.js';
import type { Fault, NewRecord, Rejection, SinkRecord, SourceRecord } from '../record.js';
import { closingRecord } from '../cases/cases.js';
import type { Outcome } from '../pipeline/pipeline.js';
import { maskIdentities } from '../mask.js';
import { ours } from './committer.js';
import type { SinkPlan } from './plan.js';
import { addCounts, type InstancePosition } from './position.js';
import { classify } from './retry.js';
import { contextOf, LIMITS, LOOK_AGAIN, prepared, type Session, settleContext, within } from './session.js';
import { type Arrival, caseId, isDealtWith, rejectionOf, supersededBy } from './settle.js';
import { payloadOf, type Stream } from './stream.js';

/** Marks a case that is about a reply, not about a record of the topics read. */
export const REPLY_STREAM = 'reply';

/** Most records that the other side may see twice after a crash. */
const BATCH = { transaction: 4_000, key: 500, none: 1 } as const;

/** Ends when the session is aborted. */
export async function runSink(session: Session<SinkPlan>): Promise<void> {
  const { plan, log, signal } = session;
  let failure: Error | undefined;
  try {
    session.progress(0);
    await log.consume(plan.instance.name, plan.topics, {
      signal,
      limit: BATCH[plan.connector.idempotent ?? 'none'],
      start: (topic, partition) => startOf(session, topic, partition),
      async handle(batch, taken) {
        const either = new AbortController();
        const stop = () => either.abort(signal.reason ?? taken.reason);
        for (const one of [signal, taken]) one.addEventListener('abort', stop, { once: true });
        if (signal.aborted || taken.aborted) stop();
        try {
          await deliver(session, batch, either.signal);
        } catch (error) {
          // Taken away: whoever has the partition now goes on from the committed offsets.
          if (taken.aborted && !signal.aborted) return;
          failure ??= error instanceof Error ? error : new Error(messageOf(error));
          throw error;
        } finally {
          for (const one of [signal, taken]) one.removeEventListener('abort', stop);
        }
      },
    });
  } catch (error) {
    if (signal.aborted) return;
    if (failure) throw failure;
    await ours(async () => {
      throw error;
    });
  }
}

/** Ours, or further back where the other side says that it knows less (restored from a backup). */
async function startOf(session: Session<SinkPlan>, topic: string, partition: number): Promise<number | undefined> {
  const { plan } = session;
  const mine = session.committer.position().offsets?.[topic]?.[partition];
  if (!plan.connector.start) return mine;
  const theirs = await within(LIMITS.check, session.signal, (signal) => plan.connector.start!(plan.settings, { topic, partition }, contextOf(session, signal)));
  return theirs === undefined || mine === undefined ? undefined : Math.min(mine, theirs);
}

/** What became of one record of a topic. */
type Result = { readonly kind: 'filtered' } | { readonly kind: 'delivered' } | { readonly kind: 'rejected'; readonly faults: readonly Fault[] };

async function deliver(session: Session<SinkPlan>, batch: RecordBatch, signal: AbortSignal): Promise<void> {
  const { plan } = session;
  const inputs = await decoded(session, batch);
  const { results, replies } = await push(session, { topic: batch.topic, partition: batch.partition, nextOffset: batch.nextOffset, records: batch.records, inputs }, (one) => write(session, one, signal), signal);
  const arrivals = plan.reply ? await prepared(session, [plan.reply], replies, signal) : [];
  signal.throwIfAborted();
  await session.committer.commit(async (position) => {
    const committed = await ours(() => account(session, batch, inputs, results, arrivals, position));
    const before = position.offsets?.[batch.topic];
    const offsets = { ...position.offsets, [batch.topic]: { ...before, [batch.partition]: Math.max(batch.nextOffset, before?.[batch.partition] ?? 0) } };
    return { batch: committed, position: { ...position, offsets, counts: addCounts(position.counts, committed.counts) } };
  });
  session.progress(batch.records.length);
}

async function decoded({ contracts }: Session, batch: RecordBatch): Promise<SourceRecord[]> {
  await ours(() => contracts.prepare(batch.records.map(({ value }) => value)));
  return batch.records.map((record): SourceRecord => {
    if (record.value === null) return { value: {}, deleted: true };
    try {
      return { value: contracts.decode(record.value) };
    } catch (error) {
      if (error instanceof RejectedRecord) return { value: {}, faults: error.faults };
      throw error;
    }
  });
}

export interface PushBatch {
  readonly topic: string;
  /** Partition and next offset as the connector is told. */
  readonly partition: number;
  readonly nextOffset: number;
  readonly records: readonly Omit<SinkRecord, 'value'>[];
  /** The records' values, decoded. */
  readonly inputs: readonly SourceRecord[];
}

/** Filters, maps and sends. */
export async function push(session: Session<SinkPlan>, batch: PushBatch, send: (batch: SinkBatch) => Promise<Receipt[]>, signal: AbortSignal): Promise<{ results: Result[]; replies: SourceRecord[] }> {
  const { plan } = session;
  const outcomes = await outcomesOf(session, batch.inputs, signal);
  const sent: { index: number; record: SinkRecord }[] = [];
  const results = outcomes.map((outcome, index): Result => {
    if (outcome.kind === 'rejected') return { kind: 'rejected', faults: outcome.faults };
    if (outcome.kind !== 'record') return { kind: 'filtered' };
    const { topic, partition, offset, key, id, time } = batch.records[index]!;
    sent.push({ index, record: { topic, partition, offset, key, value: outcome.value, id, time } });
    return { kind: 'delivered' };
  });
  const replies: SourceRecord[] = [];
  if (sent.length > 0) {
    const receipts = await send({ topic: batch.topic, partition: batch.partition, records: sent.map(({ record }) => record), nextOffset: batch.nextOffset });
    receipts.forEach((receipt, n) => {
      const { index, record } = sent[n]!;
      if (receipt.outcome === 'rejected') results[index] = { kind: 'rejected', faults: receipt.faults };
      // The same record delivered again gives the same reply.
      if (receipt.reply) replies.push({ ...receipt.reply, id: receipt.reply.id ?? `${plan.instance.name}:${record.id}` });
    });
  }
  return { results, replies };
}

async function outcomesOf(session: Session<SinkPlan>, inputs: readonly SourceRecord[], signal: AbortSignal): Promise<Outcome[]> {
  const since = session.clock.now().getTime();
  for (;;) {
    const outcomes = await ours(() => session.plan.pipeline.run(inputs, session.clock.now().getTime() - since));
    const waiting = outcomes.find((outcome) => outcome.kind === 'wait');
    if (!waiting) return outcomes;
    session.waiting(`Catatan menunggu ${maskIdentities(waiting.for.key)} pada topik ${waiting.for.topic}`);
    await session.clock.sleep(LOOK_AGAIN, signal);
    signal.throwIfAborted();
  }
}

/** One attempt. */
export async function writeOnce(session: Session<SinkPlan>, batch: SinkBatch, signal: AbortSignal): Promise<Receipt[]> {
  const { plan } = session;
  const receipts = await within(LIMITS.write, signal, (limited) => plan.connector.write!(plan.settings, batch, contextOf(session, limited)));
  if (receipts.length !== batch.records.length) throw new Error(`Konektor ${plan.connector.name} menjawab ${receipts.length} dari ${batch.records.length} catatan`);
  return receipts;
}

/** Attempts until the other side answers. */
async function write(session: Session<SinkPlan>, batch: SinkBatch, signal: AbortSignal): Promise<Receipt[]> {
  const { plan, retry } = session;
  for (;;) {
    try {
      if (retry.open) await within(LIMITS.check, signal, (limited) => plan.connector.check(plan.settings, contextOf(session, limited)));
      const receipts = await writeOnce(session, batch, signal);
      retry.succeeded();
      return receipts;
    } catch (error) {
      signal.throwIfAborted();
      if (classify(error) !== 'wait') throw error;
      session.waiting(messageOf(error));
      await session.clock.sleep(retry.failed(error), signal);
      signal.throwIfAborted();
    }
  }
}

/** What a delivered batch adds to the log. Records below the committed offset were counted before (the other side is being caught up). */
async function account(session: Session<SinkPlan>, batch: RecordBatch, inputs: readonly SourceRecord[], results: readonly Result[], replies: readonly Arrival[], position: InstancePosition) {
  const { plan, cases } = session;
  const { name } = plan.instance;
  const counted = position.offsets?.[batch.topic]?.[batch.partition] ?? 0;
  const owner = session.contracts.of(batch.topic).owner;
  const now = session.clock.now().getTime();
  const records: NewRecord[] = [];
  const rejections: Rejection[] = [];
  const counts = { read: 0, accepted: 0, filtered: 0, cases: 0, written: 0, warned: 0 };

  const origins = batch.records.map((record, index): SourceRecord => ({ value: inputs[index]!.value, origin: `topik ${record.topic}, partisi ${record.partition}, offset ${record.offset}` }));
  const ids = results.map((result, index) => (result.kind === 'rejected' ? caseId(name, origins[index]!) : undefined));
  const replyIds = replies.map(({ record, prepared: one }) => (one.kind === 'rejected' ? caseId(name, record) : undefined));
  const asked = [...ids, ...replyIds].filter((id) => id !== undefined);
  const known = asked.length > 0 ? await cases.find(asked) : new Map();
  const passed: { topic: string; key: string }[] = [];

  results.forEach((result, index) => {
    const record = batch.records[index]!;
    const again = record.offset < counted;
    if (!again) counts.read++;
    if (result.kind === 'delivered') passed.push(record);
    if (result.kind === 'delivered' && !again) counts.accepted++;
    if (result.kind === 'filtered' && !again) counts.filtered++;
    if (result.kind !== 'rejected') return;
    const id = ids[index]!;
    if (isDealtWith(known.get(id))) {
      if (!again) counts.filtered++;
      return;
    }
    counts.cases++;
    if (again) counts.accepted--;
    rejections.push({ id, instance: name, owner, topic: batch.topic, key: record.key, payload: payloadOf(inputs[index]!.value), ...(record.value === null && { deleted: true }), faults: result.faults, origin: origins[index]!.origin!, position: { partition: record.partition, offset: record.offset }, time: now });
  });

  replies.forEach(({ record, prepared: one, stream }, index) => {
    if (one.kind === 'record') {
      counts.written++;
      records.push({ topic: stream.topic, key: one.key, value: one.value, id: record.id!, time: record.time ?? now });
    } else if (one.kind === 'rejected' && !isDealtWith(known.get(replyIds[index]!))) {
      // A reply that cannot pass is one more record read from the other side.
      counts.read++;
      counts.cases++;
      rejections.push(replyRejection(session, record, stream, one));
    }
  });

  for (const one of await supersededBy(settleContext(session), passed, position)) {
    if (rejections.some(({ id }) => id === one.id)) continue;
    records.push(closingRecord(one, { state: 'closed', because: 'accepted', time: now }));
    counts.cases--;
    counts.filtered++;
  }
  return { records, rejections, counts };
}

/** A reply that does not fit its contract becomes a case of whoever answered it. */
export function replyRejection(session: Session<SinkPlan>, reply: SourceRecord, stream: Stream, rejected: { readonly key?: string; readonly faults: readonly Fault[] }): Rejection {
  return { ...rejectionOf(settleContext(session), caseId(session.plan.instance.name, reply), reply, stream, rejected), stream: REPLY_STREAM };
}
