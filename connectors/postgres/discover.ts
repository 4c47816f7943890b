/** Lists the tables and views that the hub's user may read. */
import type { ConnectorContext, Discovered } from '../../hub/connector.js';
import { withClient } from './connection.js';
import type { PostgresSettings } from './settings.js';

interface Row {
  name: string;
  rows: string;
  fields: { name: string; type: string; key: boolean; description: string | null }[];
}

export async function discoverTables(settings: PostgresSettings, context: ConnectorContext): Promise<Discovered[]> {
  const { rows } = await withClient(settings, context.signal, (client) =>
    client.query<Row>(
      `SELECT n.nspname || '.' || c.relname AS name, c.reltuples::int8 AS rows,
              json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
                'key', coalesce(a.attnum = ANY(i.indkey::int2[]), false), 'description', col_description(c.oid, a.attnum)) ORDER BY a.attnum) AS fields
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
        WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND NOT c.relispartition AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
          AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
        GROUP BY 1, 2 ORDER BY 1`,
    ),
  );
  return rows.map((row) => ({
    name: row.name,
    fields: row.fields.map(({ name, type, key, description }) => ({ name, type, ...(key && { key }), ...(description && { description }) })),
    ...(Number(row.rows) >= 0 && { records: Number(row.rows) }),
    settings: { table: row.name },
  }));
}
