/**
 * Group reading on both engines. Every member knows all living members by their leases in PostgreSQL and computes the same share-out; a partition is read under a lease of its
 * own, so that it never has two readers, and its stored offset is fenced by the claim.
 */
import { randomUUID } from 'node:crypto';
import type { Database } from '../database/database.js';
import { FencedError } from '../errors.js';
import { claimPartition, resetOffset, storeOffset } from './group.js';
import { type Lease, takeLease, tryLease } from './lease.js';
import type { ConsumeOptions, Log, PartitionRange, RecordBatch } from './log.js';
import { isOutage, through } from './outage.js';

/** What group reading needs of an engine. */
export interface Shared {
  readonly database: Database;
  /** How many partitions each topic has now; without those that are not there. */
  partitions(topics: readonly string[]): Promise<ReadonlyMap<string, number>>;
  reader(topic: string, partition: number): PartitionReader;
  /** Resolves when members of the group came or went, at the latest after `limit` milliseconds, or with `signal`. */
  change(group: string, limit: number, signal: AbortSignal): Promise<void>;
  /** Told of every offset that was stored. */
  stored?(group: string, topic: string, partition: number, offset: number): void;
}

/** One partition, read by one reader from front to back. */
export interface PartitionReader {
  /** Waits through outages, until `signal`. Offsets from `end` on are not there yet. */
  range(signal: AbortSignal): Promise<PartitionRange>;
  /**
   * Waits, through outages, until there is something at `offset` or behind it; undefined once `signal` is aborted. There may be no records in it.
   * @throws OffsetOutOfRangeError below the start.
   */
  next(offset: number, limit: number, signal: AbortSignal): Promise<RecordBatch | undefined>;
  close(): void;
}

/** Told with the group's name when a member comes or goes. */
export const GROUP_CHANNEL = 'sasando_group';
/** How often the share-out is looked at when nobody says that it changed. */
const LOOK_EVERY = 500;
const LIMIT = 4_000;

interface Assigned {
  /** Aborted when the partition is taken away. */
  readonly away: AbortController;
  readonly done: Promise<void>;
}

/** The group reading of one log. */
export interface Readings {
  readonly consume: Log['consume'];
  /** Resolves when every reading under way has ended. */
  ended(): Promise<void>;
}

/** @param closed ends all readings; who is reading then is told its reason. */
export function openReadings(shared: Shared, closed: AbortSignal): Readings {
  const running = new Set<Promise<void>>();
  return {
    async consume(group, topics, options) {
      closed.throwIfAborted();
      const reading = consumeGroup(shared, group, topics, { ...options, signal: AbortSignal.any([options.signal, closed]) });
      running.add(reading);
      try {
        await reading;
        if (!options.signal.aborted) closed.throwIfAborted();
      } finally {
        running.delete(reading);
      }
    },
    ended: async () => void (await Promise.allSettled(running)),
  };
}

async function consumeGroup(shared: Shared, group: string, names: readonly string[], options: ConsumeOptions): Promise<void> {
  const { database } = shared;
  const member = memberPrefix(group) + `${names.join(',')}/${randomUUID()}`;
  const assigned = new Map<string, Assigned>();
  // Ends the reading: asked for, or failed.
  const failure = new AbortController();
  const stop = AbortSignal.any([options.signal, failure.signal]);
  let membership: Lease | undefined;
  try {
    while (!stop.aborted) {
      if (!membership || membership.lost.aborted) {
        membership = await takeLease(database, member, { signal: stop, takeOver: true, once: true });
        await ring(database, group);
      }
      try {
        const wanted = await shareOf(shared, group, names, member);
        for (const [place, one] of assigned) if (!wanted.has(place)) one.away.abort();
        for (const [place, { topic, partition }] of wanted) {
          if (assigned.has(place)) continue;
          const lease = await tryLease(database, `read/${encodeURIComponent(group)}/${place}`);
          if (!lease) continue;
          const away = new AbortController();
          const done = readPartition(shared, group, topic, partition, lease, away, stop, options)
            .catch((error: unknown) => failure.abort(error))
            .finally(async () => {
              assigned.delete(place);
              await lease.release().catch(() => undefined);
              await ring(database, group);
            });
          assigned.set(place, { away, done });
        }
      } catch (error) {
        if (!isOutage(error)) throw error;
      }
      await shared.change(group, LOOK_EVERY, stop);
    }
  } catch (error) {
    if (!stop.aborted || error !== stop.reason) failure.abort(error);
  } finally {
    await Promise.all([...assigned.values()].map(({ done }) => done));
    await membership?.release();
    await ring(database, group);
  }
  if (failure.signal.aborted) throw failure.signal.reason;
}

