/** `npm run kafka`: a broker for development, until Ctrl-C. Its data stays in `data/kafka`. */
import { join } from 'node:path';
import { projectFolder } from '../../hub/project.js';
import { kafkaAvailable, startBroker } from './broker.js';

const reason = kafkaAvailable();
if (reason) {
  console.error(`${reason}. Pasang Java 17 dan Maven, misalnya: apt-get install openjdk-17-jre-headless maven`);
  process.exit(1);
}
const port = Number(process.env.SASANDO_KAFKA_PORT ?? 9092);
console.log('Menyalakan Apache Kafka 4.3 …');
try {
  const broker = await startBroker({ folder: join(projectFolder, 'data', 'kafka'), port });
  console.log(`Kafka siap. Jalankan hub dengan:\n\n  SASANDO_KAFKA_BROKERS=${broker.brokers} npm start\n\nCtrl-C menghentikannya; datanya tetap di data/kafka.`);
  const stop = (): void => void broker.stop().then(() => process.exit(0));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
