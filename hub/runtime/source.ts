/**
 * One run of a source: read, prepare, commit records together with the position, then tell the connector. The next batch is asked for after that, which is the back pressure; of a
 * connector that can be asked ahead, one batch is read and prepared while the one before is being stored.
 */
import type { SourceBatch } from '../connector.js';
import type { Json } from '../record.js';
import { ours } from './committer.js';
import type { SourcePlan } from './plan.js';
import { addCounts } from './position.js';
import { contextOf, LIMITS, prepared, type Session, settleContext, within } from './session.js';
import { type Arrival, settle, type Settled } from './settle.js';

/** Ends when the source has nothing more, or when the session is aborted. */
export async function runSource(session: Session<SourcePlan>): Promise<void> {
  const { plan, signal } = session;
  const run = new AbortController();
  const stop = () => run.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  const reading = plan.connector.read!(plan.settings, session.committer.position().source, contextOf(session, run.signal))[Symbol.asyncIterator]();
  // What a lookup finds may be in the very batch before.
  const ahead = plan.connector.readsAhead === true && plan.streams.every(({ looksUp }) => !looksUp);
  let storing = Promise.resolve();
  try {
    for (;;) {
      const next = await within(LIMITS.read, signal, () => reading.next());
      if (next.done) break;
      const arrivals = await prepared(session, plan.streams, next.value.records);
      signal.throwIfAborted();
      await storing;
      storing = store(session, next.value, arrivals);
      // Its failure is told by whoever waits for it.
      storing.catch(() => undefined);
      if (!ahead) await storing;
    }
    await storing;
    session.progress(0);
  } finally {
    await storing.catch(() => undefined);
    run.abort();
    signal.removeEventListener('abort', stop);
    // A connector that hangs is not waited for: without the writer it can change nothing.
    await within(2_000, new AbortController().signal, async () => reading.return?.()).catch(() => undefined);
  }
}

async function store(session: Session<SourcePlan>, batch: SourceBatch, arrivals: readonly Arrival[]): Promise<void> {
  const { committer } = session;
  let settled: Settled | undefined;
  await committer.commit(async (position) => {
    if (arrivals.length === 0 && sameJson(position.source, batch.position)) return undefined;
    settled = await ours(() => settle(settleContext(session), arrivals, position, batch.position));
    return { batch: settled, position: { ...position, source: batch.position, counts: addCounts(position.counts, settled.counts) } };
  });
  session.progress(arrivals.length);
  await batch.committed?.(settled?.rejected ?? new Map());
}

function sameJson(one: Json | undefined, other: Json): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
