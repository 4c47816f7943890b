/**
 * The position of each writer: the last record of a compacted topic of its own, with one partition. Opening commits a barrier there and reads up to it: what the former holder
 * had under way is then decided, whereas the end that Kafka tells a reader may lie behind it.
 */
import { createHash } from 'node:crypto';
import { RetriableError } from '../../errors.js';
import type { NewRecord } from '../../record.js';
import { type Client, kafkaType } from './client.js';
import { lastBefore, listOffsets, type Place } from './fetch.js';
import { createTopic, POSITION_PREFIX } from './topics.js';

/** Key of the records that hold a position; the value is JSON, `{ name, position }`. */
const KEY = 'posisi';
const BARRIER_KEY = 'batas';

/** The topic's name tells people the writer; the hash keeps names apart whose letters Kafka does not allow. */
export function positionTopic(prefix: string, writer: string): string {
  const readable = writer.replace(/[^A-Za-z0-9-]+/g, '-').slice(0, 80);
  return `${prefix}${POSITION_PREFIX}${readable}-${createHash('sha256').update(writer).digest('hex').slice(0, 12)}`;
}

export async function ensurePositionTopic(client: Client, topic: string): Promise<void> {
  if ((await client.layout()).topics.get(topic)?.[0] !== undefined) return;
  await createTopic(client, topic, 1, [
    { name: 'cleanup.policy', value: 'compact' },
    // Small, so that opening has little to read.
    { name: 'segment.bytes', value: '1048576' },
    { name: 'min.cleanable.dirty.ratio', value: '0.1' },
    { name: 'max.compaction.lag.ms', value: String(24 * 60 * 60 * 1000) },
    { name: 'max.message.bytes', value: '10485760' },
  ]);
  for (let tries = 0; ((await client.layout(0)).topics.get(topic)?.[0] ?? -1) < 0; tries++) {
    if (tries > 100) throw new RetriableError(`Topik ${topic} belum siap di Kafka.`);
    await new Promise((next) => setTimeout(next, 20));
  }
}

/** `position` is JSON text. */
export function positionRecord(topic: string, writer: string, position: string): NewRecord {
  return { topic, key: KEY, value: Buffer.from(`{"name":${JSON.stringify(writer)},"position":${position}}`), id: '' };
}

export function barrierRecord(topic: string): NewRecord {
  return { topic, key: BARRIER_KEY, value: null, id: '' };
}

/** JSON text of the position that was committed last below offset `until`. */
export async function positionBefore(client: Client, topic: string, until: number): Promise<string | undefined> {
  const found = await lastBefore(client, placeOf(topic), until, ({ key }) => key === KEY);
  return found?.value ? JSON.stringify((JSON.parse(found.value.toString('utf8')) as { position: unknown }).position) : undefined;
}

/** Of every writer that ever committed one. Nobody may be writing. */
export async function allPositions(client: Client, prefix: string): Promise<{ name: string; position: string }[]> {
  const positions: { name: string; position: string }[] = [];
  for (const topic of (await client.layout(0)).topics.keys()) {
    if (!topic.startsWith(prefix + POSITION_PREFIX)) continue;
    try {
      const [end] = await listOffsets(client, topic, topic, '-1', 1);
      const found = await lastBefore(client, placeOf(topic), end!, ({ key }) => key === KEY);
      if (!found?.value) continue;
      const { name, position } = JSON.parse(found.value.toString('utf8')) as { name: string; position: unknown };
      positions.push({ name, position: JSON.stringify(position) });
    } catch (error) {
      if (kafkaType(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
    }
  }
  return positions;
}

function placeOf(topic: string): Place {
  return { topic, inKafka: topic, partition: 0 };
}
