import { randomUUID } from 'node:crypto';
import { testLog } from '../../test/contract/log.js';
import { testDatabase } from '../../test/database.js';
import { describeKafka, testBrokers } from '../../test/kafka/describe-kafka.js';
import { migrate, openPool } from '../database/database.js';
import { openKafkaLog } from './kafka.js';

describeKafka('log', () => {
  testLog('Kafka', async () => {
    const url = await testDatabase();
    await migrate(url);
    const database = openPool(url);
    const prefix = `k${randomUUID().slice(0, 8)}.`;
    const log = await openKafkaLog({ brokers: testBrokers(), database, url, prefix });
    return {
      log,
      another: async () => {
        const pool = openPool(url);
        const opened = await openKafkaLog({ brokers: testBrokers(), database: pool, url, prefix });
        let closing: Promise<void> | undefined;
        return { ...opened, close: () => (closing ??= opened.close().then(() => opened.close()).then(() => pool.end())) };
      },
      cleansAtOnce: false,
      close: async () => {
        await log.close();
        await database.end();
      },
    };
  });
});
