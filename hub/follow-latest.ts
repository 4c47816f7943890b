/** Keeps the projection of latest records fed for as long as the hub runs, also when topics are added. */
import type { Logger } from './connector.js';
import { messageOf, OffsetOutOfRangeError } from './errors.js';
import type { Latest } from './latest/latest.js';
import { pause } from './log/outage.js';

export interface Following {
  /** Follows these topics from now on. Resolves once the former reading has ended. */
  follow(topics: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

const AGAIN = 1_000;

export function followLatest(latest: Latest, logger: Logger): Following {
  let running: { readonly stop: AbortController; readonly ended: Promise<void>; readonly topics: string } | undefined;

  const run = async (topics: readonly string[], signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      try {
        await latest.follow(topics, signal);
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ err: error }, `Catatan terkini dibaca ulang: ${messageOf(error)}`);
        // What retention took before it was seen is not among the latest either.
        if (error instanceof OffsetOutOfRangeError) await latest.rebuild(error.topic).catch(() => undefined);
        await pause(AGAIN, signal);
      }
    }
  };
  const end = async (): Promise<void> => {
    running?.stop.abort(new Error('hub berhenti'));
    await running?.ended;
    running = undefined;
  };

  return {
    async follow(topics) {
      const wanted = [...topics].sort().join(' ');
      if (running?.topics === wanted) return;
      await end();
      const stop = new AbortController();
      running = { stop, topics: wanted, ended: topics.length > 0 ? run(topics, stop.signal) : Promise.resolve() };
    },
    close: end,
  };
}
