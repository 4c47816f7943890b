/** Decides, on the position of the moment, what a batch of prepared records adds to the log: records, cases, cases that end, and the counts. */
import { createHash } from 'node:crypto';
import { type Case, type Cases, closingRecord } from '../cases/cases.js';
import { ContractError } from '../errors.js';
import type { Fault, Json, NewRecord, Rejection, SourceRecord } from '../record.js';
import type { Counts, InstancePosition } from './position.js';
import type { Shelf } from './shelf.js';
import { payloadOf, type Prepared, type Stream } from './stream.js';

/** A record of a source with what its stream made of it. */
export interface Arrival {
  readonly record: SourceRecord;
  readonly stream: Stream;
  readonly prepared: Prepared;
}

export interface SettleContext {
  readonly instance: string;
  readonly owner: string;
  readonly cases: Cases;
  /** Where the overlap finds what is already there. */
  readonly shelf?: Pick<Shelf, 'values'>;
  readonly now: number;
}

export interface Settled {
  readonly records: readonly NewRecord[];
  readonly rejections: readonly Rejection[];
  readonly counts: Partial<Counts>;
  /** By index into the arrivals: the case of each rejected record. */
  readonly rejected: ReadonlyMap<number, { readonly caseId: string; readonly faults: readonly Fault[] }>;
}

/** Runs every record through its stream. `waiting`: how many refer to a record that is not there yet; nothing may be committed then. */
export async function prepareAll(streams: readonly Stream[], records: readonly SourceRecord[], waited = 0): Promise<{ arrivals: Arrival[]; waiting: number; waitingFor?: string }> {
  const arrivals: Arrival[] = new Array(records.length) as Arrival[];
  const groups = new Map<Stream, number[]>();
  records.forEach((record, index) => {
    const stream = streamOf(streams, record.stream);
    const group = groups.get(stream);
    if (group) group.push(index);
    else groups.set(stream, [index]);
  });
  let waiting = 0;
  let waitingFor: string | undefined;
  for (const [stream, indexes] of groups) {
    const prepared = await stream.prepare(indexes.length === records.length ? records : indexes.map((index) => records[index]!), waited);
    indexes.forEach((index, n) => {
      const one = prepared[n]!;
      if (one.kind === 'wait') {
        waiting++;
        waitingFor ??= one.for.topic;
      }
      arrivals[index] = { record: records[index]!, stream, prepared: one };
    });
  }
  return { arrivals, waiting, ...(waitingFor !== undefined && { waitingFor }) };
}

export function streamOf(streams: readonly Stream[], name: string | undefined): Stream {
  const found = streams.find((stream) => stream.name === (name ?? '')) ?? (streams.length === 1 && (streams[0]!.name === '' || name === undefined) ? streams[0] : undefined);
  if (!found) throw new ContractError(`Konektor membaca aliran "${name ?? ''}" yang tidak ada pada streams: di berkasnya; tambahkan aliran itu beserta topiknya.`);
  return found;
}

