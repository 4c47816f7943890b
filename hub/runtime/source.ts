/** One run of a source: read, prepare, commit records together with the position, then tell the connector. The next batch is asked for after that, which is the back pressure. */
import type { SourceBatch } from '../connector.js';
import type { Json } from '../record.js';
import { ours } from './committer.js';
import type { SourcePlan } from './plan.js';
import { addCounts } from './position.js';
import { contextOf, LIMITS, prepared, type Session, settleContext, within } from './session.js';
import { settle, type Settled } from './settle.js';

/** Ends when the source has nothing more, or when the session is aborted. */
export async function runSource(session: Session<SourcePlan>): Promise<void> {
  const { plan, signal } = session;
  const run = new AbortController();
  const stop = () => run.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  const reading = plan.connector.read!(plan.settings, session.committer.position().source, contextOf(session, run.signal))[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await within(LIMITS.read, signal, () => reading.next());
      if (next.done) break;
      await take(session, next.value);
    }
    session.progress(0);
  } finally {
    run.abort();
    signal.removeEventListener('abort', stop);
    // A connector that hangs is not waited for: without the writer it can change nothing.
    await within(2_000, new AbortController().signal, async () => reading.return?.()).catch(() => undefined);
  }
}

async function take(session: Session<SourcePlan>, batch: SourceBatch): Promise<void> {
  const { committer, plan } = session;
  const arrivals = await prepared(session, plan.streams, batch.records);
  session.signal.throwIfAborted();
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
