/** Lookups of a mapping: the latest record of another topic by key, fetched once per batch and topic. */
import type { JsonObject } from '../record.js';

/** Where lookups find records; the runtime joins `hub/latest` with the decoder. */
export interface Lookups {
  /** Decoded values of those keys that exist. Called once per batch and topic, with distinct keys. */
  get(topic: string, keys: readonly string[]): Promise<ReadonlyMap<string, JsonObject>>;
}

export interface LookupRequest {
  readonly topic: string;
  readonly key: string;
}

/** Fetches all requests of a batch and answers each; undefined where the key is unknown. */
export async function fetchLookups(latest: Lookups, requests: readonly LookupRequest[]): Promise<(request: LookupRequest) => JsonObject | undefined> {
  const keys = new Map<string, Set<string>>();
  for (const { topic, key } of requests) {
    const known = keys.get(topic);
    if (known) known.add(key);
    else keys.set(topic, new Set([key]));
  }
  const found = new Map(await Promise.all([...keys].map(async ([topic, wanted]) => [topic, await latest.get(topic, [...wanted])] as const)));
  return ({ topic, key }) => found.get(topic)?.get(key);
}
