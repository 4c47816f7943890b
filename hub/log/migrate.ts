/**
 * Moves the log from one engine to the other, while no hub runs. Every record keeps its offset, so that whatever knows an offset (groups, sinks in their own databases) goes on
 * without being told. An interrupted move goes on where it stopped.
 */
import { createHash } from 'node:crypto';
import type { Json, StoredRecord } from '../record.js';
import type { Log } from './log.js';

/** What an engine can do besides, for this alone. */
export interface MovableLog extends Log {
  /** Of every writer that ever committed one. */
  positions(): Promise<{ name: string; position: Json }[]>;
  /** Puts records at the end of a partition under the offsets they have; afterwards its end is `piece.nextOffset`. Nobody else may write. */
  restore(topic: string, partition: number, piece: Piece): Promise<void>;
}

export interface Piece {
  /** Where the partition begins: an empty one begins there afterwards. */
  readonly start: number;
  readonly records: readonly StoredRecord[];
  readonly nextOffset: number;
}

export interface Progress {
  readonly step: 'copy' | 'compare';
  readonly topic: string;
  readonly partition: number;
  /** Records of this partition so far. */
  readonly records: number;
}

export interface Moved {
  readonly topics: number;
  readonly records: number;
  readonly positions: number;
}

const LIMIT = 4_000;

/** @throws Error when the target holds something else; nothing of it is then used. The engine is not recorded here: see engine.ts. */
export async function migrateLog(from: MovableLog, to: MovableLog, progress: (progress: Progress) => void = () => undefined): Promise<Moved> {
  const topics = await from.topics();
  for (const { name, partitions, cleanup, retention } of topics) {
    await to.ensureTopic({ name, partitions, cleanup, ...(retention === undefined ? {} : { retention }) });
    for (const { partition, start, end } of await from.offsets(name)) {
      const already = (await to.offsets(name))[partition]!.end;
      if (already > end) throw new Error(`Topik ${name} partisi ${partition} di tujuan sudah berisi sampai offset ${already}, padahal asalnya berakhir di ${end}. Kosongkan tujuan dahulu.`);
      let records = 0;
      for (let offset = Math.max(start, already), done = already >= end; !done; ) {
        const batch = await from.read(name, partition, offset, LIMIT);
        // What lies between the last record and the end is passed too.
        const nextOffset = batch.nextOffset > offset ? Math.min(batch.nextOffset, end) : end;
        await to.restore(name, partition, { start, records: batch.records, nextOffset });
        records += batch.records.length;
        progress({ step: 'copy', topic: name, partition, records });
        offset = nextOffset;
        done = offset >= end;
      }
    }
  }
  const positions = await from.positions();
  for (const { name, position } of positions) {
    const writer = await to.writer(name);
    await to.commit(writer, { records: [], position });
    await writer.close();
  }

  let records = 0;
  for (const { name } of topics) {
    const [there, here] = [await from.offsets(name), await to.offsets(name)];
    for (const { partition, end } of there) {
      const [wanted, found] = [await summary(from, name, partition, end), await summary(to, name, partition, end)];
      if (here[partition]?.end !== end || wanted.count !== found.count || wanted.hash !== found.hash) {
        throw new Error(`Topik ${name} partisi ${partition} tidak sama setelah dipindahkan: ${wanted.count} catatan di asal, ${found.count} di tujuan. Kosongkan tujuan dan ulangi.`);
      }
      records += wanted.count;
      progress({ step: 'compare', topic: name, partition, records: wanted.count });
    }
  }
  const moved = new Map((await to.positions()).map(({ name, position }) => [name, JSON.stringify(position)]));
  for (const { name, position } of positions) {
    if (moved.get(name) !== JSON.stringify(position)) throw new Error(`Posisi "${name}" tidak sama setelah dipindahkan.`);
  }
  return { topics: topics.length, records, positions: positions.length };
}

/** Count and SHA-256 of everything that a partition says. */
async function summary(log: Log, topic: string, partition: number, end: number): Promise<{ count: number; hash: string }> {
  const hash = createHash('sha256');
  let count = 0;
  for (let offset = (await log.offsets(topic))[partition]!.start; offset < end; ) {
    const batch = await log.read(topic, partition, offset, LIMIT);
    for (const { offset: at, time, key, id, traceparent, value } of batch.records) {
      hash.update(JSON.stringify([at, time, key, id, traceparent ?? null, value?.length ?? null]));
      if (value) hash.update(value);
    }
    count += batch.records.length;
    if (batch.nextOffset <= offset) break;
    offset = batch.nextOffset;
  }
  return { count, hash: hash.digest('hex') };
}
