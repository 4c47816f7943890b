/** The topics of the Kafka engine. In Kafka each has the log's prefix before its name. */
import type { ITopicConfig } from 'kafkajs';
import type { Database } from '../../database/database.js';
import { ContractError, RetriableError } from '../../errors.js';
import type { TopicInfo, TopicSpec } from '../log.js';
import { pause } from '../outage.js';
import { type Client, kafkaType } from './client.js';
import { counterOf } from './count.js';
import { rangesOf } from './fetch.js';

export interface Topic {
  readonly name: string;
  readonly inKafka: string;
  readonly partitions: number;
}

export interface Topics {
  /** @throws ContractError when there is no such topic. */
  find(name: string): Promise<Topic>;
  /** Asks the brokers again, unless that was done a moment ago. */
  refresh(): Promise<void>;
  ensure(spec: TopicSpec): Promise<void>;
  list(): Promise<TopicInfo[]>;
}

/** Milliseconds that a list of topics may take for counting what came since the last one. */
const COUNT_WITHIN = 1_000;
const DAY = 24 * 60 * 60 * 1000;
/** Topics of positions begin with it: see position.ts. */
export const POSITION_PREFIX = '_posisi-';

export function topicsOf(client: Client, prefix: string, database: Database): Topics {
  const counter = counterOf(client, database);
  const find = async (name: string): Promise<Topic> => {
    const inKafka = prefix + name;
    const leaders = (await client.layout(30_000)).topics.get(inKafka) ?? (await client.layout(0)).topics.get(inKafka);
    if (!leaders) throw new ContractError(`Topik ${name} belum ada di log. Daftarkan kontraknya di schemas/ lalu jalankan "sasando apply".`);
    return { name, inKafka, partitions: leaders.length };
  };
  return {
    find,
    refresh: async () => void (await client.layout()),
    ensure: async (spec) => {
      if (!Number.isInteger(spec.partitions) || spec.partitions < 1) throw new ContractError(`Topik ${spec.name}: jumlah partisi ${spec.partitions} tidak sah, paling sedikit 1.`);
      const topic = prefix + spec.name;
      const configs = configsOf(spec);
      const present = async (): Promise<number | undefined> => (await client.layout(0)).topics.get(topic)?.length;
      const ready = async (count: number): Promise<void> => {
        for (let tries = 0; (await present()) !== count || (await client.layout()).topics.get(topic)!.includes(-1); tries++) {
          if (tries > 200) throw new RetriableError(`Topik ${spec.name} belum siap di Kafka.`);
          await pause(25);
        }
      };
      const partitions = await present();
      if (partitions === undefined) {
        await createTopic(client, topic, spec.partitions, configs);
        return ready(spec.partitions);
      }
      if (partitions > spec.partitions) {
        throw new ContractError(`Topik ${spec.name} memiliki ${partitions} partisi dan tidak dapat dikurangi menjadi ${spec.partitions}: kunci akan berpindah partisi. Tulis "partitions": ${partitions} dalam kontraknya.`);
      }
      await changeConfigs(client, topic, configs);
      if (partitions === spec.partitions) return;
      await client.admin((admin) => admin.createPartitions({ topicPartitions: [{ topic, count: spec.partitions }] }));
      await ready(spec.partitions);
    },
    list: async () => {
      const names = [...(await client.layout(0)).topics.keys()].filter((name) => name.startsWith(prefix) && !name.startsWith('__') && !name.startsWith(prefix + POSITION_PREFIX)).sort();
      if (names.length === 0) return [];
      const { resources } = await client.admin((admin) =>
        admin.describeConfigs({ includeSynonyms: false, resources: names.map((name) => ({ type: 2, name, configNames: ['cleanup.policy', 'retention.ms'] })) }),
      );
      return Promise.all(
        names.map(async (inKafka): Promise<TopicInfo> => {
          const name = inKafka.slice(prefix.length);
          const configs = new Map(resources.find(({ resourceName }) => resourceName === inKafka)?.configEntries.map((entry) => [entry.configName, entry.configValue]));
          const compact = configs.get('cleanup.policy')?.includes('compact') ?? false;
          const retention = Number(configs.get('retention.ms') ?? -1);
          const ranges = await rangesOf(client, name, inKafka);
          return {
            name,
            partitions: ranges.length,
            cleanup: compact ? 'compact' : 'time',
            ...(compact || retention < 0 ? {} : { retention }),
            records: await counter.records(inKafka, ranges, COUNT_WITHIN),
          };
        }),
      );
    },
  };
}

/** Does nothing when it is there already. */
export async function createTopic(client: Client, topic: string, numPartitions: number, configEntries: ITopicConfig['configEntries']): Promise<void> {
  try {
    await client.admin((admin) => admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions, replicationFactor: -1, configEntries: configEntries ?? [] }] }));
  } catch (error) {
    if (kafkaType(error) !== 'TOPIC_ALREADY_EXISTS') throw error;
  }
}

/** Kafka replaces all settings of a topic at once: those that others made are kept. */
async function changeConfigs(client: Client, topic: string, wanted: { name: string; value: string }[]): Promise<void> {
  const { resources } = await client.admin((admin) => admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name: topic }] }));
  const entries = resources[0]?.configEntries ?? [];
  const present = new Map(entries.map((entry) => [entry.configName, entry.configValue]));
  if (wanted.every(({ name, value }) => present.get(name) === value)) return;
  const ofTopic = 1;
  const others = entries
    .filter((entry) => (entry.configSource as number) === ofTopic && !OURS.has(entry.configName))
    .map((entry) => ({ name: entry.configName, value: entry.configValue }));
  await client.admin((admin) => admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: topic, configEntries: [...others, ...wanted] }] }));
}

const OURS = new Set(['max.message.bytes', 'message.timestamp.after.max.ms', 'cleanup.policy', 'min.compaction.lag.ms', 'max.compaction.lag.ms', 'delete.retention.ms', 'retention.ms']);

function configsOf({ cleanup, retention }: TopicSpec): { name: string; value: string }[] {
  const common = {
    'max.message.bytes': 2_097_152,
    // Records carry the time at their source, which may be in the future.
    'message.timestamp.after.max.ms': '9223372036854775807',
  };
  const policy =
    cleanup === 'compact'
      ? { 'cleanup.policy': 'compact', 'min.compaction.lag.ms': DAY, 'max.compaction.lag.ms': 3 * DAY, 'delete.retention.ms': DAY }
      : { 'cleanup.policy': 'delete', 'retention.ms': retention ?? -1 };
  return Object.entries({ ...common, ...policy }).map(([name, value]) => ({ name, value: String(value) }));
}
