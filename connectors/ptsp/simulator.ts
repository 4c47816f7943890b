/** SiCantik Cloud of the PTSP: one generic output per template, rows at `data.data`, split by date. */
import type { JsonObject } from '../../hub/record.js';
import { type SimulatedServer, startServer } from '../city/server.js';

export interface PtspSimulator extends SimulatedServer {
  readonly permits: JsonObject[];
}

export const TEMPLATE = 42_611;

export async function startPtspSimulator(options: { port?: number } = {}): Promise<PtspSimulator> {
  const permits: JsonObject[] = [];
  const server = await startServer((app) => {
    app.get(`/api/TemplateData/keluaran/${TEMPLATE}.json`, (request, response) => {
      const [from, to] = [String(request.query.date1 ?? '0000-01-01'), String(request.query.date2 ?? '9999-12-31')];
      const rows = permits.filter((permit) => String(permit.tgl_pengajuan).slice(0, 10) >= from && String(permit.tgl_pengajuan).slice(0, 10) <= to);
      response.json({ success: true, data: { data: rows, count: rows.length } });
    });
  }, options.port);
  return { ...server, permits };
}
