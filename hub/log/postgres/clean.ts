/** What is taken out of the PostgreSQL engine: retention, compaction, erasure. Each partition is cleaned in its own transaction, by one hub at a time. */
import { type Connection, type Database, transaction } from '../../database/database.js';
import { partitionOf } from '../partitioner.js';
import type { Topic } from './topics.js';

/** Tombstones stay this long, so that every reader learns of the deletion. */
const TOMBSTONE_STAYS = 24 * 60 * 60 * 1000;
const CLEAN_LOCK = 7_267_002;

interface Head {
  topic: number;
  partition: number;
  cleanup: 'compact' | 'time';
  retention: string | null;
}

export async function cleanLog(database: Database, now: number): Promise<void> {
  const { rows } = await database.query<Head>('SELECT head.topic, head.partition, topic.cleanup, topic.retention FROM log_partition AS head JOIN log_topic AS topic ON topic.id = head.topic ORDER BY 1, 2');
  for (const head of rows) {
    if (head.cleanup === 'time' && head.retention === null) continue;
    await transaction(database, async (connection) => {
      const { rows: lock } = await connection.query<{ taken: boolean }>('SELECT pg_try_advisory_xact_lock($1, $2) AS taken', [CLEAN_LOCK, head.topic * 1000 + head.partition]);
      if (!lock[0]?.taken) return;
      const removed = head.cleanup === 'compact' ? await compact(connection, head, now) : await retain(connection, head, now - Number(head.retention));
      if (removed > 0) await connection.query('UPDATE log_partition SET records = records - $3 WHERE topic = $1 AND partition = $2', [head.topic, head.partition, removed]);
    });
  }
  await database.query(`DELETE FROM lease WHERE name LIKE 'member/%' AND renewed < clock_timestamp() - interval '1 day'`);
}

/** Removes from the front until the first record that is young enough. */
async function retain(connection: Connection, head: Head, oldest: number): Promise<number> {
  const { rows } = await connection.query<{ start_offset: string }>(
    `UPDATE log_partition AS head SET start_offset = coalesce((
       SELECT record_offset FROM log_record AS record WHERE record.topic = $1 AND record.partition = $2 AND record.time >= $3 ORDER BY record_offset LIMIT 1
     ), head.next_offset) WHERE topic = $1 AND partition = $2 RETURNING start_offset`,
    [head.topic, head.partition, oldest],
  );
  const { rowCount } = await connection.query('DELETE FROM log_record WHERE topic = $1 AND partition = $2 AND record_offset < $3', [head.topic, head.partition, rows[0]!.start_offset]);
  return rowCount ?? 0;
}

/** Removes records that a later one of the same key replaces, and tombstones that were there a day ago. */
async function compact(connection: Connection, head: Head, now: number): Promise<number> {
  const partition = [head.topic, head.partition];
  await connection.query(
    `INSERT INTO log_mark (topic, partition, marked, next_offset) SELECT topic, partition, $3, next_offset FROM log_partition WHERE topic = $1 AND partition = $2 ON CONFLICT DO NOTHING`,
    [...partition, now],
  );
  const { rows } = await connection.query<{ marked: string; next_offset: string }>(
    'SELECT marked, next_offset FROM log_mark WHERE topic = $1 AND partition = $2 AND marked <= $3 ORDER BY marked DESC LIMIT 1',
    [...partition, now - TOMBSTONE_STAYS],
  );
  const yesterday = rows[0];
  if (yesterday) await connection.query('DELETE FROM log_mark WHERE topic = $1 AND partition = $2 AND marked < $3', [...partition, yesterday.marked]);
  const { rowCount } = await connection.query(
    // By place on disk: a join would be planned without knowing how many there are.
    `DELETE FROM log_record WHERE ctid = ANY (ARRAY(
       SELECT place FROM (
         SELECT ctid AS place, record_offset, value IS NULL AS tombstone, lead(record_offset) OVER (PARTITION BY key ORDER BY record_offset) AS later
           FROM log_record WHERE topic = $1 AND partition = $2
       ) AS seen WHERE later IS NOT NULL OR tombstone AND record_offset < $3
     ))`,
    [...partition, yesterday?.next_offset ?? 0],
  );
  return rowCount ?? 0;
}

/** Makes every value of the key null. True when there was one. */
export async function eraseValues(database: Database, topic: Topic, key: string): Promise<boolean> {
  const { rowCount } = await database.query('UPDATE log_record SET value = NULL WHERE topic = $1 AND partition = $2 AND key = $3 AND value IS NOT NULL', [
    topic.id,
    partitionOf(key, topic.partitions),
    key,
  ]);
  return (rowCount ?? 0) > 0;
}
