/** `/health/live` and `/health/ready`: for whoever watches the process; need no credential and say nothing else. */
import { Router } from 'express';
import type { Parts } from './parts.js';

/** Live: the process answers. Ready: everything is built, and the database answers too. */
export function healthRoutes(parts: () => Parts | undefined): Router {
  const router = Router();
  router.get('/live', (_request, response) => {
    response.json({ status: 'up' });
  });
  router.get('/ready', async (_request, response) => {
    const built = parts();
    const ready = built !== undefined && (await built.ready());
    response.status(ready ? 200 : 503).json({ status: ready ? 'up' : 'starting' });
  });
  return router;
}
