/** Who may use the API: for now one user, `admin`, by HTTP Basic. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { Problem, sendProblem } from './problem.js';

/**
 * Lets through who knows the password. Both sides are hashed first, so that the comparison takes the same time whatever was sent; the expected hash is made once,
 * so that checking costs microseconds.
 */
export function requireAdmin(password: string): RequestHandler {
  const expected = digest(`admin:${password}`);
  return (request, response, next) => {
    const [scheme, token] = (request.headers.authorization ?? '').split(' ', 2);
    const given = scheme?.toLowerCase() === 'basic' ? Buffer.from(token ?? '', 'base64').toString('utf8') : '';
    if (timingSafeEqual(digest(given), expected)) {
      next();
      return;
    }
    response.setHeader('WWW-Authenticate', 'Basic realm="Sasando", charset="UTF-8"');
    sendProblem(response, new Problem(401, 'unauthorized', 'Masuk dengan pengguna "admin" dan kata sandinya (lihat baris pertama saat hub dijalankan, atau berkas admin-password di folder data).'));
  };
}

/**
 * A browser that has the password would also send it along with a form of another site: such requests are refused unless they only read. Browsers say where a request comes from in
 * `Sec-Fetch-Site`, but only to addresses with TLS and to this computer; to all others in `Origin`.
 */
export const refuseOtherSites: RequestHandler = (request, response, next) => {
  const { 'sec-fetch-site': site, origin, host } = request.headers;
  const own = site === undefined ? origin === undefined || (URL.canParse(origin) && new URL(origin).host === host) : site === 'same-origin' || site === 'none';
  if (own || request.method === 'GET' || request.method === 'HEAD') {
    next();
    return;
  }
  sendProblem(response, new Problem(403, 'cross_site', 'Permintaan ini datang dari situs lain dan ditolak. Jalankan dari halaman hub sendiri atau lewat CLI.'));
};

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
