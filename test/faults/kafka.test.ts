import { migrate } from '../../hub/database/database.js';
import { testDatabase } from '../database.js';
import { startBroker } from '../kafka/broker.js';
import { describeKafka } from '../kafka/describe-kafka.js';
import { testFaults } from './faults.js';
import { type Proxy, startProxy } from './proxy.js';
import { startMortalPostgres } from './servers.js';

/** Number of the request that ends a transaction. */
const END_TXN = 26;

describeKafka('faults', () => {
  testFaults('Kafka', ['the broker', 'PostgreSQL'], async () => {
    // Both its own, since they are killed.
    const postgres = await startMortalPostgres();
    await migrate(postgres.url);
    let proxy: Proxy | undefined;
    const broker = await startBroker({
      proxy: async (port) => {
        proxy = await startProxy({ host: '127.0.0.1', port });
        return proxy.port;
      },
    });
    const { url } = postgres;
    return {
      settings: { engine: 'kafka', url, brokers: [broker.brokers] },
      // A request begins with its length and its number.
      throughProxy: { settings: { engine: 'kafka', url, brokers: [broker.proxied!] }, proxy: proxy!, isCommit: (request) => request.length > 6 && request.readInt16BE(4) === END_TXN },
      target: await testDatabase(),
      killServer: async (server) => {
        if (server === 'PostgreSQL') return postgres.kill();
        await broker.kill();
        await broker.restart();
      },
      close: async () => {
        await proxy!.close();
        await broker.stop();
        await postgres.close();
      },
    };
  });
});
