/** A small JSON service for tests and for trying the connector: pages in every way, two tokens, and faults that can be switched. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Json, JsonObject } from '../../hub/record.js';

export interface RestSimulator {
  readonly url: string;
  /** What GET answers, in order. */
  readonly records: unknown[];
  /** What was written, by request: method, key, body. A request with a known Idempotency-Key is answered again and not noted. */
  readonly written: { method: string; key: string; body: JsonObject | null }[];
  /** Path and query of every request, in order. */
  readonly requests: string[];
  readonly faults: {
    /** Tokens are asked for, and refused. */
    refuse: boolean;
    /** 429 with this Retry-After. */
    retryAfter?: string;
    /** Takes requests and never answers. */
    silent: boolean;
    /** The next answer breaks off in the middle. */
    breakOff: boolean;
    /** Answers so many writes, then 429. */
    quota: number;
    /** Records per page at most, whatever was asked. */
    cap: number;
    /** Answer of GET as it is. */
    raw?: { status: number; body: string; headers?: Record<string, string> };
  };
  /** Makes every token that was given so far invalid. */
  expireTokens(): void;
  close(): Promise<void>;
}

/** Starts it on a free port of 127.0.0.1, or on `port`. With `keys`, data needs these headers or parameters. With `tokens`, data needs `Authorization: Bearer apim-n` and `Auth: bearer sso-n` at once. */
export async function startRestSimulator(options: { records?: unknown[]; tokens?: boolean; keys?: { headers?: Record<string, string>; query?: Record<string, string> }; port?: number } = {}): Promise<RestSimulator> {
  const faults: RestSimulator['faults'] = { refuse: false, silent: false, breakOff: false, quota: Infinity, cap: Infinity };
  const records = options.records ?? [];
  const written: RestSimulator['written'] = [];
  const requests: string[] = [];
  const answered = new Map<string, { status: number; body: unknown }>();
  let generation = 1;

  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => handle(request, response, body));
  });
  function handle(request: IncomingMessage, response: ServerResponse, body: string): void {
    const url = new URL(request.url ?? '/', 'http://simulator');
    requests.push(request.url ?? '/');
    const answer = (status: number, content: unknown, headers: Record<string, string> = {}) => {
      const text = typeof content === 'string' ? content : JSON.stringify(content);
      response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(text)), ...headers });
      if (!faults.breakOff) return void response.end(text);
      faults.breakOff = false;
      response.write(text.slice(0, text.length >> 1), () => request.socket.destroy());
    };
    if (faults.silent) return;
    if (faults.retryAfter !== undefined) return answer(429, { message: 'terlalu sering' }, { 'Retry-After': faults.retryAfter });
    if (url.pathname === '/token' || url.pathname === '/sso') {
      const form = new URLSearchParams(body);
      const right = url.pathname === '/token' ? request.headers.authorization === `Basic ${Buffer.from('kunci:rahasia').toString('base64')}` : form.get('username') === 'kupang' && form.get('password') === 'sandi';
      if (!right || faults.refuse) return answer(400, { error: 'invalid_grant' });
      return answer(200, { access_token: `${url.pathname === '/token' ? 'apim' : 'sso'}-${generation}`, expires_in: 3600 });
    }
    const known = request.headers.authorization === `Bearer apim-${generation}` && request.headers.auth === `bearer sso-${generation}`;
    const { headers = {}, query = {} } = options.keys ?? {};
    const keyed = Object.entries(headers).every(([name, value]) => request.headers[name.toLowerCase()] === value) && Object.entries(query).every(([name, value]) => url.searchParams.get(name) === value);
    if (faults.refuse || !keyed || (options.tokens && !known)) return answer(401, { message: 'token tidak berlaku' });
    if (request.method === 'GET') {
      if (faults.raw) return answer(faults.raw.status, faults.raw.body, faults.raw.headers);
      return answerRead(url, answer);
    }
    return answerWrite(request, url, body, answer);
  }

  function answerRead(url: URL, answer: (status: number, content: unknown, headers?: Record<string, string>) => void): void {
    const [, kind, one] = url.pathname.split('/');
    if (kind === 'rincian') {
      const found = records.find((record) => String((record as JsonObject).nik) === one);
      return found ? answer(200, { data: { alamat: `Jalan ${one}` } }) : answer(404, { code: 0, data: 'Data tidak ditemukan' });
    }
    const since = url.searchParams.get('sejak');
    const found = since === null ? records : records.filter((record) => String((record as JsonObject).diubah) >= since);
    const size = Math.min(faults.cap, Number(url.searchParams.get('per_page') ?? url.searchParams.get('limit') ?? (kind === 'semua' ? Infinity : 4)));
    const page = Number(url.searchParams.get('page') ?? 1);
    const cursor = url.searchParams.get('cursor');
    if (cursor !== null && !cursor.startsWith('c')) return answer(410, { message: 'kursor kedaluwarsa' });
    const start = kind === 'halaman' || kind === 'tautan' ? (page - 1) * size : cursor !== null ? Number(cursor.slice(1)) : Number(url.searchParams.get('offset') ?? 0);
    const end = Math.min(found.length, kind === 'semua' ? Infinity : start + size);
    const more = end < found.length;
    return answer(
      200,
      { code: 1, data: { items: found.slice(kind === 'semua' ? 0 : start, end) }, meta: { total: found.length, next: more ? `c${end}` : null } },
      more && kind === 'tautan' ? { Link: `</tautan?page=1>; rel="first", </tautan?${next(url, page + 1)}>; rel="next"` } : {},
    );
  }

  function answerWrite(request: IncomingMessage, url: URL, text: string, answer: (status: number, content: unknown) => void): void {
    const id = String(request.headers['idempotency-key'] ?? '');
    const before = id === '' ? undefined : answered.get(id);
    if (before) return answer(before.status, before.body);
    if (faults.quota-- <= 0) return answer(429, { message: 'kuota habis' });
    const finish = (status: number, body: unknown) => {
      answered.set(id, { status, body });
      answer(status, body);
    };
    const key = decodeURIComponent(url.pathname.split('/')[2] ?? '');
    const content = text === '' ? null : (JSON.parse(text) as JsonObject | JsonObject[]);
    const all = Array.isArray(content) ? content : [content];
    const wrong = all.filter((body) => body && typeof body.jumlah !== 'number');
    if (url.pathname === '/kode') return finish(200, wrong.length ? { code: 0, message: 'jumlah harus angka' } : { code: 1, data: { nomor: `T-${written.push({ method: 'POST', key: String(all[0]!.kunci), body: all[0]! })}` } });
    if (url.pathname === '/hasil') {
      const results = all.map((body) => (typeof body!.jumlah === 'number' ? { code: 1, nomor: `T-${written.push({ method: 'POST', key: String(body!.kunci), body })}` } : { code: 0, message: 'jumlah harus angka' }));
      return finish(207, { hasil: results });
    }
    if (wrong.length) return finish(422, { message: 'isian tidak benar', errors: { jumlah: ['harus angka'] } });
    for (const body of all) written.push({ method: request.method!, key: key || String(body?.kunci), body });
    return finish(request.method === 'POST' ? 201 : 200, { code: 1, data: { nomor: `T-${written.length}` } });
  }

  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    records,
    written,
    requests,
    faults,
    expireTokens: () => void generation++,
    async close() {
      if (!server.listening) return;
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The parameters of a request for another page, as services repeat them. */
function next(url: URL, page: number): string {
  const parameters = new URLSearchParams(url.searchParams);
  parameters.set('page', String(page));
  return parameters.toString();
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Settings that get the simulator's two tokens. */
export const twoTokens = (url: string): Json => [
  { kind: 'oauth2', grant: 'client_credentials', tokenUrl: `${url}/token`, clientId: 'kunci', clientSecret: 'rahasia' },
  { kind: 'oauth2', grant: 'password', tokenUrl: `${url}/sso`, clientId: 'publik', username: 'kupang', password: 'sandi', header: 'Auth', prefix: 'bearer' },
];
