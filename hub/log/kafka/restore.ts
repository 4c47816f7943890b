/** Taking over a partition of another engine: records with the offsets they had. Kafka gives offsets itself, so those without a record are taken up by fillers, which readers pass. */
import type { StoredRecord } from '../../record.js';
import type { Piece } from '../migrate.js';
import type { Client } from './client.js';
import { listOffsets, type Place } from './fetch.js';
import { encodeBatch, encodeFillers } from './record-batch.js';
import { batchEnd, produceOnce } from './transaction.js';

const FILLERS = 10_000;

export async function restoreRecords(client: Client, place: Place, { start, records, nextOffset }: Piece): Promise<void> {
  const { topic, inKafka, partition } = place;
  let end = (await listOffsets(client, topic, inKafka, '-1', 0))[partition]!;
  const put = async (data: Buffer, count: number): Promise<void> => {
    const base = await produceOnce(client, inKafka, partition, data);
    if (base !== end) throw new Error(`Topik ${topic} partisi ${partition}: tujuan berubah saat dipindahkan (offset ${base}, seharusnya ${end}). Kosongkan tujuan dan ulangi.`);
    end += count;
  };
  const fill = async (until: number, time: number): Promise<void> => {
    while (end < until) {
      const count = Math.min(FILLERS, until - end);
      await put(encodeFillers(count, time), count);
    }
  };
  for (let at = 0; at < records.length; ) {
    // Fillers are as old as what follows, so that retention takes them with it.
    await fill(records[at]!.offset, records[at]!.time);
    const run = runOf(records, at);
    const to = Math.min(batchEnd(records, at), run);
    await put(encodeBatch(records.slice(at, to), records[at]!.time), to - at);
    at = to;
  }
  await fill(nextOffset, records.at(-1)?.time ?? Date.now());
  if (start > 0 && (await listOffsets(client, topic, inKafka, '-2', 0))[partition]! < start) {
    await client.admin(async (admin) => {
      // kafkajs looks for the partition's leader only among topics that it was asked about before.
      await admin.fetchTopicOffsets(inKafka);
      await admin.deleteTopicRecords({ topic: inKafka, partitions: [{ partition, offset: String(start) }] });
    });
  }
}

/** Index behind the last record that follows `from` without a hole. */
function runOf(records: readonly StoredRecord[], from: number): number {
  let at = from + 1;
  while (at < records.length && records[at]!.offset === records[at - 1]!.offset + 1) at++;
  return at;
}
