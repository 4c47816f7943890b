/**
 * The Dukcapil web service: credentials in the body, a failure is HTTP 200 with a text in `content[0].RESPON` (or RESPONSE, RESPONSE_CODE).
 * Texts as seen in public client code; they are compared without regard to case.
 */
import axios, { AxiosError } from 'axios';
import { UTC_OFFSET } from '../../hub/calendar.js';
import { CredentialError, RejectedRecord, RetriableError } from '../../hub/errors.js';
import { parseJson } from '../../hub/json.js';
import type { Json, JsonObject } from '../../hub/record.js';
import type { DispendukSettings } from './settings.js';

/** One resident under the service's names; undefined: not found, or a number that the service calls unusable. @throws RejectedRecord when the answer is not a person's data. */
export async function callNik(settings: DispendukSettings, nik: string, context: { signal: AbortSignal; now(): Date }): Promise<JsonObject | undefined> {
  return call(settings, settings.call, { [settings.nikField]: nik }, context);
}

/** The service's word on each element: `Sesuai`, `Tidak Sesuai`, or `Sesuai (87)` with a score. */
export async function callVerify(settings: DispendukSettings, nik: string, elements: JsonObject, context: { signal: AbortSignal; now(): Date }): Promise<JsonObject | undefined> {
  // TRESHOLD is how the service spells it.
  return call(settings, settings.verifyCall, { NIK: nik, ...elements, TRESHOLD: settings.threshold }, context);
}

async function call(settings: DispendukSettings, name: string, fields: JsonObject, { signal, now }: { signal: AbortSignal; now(): Date }): Promise<JsonObject | undefined> {
  const body = { ...fields, user_id: settings.userId, password: settings.password, [settings.ipField]: settings.ip };
  let answer;
  try {
    answer = await axios.post<string>(`${settings.url.replace(/\/$/, '')}/${name}`, body, { signal, timeout: 30_000, responseType: 'text', transformResponse: (text: string) => text, validateStatus: () => true, maxContentLength: 5_000_000 });
  } catch (error) {
    signal.throwIfAborted();
    throw new RetriableError(`Layanan Dukcapil tidak dapat dihubungi (${error instanceof AxiosError ? (error.code ?? error.message) : String(error)}); periksa VPN.`, { cause: error });
  }
  if (answer.status >= 400) {
    const wait = Number(answer.headers['retry-after']);
    throw new RetriableError(`Layanan Dukcapil menjawab ${answer.status}.`, Number.isFinite(wait) ? { retryAfter: wait } : {});
  }
  const first = firstOf(answer.data);
  if (first === undefined) return undefined;
  const word = String(first.RESPON ?? first.RESPONSE ?? first.RESPONSE_DESC ?? '').toLowerCase();
  if (word.startsWith('login gagal')) throw new CredentialError('Dukcapil menolak user_id atau kata sandi ("Login gagal"). Minta kredensial baru sesuai PKS, lalu ubah pengaturan.');
  if (word.startsWith('ip address tidak sesuai')) throw new CredentialError('Dukcapil menolak alamat IP hub ("IP Address Tidak Sesuai"). Daftarkan alamat IP hub di Ditjen Dukcapil.');
  if (word.startsWith('kuota akses hari ini')) throw quotaUsedUp(now());
  if (word.startsWith('data tidak ditemukan') || first.RESPONSE_CODE !== undefined) return undefined;
  return first;
}

/** A person's data, undefined when there is none. What is no JSON is maintenance; what is no object is handed over as it is, to become a case. */
function firstOf(text: string): JsonObject | undefined {
  let content: Json | undefined;
  try {
    content = (parseJson(text) as { content?: Json } | null)?.content;
  } catch (cause) {
    throw new RetriableError('Layanan Dukcapil menjawab dengan isi yang bukan JSON yang utuh; layanan mungkin sedang dipelihara.', { cause });
  }
  const first = Array.isArray(content) ? content[0] : undefined;
  if (first === undefined || first === null) return undefined;
  if (typeof first !== 'object' || Array.isArray(first)) throw new RejectedRecord([{ path: '', rule: 'syntax', message: 'jawaban layanan Dukcapil bukan susunan data', repair: 'Laporkan ke Ditjen Dukcapil, lalu ulangi setelah diperbaiki', severity: 'reject' }]);
  return first;
}

/** Waits for the next day of the city: more calls today would be refused as well. */
export function quotaUsedUp(now: Date): RetriableError {
  const day = 24 * 3600;
  const seconds = Math.floor((now.getTime() + UTC_OFFSET) / 1000);
  return new RetriableError('Kuota Dukcapil hari ini habis; dilanjutkan besok.', { retryAfter: day - (seconds % day) + 60 });
}
