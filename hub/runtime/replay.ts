/** A case goes through the same door again, mended or as it is: the current mapping, the current contract. In the same commit it moves from cases to accepted. */
import { type Case, closingRecord } from '../cases/cases.js';
import { ContractError, RetriableError } from '../errors.js';
import type { Fault, JsonObject, NewRecord, Rejection, SourceRecord } from '../record.js';
import { ours } from './committer.js';
import type { Plan, SinkPlan } from './plan.js';
import { addCounts, type Counts } from './position.js';
import { LIMITS, prepared, type Session, settleContext } from './session.js';
import { push, REPLY_STREAM, replyRejection, writeOnce } from './sink.js';
import { prepareAll, streamOf, supersededBy } from './settle.js';
import type { Stream } from './stream.js';

export interface ReplayAnswer {
  /** `rejected`: nothing changed, the case stays open. `gone`: it was not open any more. */
  readonly outcome: 'accepted' | 'filtered' | 'rejected' | 'gone';
  readonly faults?: readonly Fault[];
}

export interface ReplayOptions {
  /** The whole record, mended, under the names that it came with. */
  readonly payload?: JsonObject;
  readonly by: string;
  readonly note?: string;
}

/** Partition that a connector is told for replays, so that its own offsets of the topic's partitions are untouched. */
const REPLAY_LANE = -1;

export async function replayCase(session: Session, id: string, options: ReplayOptions): Promise<ReplayAnswer> {
  let answer: ReplayAnswer = { outcome: 'gone' };
  await session.committer.commit(async (position) => {
    const one = (await ours(() => session.cases.find([id]))).get(id);
    if (!one || one.state !== 'open') return undefined;
    const through = isPushed(session.plan, one) ? await pushed(session as Session<SinkPlan>, one, options, position.replays ?? 0) : await admitted(session, one, options);
    answer = { outcome: through.outcome, ...(through.faults && { faults: through.faults }) };
    if (through.outcome === 'rejected') return undefined;
    const time = session.clock.now().getTime();
    const records = [...through.records, closingRecord(one, { state: 'replayed', because: 'person', by: options.by, ...(options.note !== undefined && { note: options.note }), time })];
    const rejections = through.rejections ?? [];
    const counts: Partial<Counts> = { cases: -1 + rejections.length, read: rejections.length, [through.outcome]: 1, written: through.records.length };
    const others = through.outcome === 'accepted' && one.key !== undefined ? (await ours(() => supersededBy(settleContext(session), [{ topic: one.topic, key: one.key! }], position))).filter((other) => other.id !== id) : [];
    for (const other of others) records.push(closingRecord(other, { state: 'closed', because: 'accepted', time }));
    const sum = addCounts(addCounts(position.counts, counts), { cases: -others.length, filtered: others.length });
    return { batch: { records, rejections }, position: { ...position, ...(through.replays !== undefined && { replays: through.replays }), counts: sum } };
  });
  return answer;
}

/** Ends a case without its record: it was no fault, or it was settled elsewhere. */
export async function closeCase(session: Session, id: string, options: { by: string; note: string }): Promise<boolean> {
  let closed = false;
  await session.committer.commit(async (position) => {
    const one = (await ours(() => session.cases.find([id]))).get(id);
    if (!one || one.state !== 'open') return undefined;
    closed = true;
    const closing = closingRecord(one, { state: 'closed', because: 'person', ...options, time: session.clock.now().getTime() });
    return { batch: { records: [closing] }, position: { ...position, counts: addCounts(position.counts, { cases: -1, filtered: 1 }) } };
  });
  return closed;
}

interface Through {
  readonly outcome: 'accepted' | 'filtered' | 'rejected';
  readonly faults?: readonly Fault[];
  readonly records: readonly NewRecord[];
  /** Replies that did not fit their contract. */
  readonly rejections?: readonly Rejection[];
  readonly replays?: number;
}

function isPushed(plan: Plan, one: Case): boolean {
  return plan.kind === 'sink' && one.stream !== REPLY_STREAM && plan.topics.includes(one.topic);
}

/** Into the topic, as the instance's own records go. */
async function admitted(session: Session, one: Case, options: ReplayOptions): Promise<Through> {
  const broken = one.faults.filter((fault) => fault.rule === 'syntax');
  // What could not be taken apart has no fields to be mapped.
  if (broken.length > 0 && !options.payload) return { outcome: 'rejected', faults: broken, records: [] };
  const stream = streamFor(session.plan, one);
  const { arrivals, waiting, waitingFor } = await ours(() => prepareAll([stream], [{ value: options.payload ?? one.payload, ...(stream.name !== '' && { stream: stream.name }), ...(one.deleted && { deleted: true }) }]));
  if (waiting > 0) throw new RetriableError(`Data yang dirujuk kasus ini belum ada pada topik ${waitingFor}; ulangi setelah data itu masuk.`);
  const outcome = arrivals[0]!.prepared;
  if (outcome.kind === 'rejected') return { outcome: 'rejected', faults: outcome.faults, records: [] };
  if (outcome.kind !== 'record') return { outcome: 'filtered', records: [] };
  return { outcome: 'accepted', records: [{ topic: stream.topic, key: outcome.key, value: outcome.value, id: `kasus:${one.id}:${one.seen}` }] };
}

function streamFor(plan: Plan, one: Case): Stream {
  if (plan.kind === 'sink') {
    if (one.stream === REPLY_STREAM && plan.reply?.topic === one.topic) return plan.reply;
    throw new ContractError(`Instans ${plan.instance.name} tidak lagi memakai topik ${one.topic}; kasus ini hanya dapat ditutup.`);
  }
  return plan.streams.find((stream) => stream.topic === one.topic && stream.name === (one.stream ?? '')) ?? streamOf(plan.streams, one.stream);
}

/** To the agency, in one attempt: a person waits for the answer. */
async function pushed(session: Session<SinkPlan>, one: Case, options: ReplayOptions, replays: number): Promise<Through> {
  const { plan } = session;
  const signal = AbortSignal.any([session.signal, AbortSignal.timeout(LIMITS.receive)]);
  const input: SourceRecord = { value: options.payload ?? one.payload, ...(one.deleted && { deleted: true }) };
  const record = { topic: one.topic, partition: REPLAY_LANE, offset: replays, key: one.key ?? '', id: `kasus:${one.id}:${one.seen}`, time: one.time };
  const batch = { topic: one.topic, partition: REPLAY_LANE, nextOffset: replays + 1, records: [record], inputs: [input] };
  const { results, replies } = await push(session, batch, (sent) => writeOnce(session, sent, signal), signal);
  const result = results[0]!;
  if (result.kind === 'rejected') return { outcome: 'rejected', faults: result.faults, records: [] };
  const records: NewRecord[] = [];
  const rejections: Rejection[] = [];
  for (const { record: reply, stream, prepared: outcome } of plan.reply ? await prepared(session, [plan.reply], replies, signal) : []) {
    if (outcome.kind === 'record') records.push({ topic: stream.topic, key: outcome.key, value: outcome.value, id: reply.id! });
    else if (outcome.kind === 'rejected') rejections.push(replyRejection(session, reply, stream, outcome));
  }
  return { outcome: result.kind === 'delivered' ? 'accepted' : 'filtered', records, rejections, replays: replays + 1 };
}
