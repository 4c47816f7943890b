/** Moves the hub's log to its other engine, while no hub runs: opens both by hand, copies, compares, and only then records the new one. */
import { resolve } from 'node:path';
import { migrate, openPool } from './database/database.js';
import { startEmbedded } from './database/embedded.js';
import type { Environment } from './environment.js';
import { changeEngine, recordedEngine } from './log/engine.js';
import { openKafkaLog } from './log/kafka.js';
import { heldLeases } from './log/lease.js';
import { migrateLog, type Moved, type Progress } from './log/migrate.js';
import { openPostgresLog } from './log/postgres.js';

/** @throws Error with one sentence when a hub runs, when nothing was started yet, or when the copy does not equal the original: the engine then stays as it was. */
export async function moveLog(environment: Environment, to: 'postgres' | 'kafka', progress: (progress: Progress) => void): Promise<Moved> {
  const dataFolder = resolve(environment.dataFolder);
  const closers: (() => Promise<unknown>)[] = [];
  try {
    let url = environment.databaseUrl;
    if (url === undefined) {
      const postgres = await startEmbedded(dataFolder);
      closers.push(() => postgres.close());
      url = postgres.url;
    }
    const database = openPool(url);
    closers.push(() => database.end());
    await migrate(url);
    const from = await recordedEngine(database);
    if (from === undefined) throw new Error('Hub belum pernah dijalankan dengan folder data dan basis data ini, jadi belum ada log yang dapat dipindahkan. Periksa SASANDO_DATA_DIR dan DATABASE_URL.');
    if (from === to) throw new Error(`Log sudah ada di mesin ${to}; tidak ada yang perlu dipindahkan.`);
    const held = await heldLeases(database);
    if (held.length > 0) throw new Error(`Masih ada hub yang berjalan (memegang ${held.slice(0, 3).join(', ')}${held.length > 3 ? ' …' : ''}). Hentikan semua hub dahulu, lalu ulangi.`);

    const postgres = await openPostgresLog({ database, url });
    closers.push(() => postgres.close());
    const kafka = await openKafkaLog({ brokers: environment.brokers, database, url, ...(environment.kafkaPrefix !== undefined && { prefix: environment.kafkaPrefix }) });
    closers.push(() => kafka.close());
    const moved = to === 'kafka' ? await migrateLog(postgres, kafka, progress) : await migrateLog(kafka, postgres, progress);
    await changeEngine(database, to);
    return moved;
  } finally {
    for (const close of closers.reverse()) await close().catch(() => undefined);
  }
}
