/** Speaks the hub's HTTP API for the commands; every failure becomes one sentence that says what to do. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../record.js';

/** Ends a command: printed without a trace, exit code 1. */
export class CommandError extends Error {
  /** What the hub answered, for `--json`. */
  readonly problem?: unknown;
  constructor(message: string, options: { cause?: unknown; problem?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.problem = options.problem;
  }
}

interface Answered {
  readonly detail?: string;
  readonly faults?: readonly { readonly path?: string; readonly message?: string; readonly repair?: string }[];
}

/** Calls the hub and returns what it answered. `body` is sent as JSON. @throws CommandError */
export async function callHub<T>(method: 'GET' | 'POST' | 'PUT', path: string, body?: Json): Promise<T> {
  const url = hubUrl();
  const password = adminPassword();
  let response: Response;
  try {
    response = await fetch(new URL(path, url), {
      method,
      headers: {
        accept: 'application/json',
        ...(password && { authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
  } catch (cause) {
    if ((cause as Error).name === 'TimeoutError') throw new CommandError(`Hub di ${url.origin} tidak menjawab dalam 60 detik. Lihat log hub.`, { cause });
    throw new CommandError(`Hub di ${url.origin} tidak dapat dihubungi. Jalankan "npm start" di terminal lain, atau isi SASANDO_URL dengan alamat hub.`, { cause });
  }
  const text = await response.text();
  const answer = parse(text);
  if (response.ok) {
    if (answer === undefined && text !== '') throw new CommandError(`Jawaban dari ${url.origin} bukan JSON. Apakah SASANDO_URL benar menunjuk ke hub Sasando?`);
    return answer as T;
  }
  if (response.status === 401) {
    const said = password === undefined ? 'meminta kata sandi' : `menolak kata sandi${process.env.SASANDO_ADMIN_PASSWORD ? '' : ` dari ${passwordFile()}`}`;
    throw new CommandError(`Hub di ${url.origin} ${said}. Isi SASANDO_ADMIN_PASSWORD dengan kata sandi admin: yang diberikan saat hub dijalankan, atau isi berkas admin-password di folder data hub.`, { problem: answer });
  }
  const { detail, faults } = (answer ?? {}) as Answered;
  // Where the sentence says them all already, they are not said again.
  const lines = (faults ?? []).filter((fault) => !detail?.includes(fault.message ?? '')).map((fault) => `  - ${[fault.path, fault.message].filter(Boolean).join(': ')}${fault.repair ? ` (${fault.repair})` : ''}`);
  throw new CommandError([detail ?? `Hub menjawab ${response.status} untuk ${path}.`, ...lines].join('\n'), { problem: answer });
}

function hubUrl(): URL {
  const text = process.env.SASANDO_URL || `http://127.0.0.1:${process.env.SASANDO_PORT || 8080}`;
  try {
    const url = new URL(text);
    if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  } catch {
    // Said below.
  }
  throw new CommandError(`SASANDO_URL "${text}" bukan alamat; tulis misalnya http://127.0.0.1:8080.`);
}

/** On the hub's own machine the password that it made at its first start is at hand. */
function adminPassword(): string | undefined {
  if (process.env.SASANDO_ADMIN_PASSWORD) return process.env.SASANDO_ADMIN_PASSWORD;
  try {
    return readFileSync(passwordFile(), 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

function passwordFile(): string {
  return join(process.env.SASANDO_DATA_DIR || './data', 'admin-password');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
