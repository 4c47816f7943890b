/** `/api/v1/city`: the simulated agencies, when the hub runs with them. */
import { Router } from 'express';
import { isObject } from '../json.js';
import type { Json } from '../record.js';
import type { CityPart, Parts } from './parts.js';
import { notFound, Problem } from './problem.js';

/** What a fault that is set now can be set to. */
const KINDS: Readonly<Record<string, string>> = { boolean: 'true atau false', number: 'angka' };

export function cityRoutes(parts: () => Parts): Router {
  const router = Router();
  const city = (): CityPart => {
    const { city: running } = parts();
    if (!running) throw notFound('Hub ini berjalan tanpa kota simulasi. Jalankan dengan "sasando serve --city".');
    return running;
  };
  router.get('/city', (_request, response) => {
    response.json({ simulators: city().simulators(), stories: city().stories() });
  });
  router.put('/city/simulators/:name/faults', (request, response) => {
    const body = request.body as Json;
    if (!isObject(body)) throw new Problem(400, 'body', 'Isi permintaan harus objek, misalnya {"down": true}.');
    const before = city().simulators().find(({ name }) => name === request.params.name)?.faults;
    for (const [name, value] of Object.entries(before ? body : {})) {
      if (!Object.hasOwn(before!, name)) throw new Problem(400, 'body', `Simulator ${request.params.name} tidak mengenal gangguan "${name}". Yang ada: ${Object.keys(before!).join(', ') || 'tidak ada'}.`);
      const known = KINDS[typeof before![name]];
      if (known && value !== null && typeof value !== typeof before![name]) throw new Problem(400, 'body', `Gangguan "${name}" harus ${known}.`);
    }
    const faults = city().setFaults(request.params.name, body);
    if (!faults) throw notFound('Tidak ada simulator dengan nama itu. Lihat "sasando city status".');
    response.json({ name: request.params.name, faults });
  });
  router.post('/city/stories/:name', async (request, response) => {
    const told = await city().tell(request.params.name);
    if (told === undefined) throw notFound('Tidak ada cerita dengan nama itu. Lihat "sasando city story".');
    response.json({ told });
  });
  return router;
}
