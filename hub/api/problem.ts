/** Errors of the HTTP API: RFC 9457 problem documents with a stable `code` for programs and a sentence in Bahasa Indonesia for people. */
import type { ErrorRequestHandler, Response } from 'express';
import { messageOf, SettingsError } from '../errors.js';
import type { Fault } from '../record.js';
import { maskIdentities } from '../mask.js';

/** Thrown by a handler: what became of the request, said to the caller as it is. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly extra: { readonly faults?: readonly (Fault | { path: string; message: string })[]; readonly retryAfter?: number; readonly allow?: string } = {},
  ) {
    super(message);
  }
}

export function notFound(what: string): Problem {
  return new Problem(404, 'not_found', what);
}

/** Answers with a problem document. */
export function sendProblem(response: Response, problem: Problem): void {
  if (problem.extra.retryAfter !== undefined) response.setHeader('Retry-After', String(problem.extra.retryAfter));
  if (problem.extra.allow !== undefined) response.setHeader('Allow', problem.extra.allow);
  response
    .status(problem.status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: 'about:blank',
        title: TITLES[problem.status] ?? 'Permintaan gagal',
        status: problem.status,
        code: problem.code,
        detail: maskIdentities(problem.message),
        ...(problem.extra.faults && { faults: JSON.parse(maskIdentities(JSON.stringify(problem.extra.faults))) as unknown }),
      }),
    );
}

/** The last handler: turns whatever was thrown into a problem; what is not foreseen is told to `unexpected` and hidden from the caller. */
export function problemHandler(unexpected: (error: unknown) => void): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) {
      unexpected(error);
      next(error);
      return;
    }
    const problem = problemOf(error);
    // What passes by itself (503) is no error of the hub: a stranger who knocks often must not fill the log.
    if (problem.status === 500) unexpected(error);
    sendProblem(response, problem);
  };
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Permintaan tidak benar',
  401: 'Perlu masuk',
  403: 'Tidak diizinkan',
  404: 'Tidak ada',
  405: 'Cara meminta tidak dikenal',
  409: 'Tidak dapat dilakukan sekarang',
  413: 'Terlalu besar',
  415: 'Jenis isi tidak dikenal',
  422: 'Data tidak dapat diterima',
  429: 'Terlalu sering',
  500: 'Kesalahan di hub',
  503: 'Belum siap',
};

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof SettingsError) return new Problem(422, 'settings', error.message, { faults: error.faults });
  const { code, faults, status, type } = error as { code?: unknown; faults?: readonly Fault[]; status?: unknown; type?: unknown };
  if (type === 'entity.too.large') return new Problem(413, 'too_large', 'Isi permintaan lebih dari 1 MB. Bagi menjadi beberapa permintaan.');
  if (code === 'rejected') return new Problem(422, 'rejected', messageOf(error), { faults: faults ?? [] });
  if (code === 'contract') return new Problem(409, 'contract', messageOf(error), { faults: faults ?? [] });
  if (code === 'credential') return new Problem(409, 'credential', messageOf(error));
  if (code === 'retriable') {
    const { retryAfter } = error as { retryAfter?: number };
    return new Problem(503, 'retriable', messageOf(error), { retryAfter: retryAfter ?? 5 });
  }
  // SQLSTATE of what passes by itself, or no connection at all.
  if (typeof code === 'string' && /^((08|53|57P|58).+|ECONNREFUSED|ECONNRESET)$/.test(code)) return new Problem(503, 'retriable', 'Basis data hub sedang tidak dapat melayani. Hub mencoba terus; coba lagi sebentar lagi.', { retryAfter: 5 });
  if (code === 'offset_out_of_range') return new Problem(409, 'offset_out_of_range', messageOf(error));
  if (code === 'not_found' || code === 'conflict') return new Problem(code === 'not_found' ? 404 : 409, code, messageOf(error));
  if (typeof status === 'number' && status >= 400 && status < 500) return new Problem(status, 'request', 'Permintaan tidak dapat dibaca. Periksa alamat, tajuk dan isinya.');
  return new Problem(500, 'internal', 'Hub mengalami kesalahan yang tidak terduga. Lihat log hub pada waktu ini.');
}
