/** Credentials of a request: fixed ones, and OAuth2 tokens that are got when needed, kept, and forgotten together. */
import type { AxiosInstance } from 'axios';
import type { ConnectorContext } from '../../hub/connector.js';
import { ContractError, CredentialError } from '../../hub/errors.js';
import { at } from '../../hub/json.js';
import { advice, exchange, judge, readJson } from './exchange.js';
import type { AuthSettings, OAuthSettings, RestSettings } from './settings.js';

/** A token is renewed this long before it ends, so that none ends under way. */
const EARLY_MILLIS = 30_000;
const UNSAID_MILLIS = 3_600_000;

export interface Tokens {
  /** The token of an entry of `auth`, by its place; requests at the same time share one exchange. */
  of(index: number, now: number, get: () => Promise<{ token: string; until: number }>): Promise<string>;
  forget(): void;
}

export function createTokens(): Tokens {
  let kept = new Map<number, { token: string; until: number }>();
  let running = new Map<number, Promise<{ token: string; until: number }>>();
  return {
    async of(index, now, get) {
      const known = kept.get(index);
      if (known && now < known.until) return known.token;
      const store = kept;
      let getting = running.get(index);
      if (!getting) {
        const own = running;
        getting = get().finally(() => own.delete(index));
        own.set(index, getting);
      }
      const got = await getting;
      store.set(index, got);
      return got.token;
    },
    forget() {
      kept = new Map();
      running = new Map();
    },
  };
}

/** Headers that say who we are; several entries of `auth` are sent together. */
export async function authHeaders(http: AxiosInstance, tokens: Tokens, settings: RestSettings, context: ConnectorContext): Promise<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [index, entry] of settings.auth.entries()) {
    if (entry.kind === 'basic') headers.Authorization = basic(entry.username, entry.password);
    else if (entry.kind === 'header') headers[entry.header] = entry.value;
    else if (entry.kind !== 'query') {
      const token = entry.kind === 'bearer' ? entry.token : await tokens.of(index, context.now().getTime(), () => fetchToken(http, entry, index, context));
      headers[entry.header] = entry.prefix ? `${entry.prefix} ${token}` : token;
    }
  }
  return headers;
}

/** The address with the keys that travel in it; given only when it is called, so that no position and no sentence carries them. */
export function withKeys(settings: RestSettings, address: string): string {
  const keys = settings.auth.filter((entry) => entry.kind === 'query');
  if (keys.length === 0) return address;
  const url = new URL(address);
  for (const { param, value } of keys) url.searchParams.set(param, value);
  return url.href;
}

/** The same address without them, where a service repeats what it was called with. */
export function withoutKeys(settings: RestSettings, address: string): string {
  const keys = settings.auth.filter((entry) => entry.kind === 'query');
  if (keys.length === 0) return address;
  const url = new URL(address);
  for (const { param } of keys) url.searchParams.delete(param);
  return url.href;
}

/** Paths of the settings that hold secrets: `settings.auth.0.password`. */
export function secretsOf(settings: RestSettings): string[] {
  return settings.auth.flatMap(secretsOfEntry);
}

function secretsOfEntry(entry: AuthSettings, index: number): string[] {
  const names = { basic: ['password'], bearer: ['token'], header: ['value'], query: ['value'], oauth2: ['clientSecret', 'password'] }[entry.kind];
  return names.filter((name) => (entry as Record<string, unknown>)[name] !== undefined).map((name) => `settings.auth.${index}.${name}`);
}

async function fetchToken(http: AxiosInstance, entry: OAuthSettings, index: number, context: ConnectorContext): Promise<{ token: string; until: number }> {
  const form = new URLSearchParams({ grant_type: entry.grant });
  const headers: Record<string, string> = { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'application/json' };
  if (entry.clientSecret !== undefined && entry.clientAuth === 'basic') headers.Authorization = basic(entry.clientId, entry.clientSecret);
  else {
    form.set('client_id', entry.clientId);
    if (entry.clientSecret !== undefined) form.set('client_secret', entry.clientSecret);
  }
  if (entry.grant === 'password') {
    form.set('username', entry.username ?? '');
    form.set('password', entry.password ?? '');
  }
  if (entry.scope) form.set('scope', entry.scope);
  const { host, pathname } = new URL(entry.tokenUrl);
  const request = { method: 'POST', url: entry.tokenUrl, shown: `POST ${pathname}` };
  const secrets = secretsOfEntry(entry, index);
  const answer = judge(await exchange(http, { ...request, shown: `Layanan token ${host}`, headers, text: form.toString() }, context), request, secrets, context);
  // 400 invalid_grant and invalid_client are how OAuth2 refuses a secret.
  if (answer.status >= 400) throw new CredentialError(`${host} menolak kredensial instans ${context.instance} (${answer.status}) pada ${request.shown}; periksa clientId${entry.username ? ', username' : ''} dan ${advice(secrets).replace('periksa ', '')}.`);
  const body = readJson(answer.text);
  const token = at(body, 'access_token');
  if (typeof token !== 'string' || token === '') throw new ContractError(`Layanan token ${host} menjawab tanpa access_token; periksa alamat token.`);
  const seconds = Number(at(body, 'expires_in') ?? NaN);
  const life = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : UNSAID_MILLIS;
  return { token, until: context.now().getTime() + Math.max(life - EARLY_MILLIS, life / 2) };
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
