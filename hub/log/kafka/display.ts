/** Shows foreign tools how far groups have read: offsets are committed to Kafka too, some seconds late. Nothing reads them back; the truth is in PostgreSQL. */
import type { Client } from './client.js';

export interface Display {
  /** `topic` is the name in Kafka. */
  show(group: string, topic: string, partition: number, offset: number): void;
  close(): Promise<void>;
}

const EVERY = 5_000;

export function displayOf(client: Client): Display {
  const waiting = new Map<string, Map<string, Map<number, number>>>();
  let timer: NodeJS.Timeout | undefined;

  const flush = async (): Promise<void> => {
    timer = undefined;
    for (const [groupId, topics] of waiting) {
      waiting.delete(groupId);
      try {
        const coordinator = await client.coordinator(groupId, 0);
        await client.ask(coordinator, (link) =>
          link.broker.offsetCommit({
            groupId,
            // Of no member: Kafka takes that for a group without members.
            groupGenerationId: -1,
            memberId: '',
            topics: [...topics].map(([topic, partitions]) => ({ topic, partitions: [...partitions].map(([partition, offset]) => ({ partition, offset: String(offset) })) })),
          }),
        );
      } catch {
        // The next one will be newer.
      }
    }
  };
  return {
    show: (group, topic, partition, offset) => {
      const topics = waiting.get(group) ?? new Map<string, Map<number, number>>();
      waiting.set(group, topics);
      const partitions = topics.get(topic) ?? new Map<number, number>();
      topics.set(topic, partitions);
      partitions.set(partition, offset);
      timer ??= setTimeout(() => void flush(), EVERY);
    },
    close: async () => {
      clearTimeout(timer);
      if (waiting.size > 0) await flush();
    },
  };
}
