import { migrate } from '../../hub/database/database.js';
import { testDatabase } from '../database.js';
import { startBroker } from '../kafka/broker.js';
import { describeKafka } from '../kafka/describe-kafka.js';
import { testFaults } from './faults.js';
import { type Proxy, startProxy } from './proxy.js';

describeKafka('faults', () => {
  testFaults('Kafka', async () => {
    const url = await testDatabase();
    await migrate(url);
    let proxy: Proxy | undefined;
    // Its own, since it is killed.
    const broker = await startBroker({
      proxy: async (port) => {
        proxy = await startProxy({ host: '127.0.0.1', port });
        return proxy.port;
      },
    });
    return {
      settings: { engine: 'kafka', url, brokers: [broker.brokers] },
      throughProxy: { settings: { engine: 'kafka', url, brokers: [broker.proxied!] }, proxy: proxy! },
      target: await testDatabase(),
      killServer: async () => {
        await broker.kill();
        await broker.restart();
      },
      close: async () => {
        await proxy!.close();
        await broker.stop();
      },
    };
  });
});
