/**
 * Where reader groups stand, in the hub's PostgreSQL, on both engines. Whoever is assigned a partition claims it first: that fences the member before, whose late
 * acknowledgement would set the group back.
 */
import type { Connection, Database } from '../database/database.js';
import { FencedError } from '../errors.js';

export interface PartitionClaim {
  /** To be shown when an offset is stored. */
  readonly epoch: number;
  /** Next offset the group reads; undefined before the first acknowledgement. */
  readonly offset: number | undefined;
}

/** Called when a partition is assigned, before anything of it is read. */
export async function claimPartition(database: Database | Connection, group: string, topic: string, partition: number): Promise<PartitionClaim> {
  const { rows } = await database.query<{ epoch: string; next_offset: string | null }>(
    `INSERT INTO group_offset AS held (group_name, topic, partition, epoch) VALUES ($1, $2, $3, 1)
     ON CONFLICT (group_name, topic, partition) DO UPDATE SET epoch = held.epoch + 1 RETURNING epoch, next_offset`,
    [group, topic, partition],
  );
  const { epoch, next_offset: next } = rows[0]!;
  return { epoch: Number(epoch), offset: next === null ? undefined : Number(next) };
}

/**
 * Acknowledges everything before `offset`. Storing the same again is harmless. `epoch` is that of the claim.
 * @throws FencedError when another member has claimed the partition, or somebody reset it, meanwhile.
 */
export async function storeOffset(database: Database | Connection, group: string, topic: string, partition: number, offset: number, epoch: number): Promise<void> {
  const { rowCount } = await database.query({
    name: 'store_offset',
    text: 'UPDATE group_offset SET next_offset = $4 WHERE group_name = $1 AND topic = $2 AND partition = $3 AND epoch = $5',
    values: [group, topic, partition, offset, epoch],
  });
  if (rowCount === 0) throw new FencedError(`Kelompok ${group}: partisi ${partition} topik ${topic} sudah diambil proses lain, sehingga offset ${offset} tidak disimpan.`);
}

/** Moves the group, or lets it forget (`undefined`). The caller makes sure that no member reads; one that does after all is fenced. */
export async function resetOffset(database: Database | Connection, group: string, topic: string, partition: number, offset: number | undefined): Promise<void> {
  await database.query(
    `INSERT INTO group_offset AS held (group_name, topic, partition, epoch, next_offset) VALUES ($1, $2, $3, 1, $4)
     ON CONFLICT (group_name, topic, partition) DO UPDATE SET epoch = held.epoch + 1, next_offset = excluded.next_offset`,
    [group, topic, partition, offset ?? null],
  );
}

/** Every stored offset of the group. */
export async function storedOffsets(database: Database | Connection, group: string): Promise<{ topic: string; partition: number; offset: number }[]> {
  const { rows } = await database.query<{ topic: string; partition: number; next_offset: string }>(
    'SELECT topic, partition, next_offset FROM group_offset WHERE group_name = $1 AND next_offset IS NOT NULL ORDER BY topic, partition',
    [group],
  );
  return rows.map((row) => ({ topic: row.topic, partition: row.partition, offset: Number(row.next_offset) }));
}