/** Moves a group, or lets it forget (`offset` undefined). @throws Error while a member reads, in whichever process. */
export async function resetGroup(database: Database, group: string, topic: string, partition: number, offset: number | undefined): Promise<void> {
  const { rowCount } = await database.query('SELECT FROM lease WHERE starts_with(name, $1) AND NOT lease_is_free(lease) LIMIT 1', [memberPrefix(group)]);
  if ((rowCount ?? 0) > 0) throw new Error(`Kelompok ${group} sedang membaca. Jeda dahulu pembacanya, lalu pindahkan posisinya.`);
  await resetOffset(database, group, topic, partition, offset);
}

function memberPrefix(group: string): string {
  return `member/${encodeURIComponent(group)}/`;
}

async function ring(database: Database, group: string): Promise<void> {
  await database.query('SELECT pg_notify($1, $2)', [GROUP_CHANNEL, group]).catch(() => undefined);
}

/** The partitions that are this member's: partition p of a topic goes to the p-th of its living members, counted round. */
async function shareOf(shared: Shared, group: string, names: readonly string[], self: string): Promise<Map<string, { topic: string; partition: number }>> {
  const prefix = memberPrefix(group);
  const { rows } = await shared.database.query<{ name: string }>('SELECT name FROM lease WHERE starts_with(name, $1) AND NOT lease_is_free(lease) ORDER BY name COLLATE "C"', [prefix]);
  // A topic that is not there yet is looked for again.
  const partitions = await shared.partitions(names);
  const share = new Map<string, { topic: string; partition: number }>();
  let turn = 0;
  for (const topic of [...names].sort()) {
    const members = rows.map((row) => row.name).filter((member) => member.slice(prefix.length).split('/')[0]!.split(',').includes(topic));
    const count = partitions.get(topic) ?? 0;
    for (let partition = 0; partition < count; partition++) {
      if (members[(turn + partition) % members.length] === self) share.set(`${topic}/${partition}`, { topic, partition });
    }
    turn += count;
  }
  return share;
}

/** Ends when the partition is taken away or `stop` is aborted, after the running `handle`. */
async function readPartition(shared: Shared, group: string, topic: string, partition: number, lease: Lease, away: AbortController, stop: AbortSignal, options: ConsumeOptions): Promise<void> {
  const { database } = shared;
  const gone = AbortSignal.any([away.signal, lease.lost]);
  const ended = AbortSignal.any([gone, stop]);
  const reader = shared.reader(topic, partition);
  try {
    const claim = await through(ended, () => claimPartition(database, group, topic, partition));
    const asked = await options.start?.(topic, partition);
    const range = await reader.range(ended);
    let offset: number = asked ?? claim.offset ?? range.start;
    if (offset > range.end) {
      throw new RangeError(
        `Topik ${topic} partisi ${partition}: kelompok ${group} menunggu offset ${offset}, padahal log berakhir di ${range.end} (log dipulihkan dari cadangan yang lebih tua?). Pilih posisi baru dengan "sasando position set".`,
      );
    }
    while (!ended.aborted) {
      const batch = await reader.next(offset, options.limit ?? LIMIT, ended);
      if (!batch || ended.aborted) return;
      if (batch.records.length > 0) await options.handle(batch, gone);
      // Also when the partition was taken away meanwhile: `handle` did its work, and the claim keeps a late acknowledgement out.
      const store = (): Promise<void> => storeOffset(database, group, topic, partition, batch.nextOffset, claim.epoch);
      if (!options.start) {
        await (gone.aborted ? store() : through(gone, store));
        shared.stored?.(group, topic, partition, batch.nextOffset);
      }
      offset = batch.nextOffset;
    }
  } catch (error) {
    // The partition is somebody else's now, or reading ends: no failure. An error of `handle` after it was told to stop says nothing.
    if (gone.aborted || (stop.aborted && error === stop.reason) || error instanceof FencedError) return;
    throw error;
  } finally {
    reader.close();
  }
}
