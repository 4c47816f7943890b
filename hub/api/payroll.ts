/** `/api/v1/payroll`: what was found in payrolls before their SPM, and the officer's decisions. */
import { Router } from 'express';
import type { Json } from '../record.js';
import type { Parts } from './parts.js';
import { notFound, Problem } from './problem.js';

const DECISIONS = ['DITAHAN', 'DILEPAS'] as const;

export function payrollRoutes(parts: () => Parts): Router {
  const router = Router();
  router.get('/payroll/findings', async (_request, response) => {
    response.json({ findings: await parts().payroll.findings() });
  });
  router.post('/payroll/findings/:id', async (request, response) => {
    const body = (request.body ?? {}) as { [name: string]: Json };
    const decision = DECISIONS.find((word) => word === body.keputusan);
    if (!decision) throw new Problem(400, 'keputusan', 'Isi "keputusan" dengan DITAHAN atau DILEPAS.');
    if (typeof body.alasan !== 'string' || body.alasan.trim() === '') throw new Problem(400, 'alasan', 'Isi "alasan": setiap keputusan perlu alasan tertulis.');
    const decided = await parts().payroll.decide(request.params.id, { keputusan: decision, alasan: body.alasan.trim() });
    if (!decided) throw notFound('Tidak ada temuan dengan nomor itu. Lihat "sasando payroll".');
    response.json(decided);
  });
  return router;
}
