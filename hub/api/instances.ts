/** `/api/v1/instances`: configured connectors, their switches and positions. */
import { Router } from 'express';
import { isObject } from '../json.js';
import type { Json } from '../record.js';
import type { InstanceStatus } from '../runtime/instance-status.js';
import type { Parts } from './parts.js';
import { notFound, Problem } from './problem.js';

const ACTIONS = ['pause', 'resume', 'stop', 'restart'] as const;

export function instancesRoutes(parts: () => Parts): Router {
  const router = Router();
  const find = (name: string): InstanceStatus => {
    const found = parts().runtime.instances().find((instance) => instance.name === name);
    if (!found) throw notFound('Tidak ada instans dengan nama itu. Lihat "sasando instances list".');
    return found;
  };
  router.get('/instances', (_request, response) => {
    response.json(parts().runtime.instances());
  });
  router.get('/instances/:name', async (request, response) => {
    const found = find(request.params.name);
    response.json({ ...found, position: (await parts().runtime.position(found.name)) ?? null });
  });
  router.get('/instances/:name/position', async (request, response) => {
    const { name } = find(request.params.name);
    response.json({ position: (await parts().runtime.position(name)) ?? null });
  });
  router.put('/instances/:name/position', async (request, response) => {
    const { name } = find(request.params.name);
    const body = request.body as Json;
    if (!isObject(body) || !('position' in body)) throw new Problem(400, 'body', 'Isi permintaan harus {"position": …}; null berarti dari awal.');
    await parts().runtime.setPosition(name, body.position!, 'admin');
    response.json({ position: (await parts().runtime.position(name)) ?? null });
  });
  for (const action of ACTIONS) {
    router.post(`/instances/:name/${action}`, async (request, response) => {
      const { name } = find(request.params.name);
      await parts().runtime[action](name, 'admin');
      response.json(find(name));
    });
  }
  return router;
}
