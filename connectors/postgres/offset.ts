/** Where the hub's writing stands, kept in the target itself: one row per instance and topic partition. */
import pg from 'pg';
import type { ConnectorContext } from '../../hub/connector.js';
import { ContractError } from '../../hub/errors.js';
import type { Fault } from '../../hub/record.js';
import { withPooled } from './connection.js';
import type { PostgresSettings } from './settings.js';
import { targetOf } from './target.js';
import { tableName } from './shape.js';

/** Rejections of the last batch by offset, so that the same batch, written again, is answered the same. */
export type Rejections = Record<string, readonly Fault[]>;

/** Sink: makes the offset table where it is missing, proves that the target can be written, and answers the next offset it expects. */
export async function startPartition(settings: PostgresSettings, partition: { topic: string; partition: number }, context: ConnectorContext): Promise<number | undefined> {
  return withPooled(settings, context.signal, async (client) => {
    if (!settings.table) throw new ContractError('Tujuan tulis harus "table"; "query" hanya untuk membaca.');
    const target = await targetOf(client, settings);
    if (!target.unique) {
      throw new ContractError(`Tabel ${settings.table} tidak punya kunci unik untuk kolom ${target.key.join(', ')}; tambahkan PRIMARY KEY atau UNIQUE.`);
    }
    const { rows: found } = await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [tableName(settings.offsets)]);
    if (!found[0]!.there) await createTable(client, settings);
    const { rows } = await client.query<{ next_offset: string }>(
      `SELECT next_offset FROM ${tableName(settings.offsets)} WHERE instance = $1 AND topic = $2 AND partition = $3`,
      [context.instance, partition.topic, partition.partition],
    );
    return rows[0] && Number(rows[0].next_offset);
  });
}

async function createTable(client: pg.ClientBase, settings: PostgresSettings): Promise<void> {
  try {
    await client.query(
      `CREATE TABLE IF NOT EXISTS ${tableName(settings.offsets)} (
         instance text NOT NULL, topic text NOT NULL, partition int NOT NULL, next_offset int8 NOT NULL, rejections jsonb NOT NULL DEFAULT '{}',
         written_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (instance, topic, partition))`,
    );
  } catch (error) {
    // Two partitions may start at once; PostgreSQL then says, whichever comes second, that the table, its type or a row of its catalogue is there.
    if (!(error instanceof pg.DatabaseError && ['42P07', '42710', '23505'].includes(error.code ?? ''))) throw error;
  }
}

/** Locks the row of a partition for the rest of the transaction. A second hub that still holds an older batch waits here and then sees what was written. */
export async function lockOffset(client: pg.ClientBase, settings: PostgresSettings, instance: string, topic: string, partition: number): Promise<{ next: number; rejections: Rejections }> {
  const table = tableName(settings.offsets);
  const select = `SELECT next_offset, rejections FROM ${table} WHERE instance = $1 AND topic = $2 AND partition = $3 FOR UPDATE`;
  const key = [instance, topic, partition];
  let { rows } = await client.query<{ next_offset: string; rejections: Rejections }>(select, key);
  if (!rows.length) {
    await client.query(`INSERT INTO ${table} (instance, topic, partition, next_offset) VALUES ($1, $2, $3, 0) ON CONFLICT DO NOTHING`, key);
    ({ rows } = await client.query(select, key));
  }
  return { next: Number(rows[0]!.next_offset), rejections: rows[0]!.rejections };
}

export async function storeOffset(client: pg.ClientBase, settings: PostgresSettings, instance: string, topic: string, partition: number, next: number, rejections: Rejections): Promise<void> {
  await client.query(
    `UPDATE ${tableName(settings.offsets)} SET next_offset = $4, rejections = $5, written_at = now() WHERE instance = $1 AND topic = $2 AND partition = $3`,
    [instance, topic, partition, next, JSON.stringify(rejections)],
  );
}
