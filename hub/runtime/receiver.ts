/** Takes requests of an agency: answered once their records are durable. Requests that arrive during a commit travel together in the next one. */
import type { ReceivedRequest } from '../connector.js';
import { RetriableError } from '../errors.js';
import type { Fault } from '../record.js';
import { ours } from './committer.js';
import type { ReceiverPlan } from './plan.js';
import { addCounts } from './position.js';
import { contextOf, LIMITS, type Session, settleContext, within } from './session.js';
import { type Arrival, prepareAll, settle } from './settle.js';

export interface ReceiveAnswer {
  /** Records that are now in their topics, or were there already. */
  readonly accepted: number;
  /** Records that became cases. */
  readonly cases: readonly { readonly id: string; readonly faults: readonly Fault[] }[];
}

export interface Receiver {
  /**
   * @throws RejectedRecord the request cannot be taken apart; CredentialError it proves no right to send; RetriableError nothing was stored for certain: send it again.
   */
  receive(request: ReceivedRequest): Promise<ReceiveAnswer>;
  /** Ends when the session is aborted; throws when the committer broke. */
  run(): Promise<void>;
}

const MOST_TOGETHER = 100;

interface Pending {
  readonly arrivals: readonly Arrival[];
  readonly done: (answer: ReceiveAnswer) => void;
  readonly failed: (error: unknown) => void;
}

export function openReceiver(session: Session<ReceiverPlan>): Receiver {
  const { plan, committer, signal } = session;
  const pending: Pending[] = [];
  let broke: (error: unknown) => void = () => undefined;

  const flush = async (): Promise<void> => {
    let group: Pending[] = [];
    let answers: ReceiveAnswer[] = [];
    try {
      await committer.commit(async (position) => {
        group = pending.splice(0, MOST_TOGETHER);
        if (group.length === 0) return undefined;
        const arrivals = group.flatMap((one) => one.arrivals);
        const settled = await ours(() => settle(settleContext(session), arrivals, position));
        let first = 0;
        answers = group.map(({ arrivals: own }) => {
          const from = first;
          first += own.length;
          const cases = [...settled.rejected].filter(([index]) => index >= from && index < first).map(([, { caseId, faults }]) => ({ id: caseId, faults }));
          return { accepted: own.length - cases.length, cases };
        });
        return { batch: settled, position: { ...position, counts: addCounts(position.counts, settled.counts) } };
      });
      if (group.length > 0) session.progress(group.reduce((sum, { arrivals }) => sum + arrivals.length, 0));
      group.forEach(({ done }, index) => done(answers[index]!));
    } catch (error) {
      (group.length > 0 ? group : pending.splice(0)).forEach(({ failed }) => failed(error));
      if (committer.broken) broke(error);
    }
  };

  return {
    async receive(request) {
      const records = await within(LIMITS.receive, signal, (limited) => plan.connector.receive!(plan.settings, request, contextOf(session, limited)));
      if (records.length === 0) return { accepted: 0, cases: [] };
      const { arrivals, waiting, waitingFor } = await ours(() => prepareAll(plan.streams, records));
      if (waiting > 0) throw new RetriableError(`Data yang dirujuk belum ada pada topik ${waitingFor}; kirim lagi nanti`, { retryAfter: 30 });
      return new Promise<ReceiveAnswer>((done, failed) => {
        pending.push({ arrivals, done, failed });
        void flush();
      });
    },
    run: () =>
      new Promise((done, failed) => {
        broke = failed;
        if (signal.aborted) done();
        signal.addEventListener('abort', () => done(), { once: true });
        session.progress(0);
      }),
  };
}
