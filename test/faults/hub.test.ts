import { randomBytes } from 'node:crypto';
import { describeKafka, testBrokers } from '../kafka/describe-kafka.js';
import { testHubFaults } from './hub.js';

testHubFaults('PostgreSQL', () => ({}));

describeKafka('faults of the whole hub', () => {
  testHubFaults('Kafka', () => ({ SASANDO_KAFKA_BROKERS: testBrokers().join(','), SASANDO_KAFKA_PREFIX: `hub-faults-${randomBytes(4).toString('hex')}.` }));
});
