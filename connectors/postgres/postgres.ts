/** The PostgreSQL connector: tables, views and queries in, upserts and deletes out. */
import type { Connector, ConnectorContext } from '../../hub/connector.js';
import type { SourceRecord } from '../../hub/record.js';
import { withClient } from './connection.js';
import { discoverTables } from './discover.js';
import { startPartition } from './offset.js';
import { postgresSettings, type PostgresSettings } from './settings.js';
import { shapeOf } from './shape.js';
import { writeTable } from './sink.js';
import { readTable } from './source.js';

export const postgres: Connector<PostgresSettings> = {
  name: 'postgres',
  version: '1.0.0',
  summary: 'Tabel, view atau kueri PostgreSQL: dibaca menurut perubahannya, atau ditulis tepat satu kali.',
  settings: postgresSettings,
  idempotent: 'transaction',
  async check(settings, context) {
    await withClient(settings, context.signal, (client) => shapeOf(client, settings));
  },
  read: (settings, position, context) => readTable(settings, position, context),
  readsAhead: true,
  write: writeTable,
  start: startPartition,
  discover: discoverTables,
  preview,
};

async function preview(settings: PostgresSettings, n: number, context: ConnectorContext): Promise<SourceRecord[]> {
  const records: SourceRecord[] = [];
  for await (const batch of readTable(settings, undefined, context, n)) {
    records.push(...batch.records);
    if (records.length >= n) break;
  }
  return records.slice(0, n);
}
