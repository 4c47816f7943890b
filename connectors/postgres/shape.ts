/** What a table, view or query looks like: columns in order, key, and what the settings name in it. */
import pg from 'pg';
import { ContractError, SettingsError } from '../../hub/errors.js';
import type { Column } from './copy-text.js';
import { placeOf } from './failure.js';
import type { PostgresSettings } from './settings.js';

export interface Shape {
  /** What comes after FROM, named `q`. */
  readonly from: string;
  /** For a case: `tabel public.penduduk`. */
  readonly origin: string;
  readonly columns: readonly Column[];
  /** Empty where nothing names a key. */
  readonly key: readonly string[];
  /** The cursor column can be NULL, as far as the database tells. */
  readonly cursorNullable: boolean;
}

/** `skema.nama` as an SQL identifier; a name without schema is found along the search path. */
export function tableName(table: string): string {
  return table.split('.').map((part) => pg.escapeIdentifier(part.replace(/^"|"$/g, ''))).join('.');
}

/** Asks the database. @throws ContractError when the table or a named column is missing, SettingsError when a needed key is not known. */
export async function shapeOf(client: pg.ClientBase, settings: PostgresSettings): Promise<Shape> {
  const from = settings.query ? `(${settings.query.replace(/;\s*$/, '')}\n) AS q` : `${tableName(settings.table!)} AS q`;
  const { fields } = await client.query(`SELECT * FROM ${from} LIMIT 0`);
  const columns = fields.map((field) => ({ name: field.name, type: field.dataTypeID }));
  const catalog = settings.table ? await catalogOf(client, settings.table) : { key: [], notNull: [] };
  const key = settings.key ?? catalog.key;
  const compare = settings.deletions && !('column' in settings.deletions);
  const named = [...key, ...(settings.columns ?? []), settings.cursor, settings.deletions && 'column' in settings.deletions ? settings.deletions.column : undefined];
  const missing = named.filter((name) => name !== undefined && !columns.some((column) => column.name === name));
  if (missing.length) {
    throw new ContractError(
      `${placeOf(settings)}: kolom ${missing.join(', ')} tidak ada pada ${settings.table ?? 'kueri'}; sesuaikan setelan atau kembalikan kolomnya.`,
      missing.map((name) => ({ path: name!, rule: 'column', message: 'kolom tidak ada di sumber', severity: 'reject' })),
    );
  }
  if (!key.length && (settings.cursor || compare)) {
    throw new SettingsError([{ path: 'settings.key', message: `${settings.table ?? 'kueri'} tidak punya kunci utama; tulis kolom kuncinya` }]);
  }
  return {
    from,
    origin: settings.table ? `tabel ${settings.table}` : 'kueri',
    columns,
    key,
    cursorNullable: settings.cursor !== undefined && !catalog.notNull.includes(settings.cursor),
  };
}

async function catalogOf(client: pg.ClientBase, table: string): Promise<{ key: string[]; notNull: string[] }> {
  const { rows } = await client.query<{ name: string; not_null: boolean; place: number | null }>(
    `SELECT a.attname AS name, a.attnotnull AS not_null, array_position(i.indkey::int2[], a.attnum) AS place
       FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
      WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped`,
    [tableName(table)],
  );
  const key = rows.filter((row) => row.place !== null).sort((one, other) => one.place! - other.place!);
  return { key: key.map((row) => row.name), notNull: rows.filter((row) => row.not_null).map((row) => row.name) };
}

/** A column of the relation, quoted. */
export function identifier(name: string): string {
  return `q.${pg.escapeIdentifier(name)}`;
}

export function typeOf(shape: Shape, name: string): number {
  return shape.columns.find((column) => column.name === name)!.type;
}
