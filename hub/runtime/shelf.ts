/** The latest records as the runtime needs them: decoded for lookups, encoded for overlaps, keys alone for connectors that ask an agency per person. */
import type { Latest } from '../latest/latest.js';
import type { Lookups } from '../pipeline/lookup.js';
import type { Contracts } from './contracts.js';

export interface Shelf {
  readonly lookups: Lookups;
  /** Encoded values of the keys that exist, with all that was committed before the call. */
  values(topic: string, keys: readonly string[]): Promise<ReadonlyMap<string, Buffer>>;
  /** Keys in order, after `after`. */
  keys(topic: string, after: string | undefined, limit: number): Promise<string[]>;
}

/** @param signal ends waiting for the projection when the hub closes. */
export function openShelf(latest: Latest, contracts: Contracts, signal: AbortSignal): Shelf {
  return {
    lookups: {
      async get(topic, keys) {
        const found = [...(await latest.get(topic, keys))];
        await contracts.prepare(found.map(([, { value }]) => value));
        return new Map(found.map(([key, { value }]) => [key, contracts.decode(value)]));
      },
    },
    async values(topic, keys) {
      await latest.waitUntilReached([topic], signal);
      return new Map([...(await latest.get(topic, keys))].map(([key, { value }]) => [key, value]));
    },
    keys: async (topic, after, limit) => (await latest.scan(topic, { ...(after !== undefined && { after }), limit })).map(({ key }) => key),
  };
}
