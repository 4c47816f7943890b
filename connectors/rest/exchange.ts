/** One HTTP exchange, and what its answer means for the runtime. */
import type { AxiosInstance, AxiosResponse } from 'axios';
import type { ConnectorContext } from '../../hub/connector.js';
import { ContractError, CredentialError, messageOf, RejectedRecord, RetriableError, SettingsError } from '../../hub/errors.js';
import { at, parseJson } from '../../hub/json.js';
import type { Json } from '../../hub/record.js';
import type { RestSettings } from './settings.js';

export interface Request {
  readonly method: string;
  /** Absolute. */
  readonly url: string;
  /** As it may be shown to people: the path with its variables unfilled, because filled ones can carry a NIK. */
  readonly shown: string;
  readonly headers?: Record<string, string>;
  readonly body?: Json;
}

export interface Answer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** One exchange, whatever the status. @throws RetriableError for the network, SettingsError for certificates, ContractError for an answer that is too large. */
export async function exchange(http: AxiosInstance, request: Omit<Request, 'body'> & { readonly text?: string }, context: ConnectorContext): Promise<Answer> {
  context.signal.throwIfAborted();
  let response: AxiosResponse<Buffer>;
  try {
    const headers = request.text === undefined ? request.headers : { 'Content-Type': 'application/json', ...request.headers };
    response = await http.request<Buffer>({ method: request.method, url: request.url, headers, data: request.text, signal: context.signal });
  } catch (error) {
    if (context.signal.aborted) throw context.signal.reason;
    throw failureOf(error, request.shown, http.defaults.maxContentLength ?? 0);
  }
  const headers = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
  return { status: response.status, headers, text: decode(response.data, headers['content-type']) };
}

/** Throws what a status means for the whole instance; returns the other answers. `secrets`: the settings whose secrets were shown to the service. */
export function judge(answer: Answer, { url, shown }: Pick<Request, 'url' | 'shown'>, secrets: readonly string[], context: ConnectorContext): Answer {
  const { status } = answer;
  if (status === 401) throw new CredentialError(`${new URL(url).host} menolak kredensial instans ${context.instance} (401) pada ${shown}; ${advice(secrets)}.`);
  if (status === 403) throw new CredentialError(`${new URL(url).host} tidak mengizinkan instans ${context.instance} (403) pada ${shown}; minta hak akses dari pemilik layanan, atau ${advice(secrets)}.`);
  if (status >= 300 && status < 400 && status !== 304) {
    throw new SettingsError([{ path: 'settings.baseUrl', message: `${shown} mengalihkan ke ${originOf(answer.headers.location)}; tulis alamat itu sebagai alamat dasar` }]);
  }
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const retryAfter = retryAfterOf(answer.headers['retry-after'], context.now());
    throw new RetriableError(`${shown} sedang tidak dapat melayani (${status}).`, retryAfter === undefined ? {} : { retryAfter });
  }
  return answer;
}

/** What to do about a refusal; names the settings, never what stands in them. */
export function advice(secrets: readonly string[]): string {
  return secrets.length === 0 ? 'layanan ini meminta kredensial, isi settings.auth' : `periksa rahasia di ${secrets.join(' dan ')}`;
}

/** Absolute address of a path of the service. */
export function addressOf({ baseUrl }: RestSettings, path: string): string {
  return baseUrl.replace(/\/$/, '') + path;
}

/** A text as JSON, or undefined where it is none. */
export function readJson(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof RejectedRecord) return undefined;
    throw error;
  }
}

/** JSON of a successful answer. A page of HTML instead of JSON is how many services say that they are being maintained. */
export function jsonOf(answer: Answer, shown: string): Json {
  try {
    return parseJson(answer.text);
  } catch (error) {
    if (!(error instanceof RejectedRecord)) throw error;
    if (error.faults[0]?.rule === 'depth') throw new ContractError(`${shown}: ${error.message}.`, error.faults, { cause: error });
    throw new RetriableError(`${shown} menjawab ${answer.status} tetapi isinya bukan JSON yang utuh; layanan mungkin sedang dipelihara.`);
  }
}

/** Whether the body says that it went well (`code == 1`), where the settings ask for it. */
export function isSuccess(settings: RestSettings, body: Json | undefined): boolean {
  const { success } = settings;
  if (!success) return true;
  const value = at(body, success.path);
  return success.values.some((wanted) => value !== null && typeof value !== 'object' && String(value) === String(wanted));
}

/** The service's own words about a failure, fit to be told. */
export function wordsOf(settings: RestSettings, body: Json | undefined): string {
  const value = at(body, settings.messagePath);
  const words = value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  return tellable(words);
}

/** Words of a service, cut short and without identities. */
export function tellable(words: string): string {
  return words.replace(/\d{9,}/g, '…').slice(0, 300);
}

/** Seconds of a Retry-After header: a number, or a date seen from `now`. */
export function retryAfterOf(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(header)) return Math.ceil(Number(header));
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now.getTime()) / 1000));
}

/** The thrown error carries no cause: axios keeps the request with its keys in there. */
function failureOf(error: unknown, shown: string, limit: number): Error {
  const message = messageOf(error);
  const code = String((error as { code?: unknown }).code ?? '');
  if (/maxContentLength/.test(message)) return new ContractError(`${shown}: jawaban lebih besar dari ${limit} byte; kecilkan ukuran halaman atau naikkan "maxBytes".`);
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/.test(code)) return new SettingsError([{ path: 'settings.ca', message: `${shown}: sertifikat server tidak dipercaya (${code}); tambahkan sertifikat penerbitnya` }]);
  if (code === 'ERR_INVALID_URL' || code === 'ERR_INVALID_CHAR') return new SettingsError([{ path: 'settings', message: `${shown}: alamat atau header tidak benar (${code})` }]);
  return new RetriableError(`${shown} tidak terjangkau (${code || message}); periksa jaringan dan layanan itu.`);
}

function originOf(location: string | undefined): string {
  return location && URL.canParse(location) ? new URL(location).origin : 'alamat lain';
}

function decode(bytes: Buffer, type: string | undefined): string {
  const charset = /charset="?([\w-]+)/i.exec(type ?? '')?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}
