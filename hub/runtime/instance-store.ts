/** What the runtime remembers of instances in PostgreSQL: what people want of them, when they last ran, and their last known row for other hubs and after a restart. */
import type { Database } from '../database/database.js';
import type { InstanceStatus } from './instance-status.js';

export type Wanted = 'running' | 'paused' | 'stopped';

export interface Remembered {
  readonly wanted: Wanted;
  readonly by?: string;
  /** Raised by every restart. */
  readonly generation: number;
  readonly lastRun?: Date;
  readonly status?: InstanceStatus;
}

export interface InstanceStore {
  /** By name; those never heard of are absent. */
  load(names: readonly string[]): Promise<ReadonlyMap<string, Remembered>>;
  want(name: string, wanted: Wanted, by: string, at: Date): Promise<void>;
  /** Also wants it to run; answers the new generation. */
  restart(name: string, by: string, at: Date): Promise<number>;
  ran(name: string, at: Date): Promise<void>;
  report(statuses: readonly InstanceStatus[]): Promise<void>;
}

export function openInstanceStore(database: Database): InstanceStore {
  return {
    async load(names) {
      const { rows } = await database.query<{ name: string; wanted: Wanted; wanted_by: string | null; generation: number; last_run: Date | null; status: string | null }>(
        'SELECT name, wanted, wanted_by, generation, last_run, status FROM instance_state WHERE name = ANY ($1)',
        [names],
      );
      return new Map(
        rows.map((row) => [
          row.name,
          {
            wanted: row.wanted,
            generation: row.generation,
            ...(row.wanted_by !== null && { by: row.wanted_by }),
            ...(row.last_run && { lastRun: row.last_run }),
            ...(row.status !== null && { status: JSON.parse(row.status) as InstanceStatus }),
          },
        ]),
      );
    },
    async want(name, wanted, by, at) {
      await database.query(
        'INSERT INTO instance_state (name, wanted, wanted_by, wanted_at) VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO UPDATE SET wanted = excluded.wanted, wanted_by = excluded.wanted_by, wanted_at = excluded.wanted_at',
        [name, wanted, by, at],
      );
    },
    async restart(name, by, at) {
      const { rows } = await database.query<{ generation: number }>(
        `INSERT INTO instance_state (name, wanted, wanted_by, wanted_at, generation) VALUES ($1, 'running', $2, $3, 1) ON CONFLICT (name) DO UPDATE
         SET wanted = 'running', wanted_by = excluded.wanted_by, wanted_at = excluded.wanted_at, generation = instance_state.generation + 1 RETURNING generation`,
        [name, by, at],
      );
      return rows[0]!.generation;
    },
    async ran(name, at) {
      await database.query('INSERT INTO instance_state (name, last_run) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET last_run = excluded.last_run', [name, at]);
    },
    async report(statuses) {
      if (statuses.length === 0) return;
      await database.query(
        `INSERT INTO instance_state (name, status) SELECT * FROM unnest($1::text[], $2::text[]) AS row(name, status)
         ON CONFLICT (name) DO UPDATE SET status = excluded.status WHERE instance_state.status IS DISTINCT FROM excluded.status`,
        [statuses.map(({ name }) => name), statuses.map((status) => JSON.stringify(status).replaceAll('\\u0000', ''))],
      );
    },
  };
}
