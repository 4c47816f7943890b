/** What one instance keeps towards its service: connections, tokens, pace; and a request with its credentials. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { setTimeout as wait } from 'node:timers/promises';
import axios, { type AxiosInstance } from 'axios';
import type { ConnectorContext, Receipt } from '../../hub/connector.js';
import { type Answer, exchange, judge, type Request } from './exchange.js';
import type { RestSettings } from './settings.js';
import { authHeaders, createTokens, secretsOf, type Tokens, withKeys } from './token.js';

/** What is kept between calls of one instance. */
export interface Client {
  readonly http: AxiosInstance;
  readonly tokens: Tokens;
  /** When the next request may start, in milliseconds of `performance.now()`. */
  free: number;
  /** Receipts of the records of a batch that were sent before the batch broke off, by partition and offset. */
  readonly sent: Map<string, Map<number, Receipt>>;
}

const clients = new WeakMap<RestSettings, Client>();

export function clientOf(settings: RestSettings): Client {
  let client = clients.get(settings);
  if (!client) {
    const http = axios.create({
      // Redirects would carry keys to other hosts.
      maxRedirects: 0,
      responseType: 'arraybuffer',
      transformResponse: (data: unknown) => data,
      transformRequest: (data: unknown) => data,
      validateStatus: () => true,
      timeout: settings.timeout * 1000,
      maxContentLength: settings.maxBytes,
      maxBodyLength: Infinity,
      httpAgent: new HttpAgent({ keepAlive: true }),
      httpsAgent: new HttpsAgent({ keepAlive: true, ca: settings.ca }),
    });
    client = { http, tokens: createTokens(), free: 0, sent: new Map() };
    clients.set(settings, client);
  }
  return client;
}

/**
 * Sends a request with the instance's credentials. On 401 all tokens are forgotten and got anew, once.
 * @throws CredentialError for 401 and 403, RetriableError for 408, 425, 429, 5xx and the network. Other answers are returned.
 */
export async function send(settings: RestSettings, request: Request, context: ConnectorContext): Promise<Answer> {
  const client = clientOf(settings);
  for (let attempt = 0; ; attempt++) {
    const headers = { Accept: 'application/json', ...settings.headers, ...request.headers, ...(await authHeaders(client.http, client.tokens, settings, context)) };
    await pace(client, settings, context.signal);
    const answer = await exchange(client.http, { ...request, url: withKeys(settings, request.url), headers, ...(request.body !== undefined && { text: JSON.stringify(request.body) }) }, context);
    const renewable = settings.auth.some((entry) => entry.kind === 'oauth2');
    if (answer.status === 401 && attempt === 0 && renewable) {
      client.tokens.forget();
      continue;
    }
    return judge(answer, request, secretsOf(settings), context);
  }
}

async function pace(client: Client, settings: RestSettings, signal: AbortSignal): Promise<void> {
  if (settings.rate === undefined) return;
  const now = performance.now();
  const start = Math.max(now, client.free);
  client.free = start + 1000 / settings.rate;
  if (start <= now) return;
  await wait(start - now, undefined, { signal }).catch(() => {
    throw signal.reason;
  });
}
