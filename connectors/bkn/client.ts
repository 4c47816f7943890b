/**
 * The SIASN web service of BKN: two tokens on each call, answers in an envelope, "not found" as HTTP 404 with a text in `data`.
 * Shapes after public client libraries (kanekescom/laravel-siasn-api, black-coffee04/ws-siasn-php); quotas and working hours are settings because no source states them.
 */
import axios, { AxiosError, type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { CredentialError, RetriableError } from '../../hub/errors.js';
import { isObject, parseJson } from '../../hub/json.js';
import type { Json, JsonObject } from '../../hub/record.js';
import type { BknSettings } from './settings.js';

export interface SiasnClient {
  /** `data` of the envelope; undefined when SIASN has nothing ("Data tidak ditemukan"). */
  get(path: string, signal: AbortSignal): Promise<Json | undefined>;
  /** The whole answer of a save: `{ success, message, mapData }`. */
  post(path: string, body: JsonObject, signal: AbortSignal): Promise<JsonObject>;
}

/** Seconds before its end at which a token is renewed. */
const MARGIN = 60;

interface Token {
  readonly text: string;
  readonly until: number;
}

export function createClient(settings: BknSettings, now: () => Date): SiasnClient {
  let gateway: Token | undefined;
  let person: Token | undefined;
  let next = 0;

  /** Keeps to the agreed pace: calls are at least 60/perMinute seconds apart. */
  async function pace(signal: AbortSignal): Promise<void> {
    const start = Math.max(Date.now(), next);
    next = start + 60_000 / settings.perMinute;
    const wait = start - Date.now();
    if (wait > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, wait);
        function done(): void {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          resolve();
        }
        signal.addEventListener('abort', done);
      });
    }
    signal.throwIfAborted();
  }

  async function token(url: string, form: Record<string, string>, basic: AxiosRequestConfig['auth'], what: string, signal: AbortSignal): Promise<Token> {
    const answer = await send({ method: 'POST', url, data: new URLSearchParams(form), ...(basic ? { auth: basic } : {}) }, signal);
    if (answer.status === 400 || answer.status === 401 || answer.status === 403) throw new CredentialError(`BKN menolak ${what}. Periksa kredensial di pengaturan konektor; konektor berhenti sampai diperbaiki.`);
    refuseTrouble(answer);
    const { access_token: text, expires_in: seconds } = jsonOf(answer) as { access_token?: string; expires_in?: number };
    if (!text) throw new RetriableError(`Layanan token BKN menjawab tanpa access_token (${what}).`);
    return { text, until: now().getTime() + ((seconds ?? 3600) - MARGIN) * 1000 };
  }

  async function headers(signal: AbortSignal): Promise<Record<string, string>> {
    const time = now().getTime();
    if (!gateway || gateway.until <= time) gateway = await token(settings.gatewayTokenUrl, { grant_type: 'client_credentials' }, { username: settings.consumerKey, password: settings.consumerSecret }, 'kunci konsumen (APIM)', signal);
    if (!person || person.until <= time) person = await token(settings.ssoTokenUrl, { grant_type: 'password', client_id: settings.ssoClientId, username: settings.username, password: settings.password }, undefined, 'akun SSO', signal);
    return { Authorization: `Bearer ${gateway.text}`, Auth: `bearer ${person.text}` };
  }

  /** One call; when a token was refused, both are forgotten and the call is made once more with new ones. */
  async function call(config: AxiosRequestConfig, signal: AbortSignal): Promise<AxiosResponse<string>> {
    for (const last of [false, true]) {
      await pace(signal);
      const answer = await send({ ...config, baseURL: settings.url, headers: await headers(signal) }, signal);
      if (answer.status !== 401) return answer;
      gateway = person = undefined;
      if (last) throw new CredentialError('BKN menolak token yang baru diterbitkan (401). Pastikan akun SSO masih berhak atas layanan SIASN ini.');
    }
    throw new Error('unreachable');
  }

  return {
    async get(path, signal) {
      const answer = await call({ method: 'GET', url: path }, signal);
      if (answer.status === 404) return undefined;
      refuseTrouble(answer);
      const envelope = jsonOf(answer) as { code?: number; data?: Json; Error?: string; Message?: string };
      if (envelope.Error) throw new RetriableError(`Gerbang BKN menjawab: ${envelope.Message ?? envelope.Error}`);
      return envelope.code === 1 ? envelope.data : undefined;
    },
    async post(path, body, signal) {
      const answer = await call({ method: 'POST', url: path, data: body }, signal);
      refuseTrouble(answer, [400, 404, 422]);
      return jsonOf(answer);
    },
  };
}

/** The answer whatever its status, its body as text so that digits survive. @throws RetriableError when there is none. */
async function send(config: AxiosRequestConfig, signal: AbortSignal): Promise<AxiosResponse<string>> {
  try {
    return await axios.request<string>({ ...config, signal, timeout: 60_000, responseType: 'text', transformResponse: (text: string) => text, validateStatus: () => true, maxContentLength: 50_000_000 });
  } catch (error) {
    signal.throwIfAborted();
    throw new RetriableError(`BKN tidak dapat dihubungi (${error instanceof AxiosError ? (error.code ?? error.message) : String(error)}); dicoba lagi.`, { cause: error });
  }
}

/** A page of HTML is how a gateway says that it is being maintained. */
function jsonOf(answer: AxiosResponse<string>): JsonObject {
  let json: Json;
  try {
    json = parseJson(answer.data);
  } catch (cause) {
    throw new RetriableError(`BKN menjawab ${answer.status} tetapi isinya bukan JSON yang utuh; layanan mungkin sedang dipelihara.`, { cause });
  }
  if (!isObject(json)) throw new RetriableError(`BKN menjawab ${answer.status} dengan isi yang tidak dikenal.`);
  return json;
}

function refuseTrouble(answer: AxiosResponse<string>, allowed: readonly number[] = []): void {
  if (answer.status < 400 || allowed.includes(answer.status)) return;
  if (answer.status === 403) throw new CredentialError('BKN menolak akses (403). Periksa daftar alamat IP dan hak layanan pada perjanjian dengan BKN.');
  const wait = Number(answer.headers['retry-after']);
  throw new RetriableError(answer.status === 429 ? 'Kuota BKN sementara habis; menunggu.' : `BKN menjawab ${answer.status}; dicoba lagi.`, Number.isFinite(wait) ? { retryAfter: wait } : {});
}
