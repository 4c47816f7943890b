/** `/api/v1/status`: the hub at a glance. `/api/v1/apply`: files of instances and contracts, planned or applied. */
import { Router } from 'express';
import { messageOf, RetriableError } from '../errors.js';
import { isOutage } from '../log/outage.js';
import { version } from '../project.js';
import { isObject } from '../json.js';
import type { Json } from '../record.js';
import type { AppliedFile, Parts } from './parts.js';
import { Problem } from './problem.js';

export function statusRoutes(parts: () => Parts): Router {
  const router = Router();
  router.get('/status', async (_request, response) => {
    const hub = parts();
    const instances = hub.runtime.instances();
    const kept = await keptOf(hub);
    const states: Record<string, number> = {};
    for (const { state } of instances) states[state] = (states[state] ?? 0) + 1;
    response.json({
      name: 'sasando',
      version,
      engine: hub.engine,
      startedAt: hub.startedAt.toISOString(),
      city: hub.city !== undefined,
      instances: states,
      ...kept.numbers,
      faults: [...kept.faults, ...hub.faults()].map((message) => ({ message })),
    });
  });
  router.post('/plan', async (request, response) => {
    response.json({ changes: await parts().apply(filesOf(request.body as Json), true) });
  });
  router.post('/apply', async (request, response) => {
    response.json({ changes: await parts().apply(filesOf(request.body as Json), false) });
  });
  return router;
}

/** Numbers that only database and log know: null while they do not answer, which is then told. */
async function keptOf(hub: Parts): Promise<{ numbers: { topics: number | null; records: number | null; cases: number | null }; faults: string[] }> {
  try {
    if (!(await hub.ready())) throw new RetriableError('Basis data hub tidak menjawab');
    const [topics, cases] = await Promise.all([hub.log.topics(), hub.cases.list({ state: 'open', limit: 1 })]);
    return { numbers: { topics: topics.length, records: topics.reduce((sum, topic) => sum + topic.records, 0), cases: cases.total }, faults: [] };
  } catch (error) {
    if (!isOutage(error)) throw error;
    return { numbers: { topics: null, records: null, cases: null }, faults: [`${messageOf(error)}. Hub mencoba terus; catatan yang belum tersimpan dibaca lagi nanti.`] };
  }
}

function filesOf(body: Json): AppliedFile[] {
  const files = isObject(body) ? body.files : undefined;
  if (!Array.isArray(files)) throw new Problem(400, 'body', 'Isi permintaan harus {"files": [{"path": …, "text": …}]}.');
  return files.map((file) => {
    const { path, text } = (file ?? {}) as { path?: Json; text?: Json };
    if (typeof path !== 'string' || typeof text !== 'string') throw new Problem(400, 'body', 'Setiap berkas perlu "path" dan "text".');
    return { path, text };
  });
}
