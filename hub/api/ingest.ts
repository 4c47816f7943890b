/** `/ingest/<instance>`: where agencies push records. Answered 2xx only once they are durable; the receiver itself checks signature or token. */
import { type Request, type RequestHandler, Router } from 'express';
import type { ReceivedRequest } from '../connector.js';
import { CredentialError, RejectedRecord } from '../errors.js';
import type { Parts } from './parts.js';
import { Problem } from './problem.js';

/** A receiver names the rule that a request broke; what is not listed is a malformed request. */
const STATUS_OF_RULE: Readonly<Record<string, number>> = { signature: 401, method: 405, limit: 413 };

export function ingestRoutes(parts: () => Parts): Router {
  const router = Router();
  const take: RequestHandler<{ instance: string }> = async (request, response) => {
    try {
      response.json(await parts().runtime.receive(request.params.instance, receivedRequest(request)));
    } catch (error) {
      if (error instanceof CredentialError) throw new Problem(401, 'credential', error.message);
      if (error instanceof RejectedRecord) throw new Problem(STATUS_OF_RULE[error.faults[0]?.rule ?? ''] ?? 400, 'rejected', error.message, { faults: error.faults });
      throw error;
    }
  };
  router.all('/:instance', take);
  router.all('/:instance/*rest', take as unknown as RequestHandler);
  return router;
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
