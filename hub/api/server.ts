/** The hub's one HTTP port. Listens at once, so that health answers while the rest is being built; everything else answers 503 until `open()`. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type RequestHandler, Router } from 'express';
import helmet from 'helmet';
import type { Logger } from '../connector.js';
import { parseJson } from '../json.js';
import { refuseOtherSites, requireAdmin } from './credential.js';
import { casesRoutes } from './cases.js';
import { cityRoutes } from './city.js';
import { healthRoutes } from './health.js';
import { ingestRoutes } from './ingest.js';
import { instancesRoutes } from './instances.js';
import { createMetrics } from './metrics.js';
import type { Parts } from './parts.js';
import { payrollRoutes } from './payroll.js';
import { notFound, Problem, problemHandler } from './problem.js';
import { startPage } from './start-page.js';
import { statusRoutes } from './status.js';
import { topicsRoutes } from './topics.js';

/** Largest body of a request; larger ones are refused before they are read. */
const MAX_BODY = 1_048_576;

export interface ApiServer {
  readonly url: string;
  /** The hub is built: from now on every surface answers. */
  open(parts: Parts): void;
  /** Takes no new requests, waits for those under way at most `grace` milliseconds. May be called twice. */
  close(grace?: number): Promise<void>;
}

/** Starts listening. @throws Error with one sentence when the port is taken. */
export async function startApi(options: { host: string; port: number; adminPassword: string; logger: Logger }): Promise<ApiServer> {
  let parts: Parts | undefined;
  let closing: Promise<void> | undefined;
  const opened = (): Parts => {
    if (closing) throw new Problem(503, 'stopping', 'Hub sedang berhenti. Coba lagi setelah hub dijalankan kembali.', { retryAfter: 5 });
    if (!parts) throw new Problem(503, 'starting', 'Hub sedang dimulai. Coba lagi sebentar lagi.', { retryAfter: 1 });
    return parts;
  };
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use(helmet({ strictTransportSecurity: false, contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } }));
  // No name, id or text holds U+0000, and no database takes it.
  app.use((request, _response, next) => {
    if (request.originalUrl.includes('%00')) throw new Problem(400, 'request', 'Alamat berisi karakter kosong (%00).');
    next();
  });
  const metrics = createMetrics(() => (closing ? undefined : parts));
  app.use(metrics.observe);
  app.use('/health', healthRoutes(() => (closing ? undefined : parts)));
  // Agencies sign their own requests: the receiver checks them.
  app.use('/ingest', express.raw({ type: () => true, limit: MAX_BODY }), ingestRoutes(opened));

  const guarded = Router();
  guarded.use(requireAdmin(options.adminPassword), refuseOtherSites);
  guarded.get('/metrics', metrics.show);
  guarded.get('/', startPage(opened));
  guarded.use('/api/v1', express.text({ type: () => true, limit: MAX_BODY }), jsonBody, statusRoutes(opened), instancesRoutes(opened), topicsRoutes(opened), casesRoutes(opened), payrollRoutes(opened), cityRoutes(opened));
  app.use(guarded);
  app.use((request) => {
    throw notFound(`Tidak ada apa-apa di alamat ini untuk ${request.method}. Lihat halaman awal hub.`);
  });
  app.use(problemHandler((error) => options.logger.error({ err: error }, 'Permintaan API gagal')));

  const server = createServer({ requestTimeout: 60_000, headersTimeout: 15_000, maxHeaderSize: 16_384 }, app);
  await listen(server, options.host, options.port);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${options.host === '0.0.0.0' || options.host === '::' ? '127.0.0.1' : options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    open: (built) => (parts = built),
    close: (grace = 3_000) => (closing ??= closeServer(server, grace)),
  };
}

/** Bodies are JSON whatever the content type says, read without losing digits; none at all is an empty object. */
const jsonBody: RequestHandler = (request, _response, next) => {
  const text = typeof request.body === 'string' ? request.body : '';
  try {
    request.body = text.trim() === '' ? {} : parseJson(text);
  } catch (error) {
    throw new Problem(400, 'syntax', `Isi permintaan ${(error as Error).message}.`);
  }
  next();
};

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((done, failed) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reasons: Readonly<Record<string, string>> = {
        EADDRINUSE: `Port ${port} di ${host} sudah dipakai program lain. Hentikan program itu, atau pilih port lain, misalnya SASANDO_PORT=8090.`,
        EACCES: `Port ${port} tidak boleh dipakai oleh pengguna ini. Pilih port di atas 1023 dengan SASANDO_PORT.`,
        EADDRNOTAVAIL: `Alamat ${host} bukan milik komputer ini. Periksa SASANDO_HOST.`,
        ENOTFOUND: `Alamat ${host} tidak dikenal. Periksa SASANDO_HOST.`,
      };
      failed(new Error(reasons[error.code ?? ''] ?? `Hub tidak dapat mendengarkan di ${host}:${port}: ${error.message}`, { cause: error }));
    });
    server.listen(port, host, () => done());
  });
}

function closeServer(server: Server, grace: number): Promise<void> {
  return new Promise((done) => {
    const force = setTimeout(() => server.closeAllConnections(), grace);
    server.close(() => {
      clearTimeout(force);
      done();
    });
    server.closeIdleConnections();
  });
}
