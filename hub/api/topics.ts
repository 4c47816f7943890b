/** `/api/v1/topics`: what lies in the log, decoded. */
import { type Request, Router } from 'express';
import type { StoredRecord } from '../record.js';
import type { Parts } from './parts.js';
import { notFound, Problem } from './problem.js';
import { textOf, wholeNumber } from './query.js';

export function topicsRoutes(parts: () => Parts): Router {
  const router = Router();
  router.get('/topics', async (_request, response) => {
    const topics = await parts().log.topics();
    response.json(topics.map(({ name, partitions, records, cleanup, retention }) => ({ name, partitions, records, cleanup, ...(retention !== undefined && { retention }) })));
  });
  /**
   * `from=start|end|<time>`, or `offset` with `partition`, or `cursor` of the page before. Records are merged by time over partitions, in offset order within each.
   * `next` is the cursor to go on with; `end` says that nothing lies behind it for now.
   */
  router.get('/topics/:topic/records', async (request, response) => {
    const { log, decode } = parts();
    const { topic } = request.params;
    if (!(await log.topics()).some(({ name }) => name === topic)) throw notFound('Tidak ada topik dengan nama itu. Lihat "sasando topics".');
    const limit = wholeNumber(request, 'limit', 1, 1_000) ?? 100;
    const positions = await beginning(log, topic, request);
    const heads = new Map((await log.offsets(topic)).map((range) => [range.partition, range]));
    const found: StoredRecord[] = [];
    const after = new Map(positions);
    for (const [partition, offset] of positions) {
      const range = heads.get(partition);
      if (!range) throw new Problem(400, 'parameter', `Topik itu tidak punya partisi ${partition}; yang ada 0 sampai ${heads.size - 1}.`);
      if (offset >= range.end) continue;
      const batch = await log.read(topic, partition, offset, limit);
      found.push(...batch.records);
      after.set(partition, batch.nextOffset);
    }
    const page = inTimeOrder(found, limit);
    // What did not fit on the page is read again with the next one.
    for (const record of found) if (!page.has(record)) after.set(record.partition, Math.min(after.get(record.partition)!, record.offset));
    const records = [];
    for (const record of page) {
      records.push({ partition: record.partition, offset: record.offset, key: record.key, id: record.id, time: new Date(record.time).toISOString(), value: await decode(record) });
    }
    response.json({
      topic,
      records,
      next: [...after].map(([partition, offset]) => `${partition}:${offset}`).join(','),
      end: [...after].every(([partition, offset]) => offset >= heads.get(partition)!.end),
    });
  });
  return router;
}

async function beginning(log: Parts['log'], topic: string, request: Request): Promise<Map<number, number>> {
  const cursor = textOf(request, 'cursor');
  const partition = wholeNumber(request, 'partition', 0, 10_000);
  const offset = wholeNumber(request, 'offset');
  if (cursor !== undefined) {
    if (!/^\d{1,5}:\d{1,16}(,\d{1,5}:\d{1,16})*$/.test(cursor)) throw new Problem(400, 'parameter', 'Parameter "cursor" harus disalin dari "next" halaman sebelumnya.');
    return new Map(cursor.split(',').map((part) => part.split(':').map(Number) as [number, number]));
  }
  if (offset !== undefined) {
    if (partition === undefined) throw new Problem(400, 'parameter', 'Parameter "offset" perlu "partition": setiap partisi punya hitungannya sendiri.');
    return new Map([[partition, offset]]);
  }
  const chosen = (found: readonly { partition: number; offset: number }[]) => {
    if (partition !== undefined && !found.some((place) => place.partition === partition)) throw new Problem(400, 'parameter', `Topik itu tidak punya partisi ${partition}; yang ada 0 sampai ${found.length - 1}.`);
    return new Map(found.filter((place) => partition === undefined || place.partition === partition).map((place) => [place.partition, place.offset]));
  };
  const from = textOf(request, 'from') ?? textOf(request, 'time') ?? 'start';
  if (from === 'start' || from === 'end') return chosen((await log.offsets(topic)).map((range) => ({ partition: range.partition, offset: range[from] })));
  const time = Date.parse(from);
  if (!/^\d{4}-\d{2}-\d{2}/.test(from) || Number.isNaN(time)) throw new Problem(400, 'parameter', 'Parameter "from" harus start, end, atau waktu seperti 2026-11-24T08:00:00Z.');
  return chosen(await log.offsetsAt(topic, time));
}

/** The `limit` oldest records; a partition's order is kept even where its times go backwards. */
function inTimeOrder(found: readonly StoredRecord[], limit: number): Set<StoredRecord> {
  const queues = new Map<number, StoredRecord[]>();
  for (const record of found) {
    const queue = queues.get(record.partition);
    if (queue) queue.push(record);
    else queues.set(record.partition, [record]);
  }
  const page = new Set<StoredRecord>();
  while (page.size < limit) {
    let oldest: StoredRecord | undefined;
    for (const [first] of queues.values()) if (first && (!oldest || first.time < oldest.time)) oldest = first;
    if (!oldest) break;
    page.add(oldest);
    queues.get(oldest.partition)!.shift();
  }
  return page;
}
