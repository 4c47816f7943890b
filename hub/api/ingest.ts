/** `/ingest/<instance>`: where agencies push records. Answered 2xx only once they are durable; the receiver itself checks signature or token. */
import { type Request, type RequestHandler, Router } from 'express';
import type { ReceivedRequest } from '../connector.js';
import { CredentialError, RejectedRecord, RetriableError } from '../errors.js';
import type { Parts } from './parts.js';
import { notFound, Problem } from './problem.js';

/** A receiver names the rule that a request broke; what is not listed is a malformed request. */
const STATUS_OF_RULE: Readonly<Record<string, number>> = { signature: 401, method: 405, limit: 413 };
/** What receivers take at most. */
const METHODS = 'POST, PUT';

export function ingestRoutes(parts: () => Parts): Router {
  const router = Router();
  const take: RequestHandler<{ instance: string }> = async (request, response) => {
    try {
      response.json(await parts().runtime.receive(request.params.instance, receivedRequest(request)));
    } catch (error) {
      throw answerOf(error);
    }
  };
  router.all('/:instance', take);
  router.all('/:instance/*rest', take as unknown as RequestHandler);
  return router;
}

/** Whoever asks here may be a stranger: what the hub's insides said (addresses, states, settings) stays inside. */
function answerOf(error: unknown): unknown {
  if (error instanceof CredentialError) return new Problem(401, 'credential', 'Kiriman ditolak: pengirim tidak terbukti berhak mengirim.');
  if (error instanceof RetriableError) return new Problem(503, 'retriable', 'Hub belum dapat menyimpan kiriman ini. Kirim lagi nanti.', { retryAfter: error.retryAfter ?? 5 });
  // Unknown, or there but no receiver: the same to a stranger.
  if ((error as { code?: unknown }).code === 'not_found') return notFound('Tidak ada penerima kiriman di alamat ini. Periksa nama instansnya.');
  if (!(error instanceof RejectedRecord)) return error;
  const { rule = '', message = 'tidak dapat dibaca', repair } = error.faults[0] ?? {};
  const status = STATUS_OF_RULE[rule] ?? 400;
  return new Problem(status, 'rejected', `Kiriman ditolak: ${message}${repair ? `. ${repair}.` : '.'}`, status === 405 ? { allow: METHODS } : {});
}

function receivedRequest(request: Request<{ instance: string }>): ReceivedRequest {
  const path = request.path.slice(1 + encodeURIComponent(request.params.instance).length);
  return {
    method: request.method,
    path: path.startsWith('/') ? path : `/${path}`,
    query: Object.fromEntries(Object.entries(request.query).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : []))),
    headers: Object.fromEntries(Object.entries(request.headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]]))),
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    remoteAddress: request.socket.remoteAddress ?? '',
  };
}
