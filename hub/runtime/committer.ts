/** The one writer of an instance: takes its lease, keeps position and counts, and does commits one after another. */
import { FencedError, RecordTooLargeError, RetriableError, messageOf } from '../errors.js';
import type { CommitBatch, CommitReceipt, Log } from '../log/log.js';
import { isDiskFull, isOutage, sentenceOf } from '../log/outage.js';
import type { Json } from '../record.js';
import { type InstancePosition, positionOf } from './position.js';

export interface PlannedCommit {
  readonly batch: Omit<CommitBatch, 'position'>;
  readonly position: InstancePosition;
}

export interface Committer {
  position(): InstancePosition;
  /**
   * Plans a commit on the position as it then is and does it; no other commit of this instance comes in between. A plan of `undefined` commits nothing.
   * @throws RetriableError when the outcome is unknown: the committer is then `broken`, to be closed and opened again; its position tells what was done.
   */
  commit(plan: (position: InstancePosition) => Promise<PlannedCommit | undefined>): Promise<CommitReceipt | undefined>;
  /** No more commits can be done with it. */
  readonly broken: boolean;
  /** Ends after the running commit; gives the lease back. May be called twice. */
  close(): Promise<void>;
}

/** Waits while another hub runs the instance; `held` is told each time it was seen to. */
export async function openCommitter(log: Log, name: string, signal: AbortSignal, options: { held?: () => void } = {}): Promise<Committer> {
  const writer = await ours(() => log.writer(name, { signal, ...options }));
  let tail: Promise<unknown> = Promise.resolve();
  let broken = false;
  let closing: Promise<void> | undefined;

  const commitNow = async (plan: Parameters<Committer['commit']>[0]): Promise<CommitReceipt | undefined> => {
    if (broken || closing) throw new RetriableError(`Penulis ${name} sudah ditutup`);
    const planned = await plan(positionOf(writer.position()));
    if (!planned) return undefined;
    try {
      return await log.commit(writer, { ...planned.batch, position: planned.position as unknown as Json });
    } catch (error) {
      if (error instanceof RecordTooLargeError) throw error;
      broken = true;
      if (error instanceof FencedError) throw error;
      throw new RetriableError(isDiskFull(error) ? sentenceOf(error) : `Hasil penyimpanan tidak diketahui (${messageOf(error)}); dilanjutkan dari posisi yang tersimpan`, { cause: error });
    }
  };

  return {
    position: () => positionOf(writer.position()),
    commit(plan) {
      const result = tail.then(() => commitNow(plan));
      tail = result.catch(() => undefined);
      return result;
    },
    get broken() {
      return broken;
    },
    close: () => (closing ??= tail.then(() => writer.close()).catch(() => undefined)),
  };
}

/** For calls to the hub's own database and log: an outage there is waited out like any other. */
export async function ours<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isOutage(error) && !(error instanceof RetriableError)) throw new RetriableError(isDiskFull(error) ? sentenceOf(error) : `Basis data atau log hub tidak dapat dihubungi: ${messageOf(error)}`, { cause: error });
    throw error;
  }
}
