/** What the parts of the log's contract suite share. */
import { randomUUID } from 'node:crypto';
import type { Log, TopicSpec } from '../../hub/log/log.js';
import type { NewRecord, StoredRecord } from '../../hub/record.js';

export interface LogUnderTest {
  readonly log: Log;
  /** A second log on the same storage with connections of its own, as another hub would open it. The suite closes it. */
  another(): Promise<Log>;
  /** `clean()` and `erase()` have done their work when they resolve. Otherwise only what must stay is checked. */
  readonly cleansAtOnce: boolean;
  close(): Promise<void>;
}

export const HOUR = 3_600_000;

/** A new topic, and names of a writer and a group that nobody used. */
export async function fresh(log: Log, spec: Partial<TopicSpec> = {}): Promise<{ topic: string; writer: string; group: string }> {
  const id = randomUUID().slice(0, 8);
  const topic = `uji.topik_${id}`;
  await log.ensureTopic({ name: topic, partitions: 3, cleanup: 'compact', ...spec });
  return { topic, writer: `penulis-${id}`, group: `kelompok-${id}` };
}

/** Commits and closes. */
export async function write(log: Log, writer: string, records: NewRecord[]): Promise<void> {
  const opened = await log.writer(writer);
  await log.commit(opened, { records });
  await opened.close();
}

export function record(topic: string, key: string, text: string, more: Partial<NewRecord> = {}): NewRecord {
  return { topic, key, value: Buffer.from(text), id: randomUUID(), ...more };
}

export function textOf({ value }: StoredRecord): string {
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
export async function consumeSome(log: Log, group: string, topic: string, count: number, start?: (topic: string, partition: number) => Promise<number | undefined>): Promise<StoredRecord[]> {
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
