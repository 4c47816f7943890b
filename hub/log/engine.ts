/** Which engine this hub's log lives in. Another engine would know no positions and repeat everything, payments included: so it is recorded once. */
import type { Database } from '../database/database.js';
import { SettingsError } from '../errors.js';
import type { Log } from './log.js';

type Engine = Log['engine'];

/** Records `engine` at the first start. @throws SettingsError when the log lives in another one. */
export async function claimEngine(database: Database, engine: Engine): Promise<void> {
  await database.query('INSERT INTO log_engine (engine) VALUES ($1) ON CONFLICT DO NOTHING', [engine]);
  const recorded = await recordedEngine(database);
  if (recorded !== engine) {
    throw new SettingsError([
      {
        path: 'SASANDO_ENGINE',
        message: `log hub ini ada di mesin ${recorded}, bukan ${engine}; pindahkan dahulu dengan "sasando log migrate --to ${engine}", atau jalankan dengan --engine ${recorded}`,
      },
    ]);
  }
}

/** After the log was moved: see migrate.ts. */
export async function changeEngine(database: Database, engine: Engine): Promise<void> {
  await database.query('UPDATE log_engine SET engine = $1, since = now()', [engine]);
}

/** Undefined before the first start. */
export async function recordedEngine(database: Database): Promise<Engine | undefined> {
  const { rows } = await database.query<{ engine: Engine }>('SELECT engine FROM log_engine');
  return rows[0]?.engine;
}
