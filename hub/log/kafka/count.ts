/** How many records a topic of Kafka holds. Offsets do not tell: the ends of transactions and what was aborted take some too. So the log is read, once, from the last known place on. */
import type { Database } from '../../database/database.js';
import { ContractError } from '../../errors.js';
import type { PartitionRange } from '../log.js';
import { ask } from '../outage.js';
import { type Client, kafkaType } from './client.js';
import { countFrom } from './fetch.js';

/** Records in the offsets from `first` to before `next`. */
interface Stretch {
  readonly first: number;
  next: number;
  records: number;
}

export interface Counter {
  /**
   * Records of the topic, never fewer than there are. Exact but for what was not counted in time (its offsets stand for it), records that compaction removed since they were counted,
   * and, after retention, up to one stretch.
   * @param inKafka name of the topic in Kafka
   * @param within milliseconds for reading on; the next call goes on from there
   */
  records(inKafka: string, ranges: readonly PartitionRange[], within: number): Promise<number>;
}

/** Offsets of a stretch that is kept: as much is read again after a restart, or counted too much after retention. */
const STRETCH = 10_000;

export function counterOf(client: Client, database: Database): Counter {
  let loading: Promise<Map<string, Stretch[]>> | undefined;
  const load = async (): Promise<Map<string, Stretch[]>> => {
    const { rows } = await ask(database, { text: 'SELECT topic, partition, first_offset, next_offset, records FROM kafka_count ORDER BY topic, partition, first_offset' });
    const known = new Map<string, Stretch[]>();
    for (const row of rows as { topic: string; partition: number; first_offset: string; next_offset: string; records: string }[]) {
      const stretches = stretchesOf(known, row.topic, row.partition);
      // Two hubs that counted side by side cut differently.
      if (Number(row.first_offset) >= (stretches.at(-1)?.next ?? 0)) stretches.push({ first: Number(row.first_offset), next: Number(row.next_offset), records: Number(row.records) });
    }
    return known;
  };
  const keep = (topic: string, partition: number, { first, next, records }: Stretch, start: number): Promise<unknown> =>
    ask(database, {
      text: `WITH gone AS (DELETE FROM kafka_count WHERE topic = $1 AND partition = $2 AND next_offset <= $6)
             INSERT INTO kafka_count VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
      values: [topic, partition, first, next, records, start],
    });

  const ofPartition = async (known: Map<string, Stretch[]>, topic: string, { partition, start, end }: PartitionRange, until: number): Promise<number> => {
    const stretches = stretchesOf(known, topic, partition);
    while (stretches[0] && stretches[0].next <= start) stretches.shift();
    for (let at = stretches.at(-1)?.next ?? start; at < end; ) {
      const counted = await countFrom(client, { topic, inKafka: topic, partition }, at).catch(unreadable);
      // Nothing is decided yet, or it cannot be read: its offsets stand for it.
      if (!counted || counted.nextOffset <= at) break;
      let last = stretches.at(-1);
      // Another call was faster.
      if (last && last.next > at) {
        at = last.next;
        continue;
      }
      if (!last || last.next - last.first >= STRETCH) stretches.push((last = { first: at, next: at, records: 0 }));
      last.next = at = counted.nextOffset;
      last.records += counted.records;
      if (last.next - last.first >= STRETCH) await keep(topic, partition, last, start);
      if (performance.now() > until) break;
    }
    let records = 0;
    let at = start;
    for (const { first, next, records: counted } of stretches) {
      records += Math.max(0, first - at) + Math.min(counted, next - Math.max(first, start));
      at = next;
    }
    return records + Math.max(0, end - at);
  };

  return {
    records: async (inKafka, ranges, within) => {
      const until = performance.now() + within;
      loading ??= load();
      loading.catch(() => (loading = undefined));
      const known = await loading;
      const counts = await Promise.all(ranges.map((range) => ofPartition(known, inKafka, range, until)));
      return counts.reduce((sum, count) => sum + count, 0);
    },
  };
}

/** Removed in between, or in a format of old. */
function unreadable(error: unknown): undefined {
  if (kafkaType(error) !== 'OFFSET_OUT_OF_RANGE' && !(error instanceof ContractError)) throw error;
}

function stretchesOf(known: Map<string, Stretch[]>, topic: string, partition: number): Stretch[] {
  const place = `${topic}/${partition}`;
  const found = known.get(place) ?? [];
  known.set(place, found);
  return found;
}
