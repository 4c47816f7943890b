import { randomBytes } from 'node:crypto';
import { describeKafka, testBrokers } from '../kafka/describe-kafka.js';
import { tellStories } from './stories.js';

describeKafka('stories', () => tellStories(() => ({ SASANDO_KAFKA_BROKERS: testBrokers().join(','), SASANDO_KAFKA_PREFIX: `stories-${randomBytes(4).toString('hex')}.` })));