/** @param from position that the connector handed over with these records, for their cases. */
export async function settle(context: SettleContext, arrivals: readonly Arrival[], position: InstancePosition, from?: Json): Promise<Settled> {
  const { instance, cases, now } = context;
  const records: NewRecord[] = [];
  const rejections: Rejection[] = [];
  const rejected = new Map<number, { caseId: string; faults: readonly Fault[] }>();
  const counts = { read: arrivals.length, accepted: 0, filtered: 0, cases: 0, written: 0, warned: 0 };

  const ids = arrivals.map(({ record, prepared }) => (prepared.kind === 'rejected' ? caseId(instance, record) : undefined));
  const asked = [...ids.filter((id) => id !== undefined), ...arrivals.flatMap(({ record }) => (record.mends ? [record.mends] : []))];
  const known = asked.length > 0 ? await cases.find(asked) : new Map<string, Case>();
  const unchanged = await overlapOf(context, arrivals);
  const opened = new Set<string>();
  const ending = new Map<string, { one: Case; because: 'accepted' | 'mended' }>();

  arrivals.forEach(({ record, stream, prepared }, index) => {
    const mended = record.mends === undefined ? undefined : known.get(record.mends);
    if (mended?.state === 'open' && mended.instance === instance) ending.set(mended.id, { one: mended, because: 'mended' });
    if (prepared.kind === 'filtered') counts.filtered++;
    else if (prepared.kind === 'rejected') {
      const id = ids[index]!;
      rejected.set(index, { caseId: id, faults: prepared.faults });
      if (opened.has(id) || isDealtWith(known.get(id))) {
        counts.filtered++;
        return;
      }
      opened.add(id);
      counts.cases++;
      rejections.push({ ...rejectionOf(context, id, record, stream, prepared), ...(from !== undefined && { position: from }) });
    } else if (prepared.kind === 'record') {
      if (unchanged(stream, prepared)) {
        counts.filtered++;
        return;
      }
      counts.accepted++;
      counts.written++;
      if (prepared.warned) counts.warned++;
      const id = record.id ?? `${instance}:${position.counts.read + index}`;
      records.push({ topic: stream.topic, key: prepared.key, value: prepared.value, id, ...(record.time !== undefined && { time: record.time }) });
    }
  });

  for (const one of await supersededBy(context, records, position)) if (!ending.has(one.id)) ending.set(one.id, { one, because: 'accepted' });
  for (const { one, because } of ending.values()) {
    // A case that this very batch opens again stays open.
    if (opened.has(one.id)) continue;
    records.push(closingRecord(one, { state: 'closed', because, time: now }));
    counts.cases--;
    counts.filtered++;
  }
  return { records, rejections, counts, rejected };
}

/** A record that its stream rejected, as a case of the instance's owner. */
export function rejectionOf({ instance, owner, now }: Pick<SettleContext, 'instance' | 'owner' | 'now'>, id: string, record: SourceRecord, stream: Stream, { key, faults }: { readonly key?: string; readonly faults: readonly Fault[] }): Rejection {
  return {
    id,
    instance,
    owner,
    topic: stream.topic,
    ...(key !== undefined && { key }),
    payload: payloadOf(record.value),
    ...(stream.name !== '' && { stream: stream.name }),
    ...(record.deleted && { deleted: true }),
    faults,
    ...(record.origin !== undefined && { origin: record.origin }),
    time: now,
  };
}

/** Open cases of the instance whose key now has passed. */
export async function supersededBy(context: SettleContext, records: readonly { readonly topic: string; readonly key: string }[], position: InstancePosition): Promise<Case[]> {
  if (position.counts.cases === 0 || records.length === 0) return [];
  return context.cases.openFor(context.instance, records);
}

/** Same instance, place and content: the same case. Where the source names no place, its own id of the record does. */
export function caseId(instance: string, record: SourceRecord): string {
  const place = record.origin ?? record.id ?? '';
  return createHash('sha256').update(JSON.stringify([instance, record.stream ?? '', place, record.deleted ?? false, record.value])).digest('hex').slice(0, 24);
}

/** Open already, or ended by a person or a mended row: the same bad record again is nothing new. After a good one of the same key it is. */
export function isDealtWith(one: Case | undefined): boolean {
  return one !== undefined && (one.state === 'open' || one.closing?.because !== 'accepted');
}

/** Tells whether a record is already the latest of its key; records of the same batch count as they come. */
async function overlapOf(context: SettleContext, arrivals: readonly Arrival[]): Promise<(stream: Stream, prepared: { key: string; value: Buffer | null }) => boolean> {
  const wanted = new Map<string, string[]>();
  for (const { stream, prepared } of arrivals) {
    if (!stream.overlap || prepared.kind !== 'record') continue;
    const keys = wanted.get(stream.topic);
    if (keys) keys.push(prepared.key);
    else wanted.set(stream.topic, [prepared.key]);
  }
  const latest = new Map<string, Map<string, Buffer | null>>();
  for (const [topic, keys] of wanted) latest.set(topic, new Map<string, Buffer | null>(await context.shelf!.values(topic, [...new Set(keys)])));
  return (stream, { key, value }) => {
    if (!stream.overlap) return false;
    const there = latest.get(stream.topic)!;
    const before = there.get(key) ?? null;
    there.set(key, value);
    return value === null ? before === null : before !== null && before.equals(value);
  };
}
