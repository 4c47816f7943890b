/** How an instance fares, as people and other hubs are told. */
import { type Counts, NO_COUNTS } from './position.js';

/**
 * STARTING: reaches for the other side. STANDBY: another hub runs it. RUNNING: something was read, or confirmed empty, within the expected time. STALLED: it should have been, but
 * was not. WAITING: the other side is away, tried again by itself. PAUSED: by a person, or because the data as a whole does not fit (a person resumes it). STOPPED: by a person, or
 * because settings or credentials are wrong. FAILED: a bug; a person restarts it.
 */
export type InstanceStateName = 'STARTING' | 'STANDBY' | 'RUNNING' | 'STALLED' | 'WAITING' | 'PAUSED' | 'STOPPED' | 'FAILED';

/** States in which nothing happens until a person acts. */
export const AT_REST: readonly InstanceStateName[] = ['PAUSED', 'STOPPED', 'FAILED'];

export interface InstanceStatus {
  readonly name: string;
  readonly owner: string;
  readonly connector: string;
  readonly summary: string;
  readonly kind: 'source' | 'receiver' | 'sink';
  readonly state: InstanceStateName;
  /** Why it is in a state other than RUNNING. */
  readonly reason: string | null;
  /** Since when it is in that state, ISO. */
  readonly since: string;
  readonly recordsIn: number;
  readonly recordsOut: number;
  readonly filtered: number;
  /** Open cases: recordsIn = recordsOut + filtered + cases. */
  readonly cases: number;
  /** Records committed to topics. */
  readonly written: number;
  readonly lastActivity: string | null;
  readonly lastRun: string | null;
  readonly nextRun: string | null;
  /** What went wrong last, until something goes right. */
  readonly error: string | null;
}

/** The counts that a status was told with. */
export function countsOf(status: InstanceStatus | undefined): Counts {
  return status ? { ...NO_COUNTS, read: status.recordsIn, accepted: status.recordsOut, filtered: status.filtered, cases: status.cases, written: status.written } : NO_COUNTS;
}
