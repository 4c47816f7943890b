/** The table a sink writes: columns with the types their values are sent as. */
import type pg from 'pg';
import { ContractError } from '../../hub/errors.js';
import { placeOf } from './failure.js';
import type { PostgresSettings } from './settings.js';
import { tableName } from './shape.js';

export interface TargetColumn {
  readonly name: string;
  /** Type of the parameter that carries its values, such as `numeric`. Without length or scale, so that a value that does not fit is an error and is not cut. */
  readonly parameter: string;
  /** Cast from the parameter to the column, empty where assignment does it. */
  readonly cast: string;
  readonly kind: 'json' | 'array' | 'plain';
  /** Longest text of char(n) and varchar(n). */
  readonly length?: number;
}

export interface Target {
  readonly table: string;
  readonly columns: ReadonlyMap<string, TargetColumn>;
  readonly key: readonly string[];
  /** A unique index covers exactly the key. */
  readonly unique: boolean;
  /** The hub's user may make temporary tables. */
  readonly temporary: boolean;
}

const targets = new WeakMap<PostgresSettings, Target>();

/** Asks the database once per settings; `forget` after an error that may mean that the table changed. */
export async function targetOf(client: pg.ClientBase, settings: PostgresSettings): Promise<Target> {
  const known = targets.get(settings);
  if (known) return known;
  const table = tableName(settings.table!);
  const { rows } = await client.query<{ name: string; oid: number; type: string; category: string; mod: number; place: number | null }>(
    `SELECT a.attname AS name, a.atttypid::int4 AS oid, format_type(a.atttypid, NULL) AS type, t.typcategory AS category, a.atttypmod AS mod, array_position(i.indkey::int2[], a.attnum) AS place
       FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
      WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    [table],
  );
  const key = settings.key ?? rows.filter((row) => row.place !== null).sort((one, other) => one.place! - other.place!).map((row) => row.name);
  const missing = key.filter((name) => !rows.some((row) => row.name === name));
  if (!key.length || missing.length) {
    throw new ContractError(`${placeOf(settings)}: ${key.length ? `kolom kunci ${missing.join(', ')} tidak ada pada` : 'kunci tidak diketahui untuk'} tabel ${settings.table}; tambahkan PRIMARY KEY atau sesuaikan "key".`);
  }
  const { rows: indexes } = await client.query<{ names: string[] }>(
    `SELECT array_agg(a.attname::text) AS names FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey::int2[])
      WHERE i.indrelid = $1::regclass AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL GROUP BY i.indexrelid`,
    [table],
  );
  const { rows: rights } = await client.query<{ temporary: boolean }>("SELECT has_database_privilege(current_database(), 'TEMP') AS temporary");
  const target: Target = {
    temporary: rights[0]!.temporary,
    table,
    key,
    unique: indexes.some(({ names }) => names.length === key.length && names.every((name) => key.includes(name))),
    columns: new Map(rows.map((row) => [row.name, columnOf(row)])),
  };
  targets.set(settings, target);
  return target;
}

export function forgetTarget(settings: PostgresSettings): void {
  targets.delete(settings);
}

function columnOf(row: { name: string; oid: number; type: string; category: string; mod: number }): TargetColumn {
  // "character" and "bit" without a length would mean one character.
  const type = row.oid === 1042 ? 'bpchar' : row.oid === 1560 ? 'varbit' : row.type;
  const length = (row.oid === 1042 || row.oid === 1043) && row.mod > 4 ? { length: row.mod - 4 } : {};
  if (row.category === 'A') return { name: row.name, parameter: 'text', cast: `::${type}`, kind: 'array', ...length };
  return { name: row.name, parameter: type, cast: '', kind: row.oid === 114 || row.oid === 3802 ? 'json' : 'plain', ...length };
}
