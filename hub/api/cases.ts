/** `/api/v1/cases`: records that could not pass; looked at, mended and replayed. */
import { Router } from 'express';
import type { Case } from '../cases/cases.js';
import { maskIdentities } from '../mask.js';
import { isObject } from '../json.js';
import type { Json, JsonObject } from '../record.js';
import type { Parts } from './parts.js';
import { notFound, Problem } from './problem.js';
import { oneOf, textOf, wholeNumber } from './query.js';

export function casesRoutes(parts: () => Parts): Router {
  const router = Router();
  router.get('/cases', async (request, response) => {
    const instance = textOf(request, 'instance');
    const owner = textOf(request, 'owner');
    const state = oneOf(request, 'state', ['open', 'closed', 'all']);
    const { cases, total } = await parts().cases.list({
      ...(instance !== undefined && { instance }),
      ...(owner !== undefined && { owner }),
      ...(state !== undefined && { state }),
      limit: wholeNumber(request, 'limit', 1, 1_000) ?? 100,
      offset: wholeNumber(request, 'offset') ?? 0,
    });
    response.json({ total, cases: cases.map(overview) });
  });
  router.get('/cases/:id', async (request, response) => {
    const found = await parts().cases.show(request.params.id);
    if (!found) throw noCase();
    const { position, closing } = found;
    response.json({
      ...overview(found),
      payload: found.payload,
      position: position ?? null,
      closing: closing ? { ...closing, time: new Date(closing.time).toISOString() } : null,
    });
  });
  router.post('/cases/:id/replay', async (request, response) => {
    const { cases, runtime } = parts();
    const payload = payloadOf(request.body as Json);
    const found = await cases.show(request.params.id);
    if (!found) throw noCase();
    response.json(await runtime.replay(found.id, { by: 'admin', ...(payload && { payload }) }));
  });
  return router;
}

/** Everything but what the record itself says; its key may be somebody's NIK. */
function overview(one: Case): object {
  const { id, owner, instance, topic, stream, state, faults, origin, deleted, seen } = one;
  return {
    id,
    owner,
    instance,
    topic,
    stream: stream ?? null,
    key: one.key === undefined ? null : maskIdentities(one.key),
    state,
    faults,
    origin: origin ?? null,
    deleted: deleted ?? false,
    seen,
    openedAt: new Date(one.openedAt).toISOString(),
    time: new Date(one.time).toISOString(),
  };
}

function noCase(): Problem {
  return notFound('Tidak ada kasus dengan id itu. Lihat "sasando cases list".');
}

function payloadOf(body: Json): JsonObject | undefined {
  const payload = isObject(body) ? body.payload : null;
  if (payload === undefined) return undefined;
  if (!isObject(payload)) throw new Problem(400, 'body', 'Isi permintaan harus {"payload": {…}} dengan catatan lengkap, atau kosong untuk mengirim ulang apa adanya.');
  return payload;
}
