/** `/api/v1/payroll`: what was found in payrolls before their SPM, and the officer's decisions. */
import { Router } from 'express';
import type { Json } from '../record.js';
import type { Parts } from './parts.js';
import { notFound, Problem } from './problem.js';

const DECISIONS = ['DITAHAN', 'DILEPAS'] as const;

export function payrollRoutes(parts: () => Parts): Router {
  const router = Router();
  router.get('/payroll/findings', async (_request, response) => {
    const { cases, payroll } = parts();
    // Lines that could not be checked, since they never came into the topic.
    const { cases: rejected, total } = await cases.list({ topic: 'keuangan.gaji', state: 'open', limit: 100 });
    response.json({
      findings: await payroll.findings(),
      rejectedLines: { total, cases: rejected.map(({ id, instance, origin, faults }) => ({ id, instance, origin: origin ?? null, faults })) },
    });
  });
  router.post('/payroll/findings/:id', async (request, response) => {
    const body = (request.body ?? {}) as { [name: string]: Json };
    const decision = DECISIONS.find((word) => word === body.keputusan);
    if (!decision) throw new Problem(400, 'keputusan', 'Isi "keputusan" dengan DITAHAN atau DILEPAS.');
    if (typeof body.alasan !== 'string' || body.alasan.trim() === '') throw new Problem(400, 'alasan', 'Isi "alasan": setiap keputusan perlu alasan tertulis.');
    if (body.petugas !== undefined && (typeof body.petugas !== 'string' || body.petugas.trim() === '')) throw new Problem(400, 'petugas', 'Isi "petugas" dengan nama petugas yang memutuskan, atau hapus agar memakai petugas gaji dari pengaturan hub.');
    const decided = await parts().payroll.decide(request.params.id, { keputusan: decision, alasan: body.alasan, ...(body.petugas !== undefined && { petugas: body.petugas }) });
    if (!decided) throw notFound('Tidak ada temuan dengan nomor itu. Lihat "sasando payroll".');
    response.json(decided);
  });
  return router;
}
