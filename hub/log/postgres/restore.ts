/** Taking over a partition of another engine: records with the offsets they had. */
import { type Database, transaction } from '../../database/database.js';
import type { Piece } from '../migrate.js';
import type { Topic } from './topics.js';

export async function restoreRecords(database: Database, topic: Topic, partition: number, { start, records, nextOffset }: Piece): Promise<void> {
  await transaction(database, async (connection) => {
    const { rows } = await connection.query<{ next_offset: string }>('SELECT next_offset FROM log_partition WHERE topic = $1 AND partition = $2 FOR UPDATE', [topic.id, partition]);
    const end = Number(rows[0]!.next_offset);
    if ((records[0]?.offset ?? nextOffset) < end) throw new Error(`Topik ${topic.name} partisi ${partition} sudah berisi sampai offset ${end}.`);
    await connection.query(
      `INSERT INTO log_record (topic, partition, record_offset, time, key, id, traceparent, value)
       SELECT $1, $2, * FROM unnest($3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::bytea[])`,
      [
        topic.id, partition, records.map(({ offset }) => offset), records.map(({ time }) => time), records.map(({ key }) => key), records.map(({ id }) => id),
        records.map(({ traceparent }) => traceparent ?? null), records.map(({ value }) => value),
      ],
    );
    await connection.query(
      'UPDATE log_partition SET start_offset = CASE WHEN next_offset = 0 THEN $3 ELSE start_offset END, next_offset = $4, records = records + $5 WHERE topic = $1 AND partition = $2',
      [topic.id, partition, start, nextOffset, records.length],
    );
  });
}

export async function storedPositions(database: Database): Promise<{ name: string; position: string }[]> {
  return (await database.query<{ name: string; position: string }>('SELECT name, position FROM log_position ORDER BY name')).rows;
}
