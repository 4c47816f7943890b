/** `/api/v1/city`: the simulated agencies, when the hub runs with them. */
import { Router } from 'express';
import type { Json } from '../record.js';
import type { CityPart, Parts } from './parts.js';
import { notFound, Problem } from './problem.js';

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
    if (body === null || typeof body !== 'object' || Array.isArray(body)) throw new Problem(400, 'body', 'Isi permintaan harus objek, misalnya {"down": true}.');
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
