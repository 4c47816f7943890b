import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { migrate } from '../../hub/database/database.js';
import { startEmbedded } from '../../hub/database/embedded.js';
import { testDatabase } from '../database.js';
import { testFaults } from './faults.js';
import { startProxy } from './proxy.js';

testFaults('PostgreSQL', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sasando-faults-'));
  chmodSync(folder, 0o711);
  const server = await startEmbedded(folder);
  await migrate(server.url);
  const { port } = new URL(server.url);
  const proxy = await startProxy({ host: '127.0.0.1', port: Number(port) });
  const proxied = new URL(server.url);
  proxied.port = String(proxy.port);
  return {
    settings: { engine: 'postgres', url: server.url },
    throughProxy: { settings: { engine: 'postgres', url: proxied.href }, proxy },
    target: await testDatabase(),
    killServer: async () => {
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
      await proxy.close();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});
