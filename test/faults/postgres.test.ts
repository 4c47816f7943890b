import { migrate } from '../../hub/database/database.js';
import { testDatabase } from '../database.js';
import { testFaults } from './faults.js';
import { startProxy } from './proxy.js';
import { startMortalPostgres } from './servers.js';

testFaults('PostgreSQL', ['PostgreSQL'], async () => {
  const server = await startMortalPostgres();
  await migrate(server.url);
  const proxied = new URL(server.url);
  const proxy = await startProxy({ host: '127.0.0.1', port: Number(proxied.port) });
  proxied.port = String(proxy.port);
  return {
    settings: { engine: 'postgres', url: server.url },
    throughProxy: { settings: { engine: 'postgres', url: proxied.href }, proxy, isCommit: (request) => request.includes('log_commit') },
    target: await testDatabase(),
    killServer: () => server.kill(),
    close: async () => {
      await proxy.close();
      await server.close();
    },
  };
});
