import { startBroker } from '../kafka/broker.js';
import { describeKafka } from '../kafka/describe-kafka.js';
import { testHubFaults } from './hub.js';

describeKafka('faults of the whole hub', () => {
  testHubFaults('Kafka', async () => {
    // Its own, since it is killed.
    const broker = await startBroker();
    return {
      environment: { SASANDO_KAFKA_BROKERS: broker.brokers },
      broker: {
        kill: async () => {
          await broker.kill();
          await broker.restart();
        },
        close: () => broker.stop(),
      },
    };
  });
});
