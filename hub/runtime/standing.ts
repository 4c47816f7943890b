/** Keeps how one instance fares while this hub has it: its state with reason and time, and the proof that RUNNING is still true. */
import { maskIdentities } from '../mask.js';
import type { Clock } from './clock.js';
import type { Instance } from './instance.js';
import type { Remembered, Wanted } from './instance-store.js';
import type { InstanceStateName, InstanceStatus } from './instance-status.js';
import type { Plan } from './plan.js';
import type { Counts } from './position.js';
import { withoutSecrets } from './secrets.js';

export interface Standing {
  /** What people want of it. */
  wanted: Wanted;
  readonly state: InstanceStateName;
  /** Without secrets and identities. */
  readonly reason: string | null;
  /** When the last run that ended well began. */
  lastRun: Date | undefined;
  /** When the next run is due. */
  due: Date | undefined;
  /** When it last moved records, ISO. */
  lastActivity: string | null;
  set(next: InstanceStateName, why?: string): void;
  /** A person put it to rest, which is nothing wrong. */
  rest(state: 'PAUSED' | 'STOPPED', by: string): void;
  /** It moved so many records, or found that there is nothing to move (0). */
  progress(records: number): void;
  /** As of `time` it was at work. */
  prove(time: Date): void;
  status(counts: Counts): InstanceStatus;
}

export interface StandingOptions {
  readonly instance: Instance;
  readonly clock: Clock;
  readonly remembered: Pick<Remembered, 'wanted' | 'by' | 'lastRun' | 'status'>;
  /** The plan of the moment; undefined before the first one was made. */
  readonly plan: () => Plan | undefined;
}

/** So long past its time a run may be before the instance is shown as STALLED. */
const LATE = 120_000;
/** States whose reason is something gone wrong, whoever wanted what. */
const WRONG: readonly InstanceStateName[] = ['WAITING', 'FAILED'];
const PASSING: readonly InstanceStateName[] = ['STARTING', 'STANDBY'];

export function openStanding({ instance, clock, remembered, plan }: StandingOptions): Standing {
  let state: InstanceStateName = remembered.wanted === 'paused' ? 'PAUSED' : remembered.wanted === 'stopped' ? 'STOPPED' : 'STARTING';
  let reason: string | null = remembered.wanted === 'running' ? null : `oleh ${remembered.by ?? 'petugas'}`;
  let since = clock.now();
  let proof = since;
  let error: string | null = null;

  /** RUNNING is a claim that must be proven anew within the expected time. */
  const shown = (): { state: InstanceStateName; reason: string | null } => {
    const planned = plan();
    if (state !== 'RUNNING' || !planned || planned.kind === 'receiver') return { state, reason };
    const expected = planned.kind === 'sink' ? proof : planned.schedule.next(proof);
    if (!expected || clock.now().getTime() <= expected.getTime() + LATE) return { state, reason };
    return { state: 'STALLED', reason: `tidak ada yang dibaca sejak ${proof.toISOString()}` };
  };

  const standing: Standing = {
    wanted: remembered.wanted,
    lastRun: remembered.lastRun,
    due: undefined,
    lastActivity: remembered.status?.lastActivity ?? null,
    get state() {
      return state;
    },
    get reason() {
      return reason;
    },
    set(next, why) {
      const clean = why === undefined ? null : maskIdentities(withoutSecrets(why, plan()?.secrets ?? []));
      if (state === next && reason === clean) return;
      if (state !== next) since = clock.now();
      state = next;
      reason = clean;
      if (next === 'RUNNING') error = null;
      else if (WRONG.includes(next) || (!PASSING.includes(next) && standing.wanted === 'running')) error = reason;
    },
    rest(next, by) {
      standing.set(next, `oleh ${by}`);
      error = null;
    },
    progress(records) {
      proof = clock.now();
      if (records > 0) standing.lastActivity = proof.toISOString();
      standing.set('RUNNING');
    },
    prove(time) {
      proof = time;
    },
    status(counts) {
      const { name, owner, connector, summary, topics } = instance;
      const seen = shown();
      return {
        name,
        owner,
        connector,
        summary,
        kind: plan()?.kind ?? (topics ? 'sink' : 'source'),
        state: seen.state,
        reason: seen.reason,
        since: since.toISOString(),
        recordsIn: counts.read,
        recordsOut: counts.accepted,
        filtered: counts.filtered,
        cases: counts.cases,
        written: counts.written,
        lastActivity: standing.lastActivity,
        lastRun: standing.lastRun?.toISOString() ?? null,
        nextRun: standing.due?.toISOString() ?? null,
        error,
      };
    },
  };
  return standing;
}
