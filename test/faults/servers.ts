/** A PostgreSQL of one's own that can be killed. */
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startEmbedded } from '../../hub/database/embedded.js';

export interface Mortal {
  /** SIGKILL; resolves when it serves again. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

export async function startMortalPostgres(): Promise<Mortal & { readonly url: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'sasando-faults-'));
  chmodSync(folder, 0o711);
  const server = await startEmbedded(folder);
  return {
    url: server.url,
    kill: async () => {
      process.kill(Number(readFileSync(join(folder, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]), 'SIGKILL');
      for (let up = false; !up; await sleep(20)) {
        const client = new pg.Client({ connectionString: server.url });
        client.on('error', () => undefined);
        up = await client.connect().then(
          () => client.query('SELECT 1').then(() => client.end()).then(() => true, () => false),
          () => false,
        );
      }
    },
    close: async () => {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
