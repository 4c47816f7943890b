/** The life of one instance: takes its turn, proves that the other side answers, works, waits through outages, and stops where a person must act. */
import type { Cases } from '../cases/cases.js';
import type { Logger, ReceivedRequest } from '../connector.js';
import { CredentialError, messageOf, RetriableError } from '../errors.js';
import type { Log } from '../log/log.js';
import type { Json } from '../record.js';
import type { Clock } from './clock.js';
import { type Committer, openCommitter, ours } from './committer.js';
import type { Instance } from './instance.js';
import { AT_REST, countsOf, type InstanceStatus } from './instance-status.js';
import type { InstanceStore, Wanted } from './instance-store.js';
import { type Plan, planInstance, type ReceiverPlan, type SinkPlan, type SourcePlan, type Surroundings } from './plan.js';
import type { InstancePosition } from './position.js';
import { openReceiver, type ReceiveAnswer, type Receiver } from './receiver.js';
import { classify, createRetry, type Retry } from './retry.js';
import { nextRun } from './schedule.js';
import { secretNames, withoutSecrets } from './secrets.js';
import { contextOf, LIMITS, type Session, within } from './session.js';
import { runSink } from './sink.js';
import { runSource } from './source.js';
import { openStanding, type StandingOptions } from './standing.js';

export interface SupervisorOptions {
  readonly instance: Instance;
  readonly around: Surroundings;
  readonly log: Log;
  readonly cases: Cases;
  readonly store: InstanceStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly files: string;
  readonly remembered: StandingOptions['remembered'];
}

export interface Supervisor {
  readonly instance: Instance;
  status(): InstanceStatus;
  /** Whether this hub holds the instance's writer. */
  readonly holds: boolean;
  /** Resolves when what ran has ended and is committed. */
  want(wanted: Wanted, by: string): Promise<void>;
  /** Ends what runs and begins anew; also where a person had paused or stopped it. */
  restart(): Promise<void>;
  /** Does not wait for the schedule. */
  runNow(): void;
  receive(request: ReceivedRequest): Promise<ReceiveAnswer>;
  /** Lends the session of the running instance, or opens one for the time of `work` where it is at rest. */
  borrow<T>(work: (session: Session) => Promise<T>): Promise<T>;
  /** A sink that has read its topics to their ends has proven that it lives. */
  prove(): Promise<void>;
  /** Another hub reported this. */
  heard(status: InstanceStatus): void;
  /** Ends; wanted state and position stay as they are. */
  close(): Promise<void>;
}

/** Whoever waits for a time looks this often whether the clock was set. */
const LOOK_AT_CLOCK = 60_000;
/** Whoever has died lets go of its lease within this: a lease held for longer is held by a hub that lives. */
const SOON = 2_000;
/** So long a person waits for an instance that another hub may hold. */
const BORROW = 5_000;

export function openSupervisor(options: SupervisorOptions): Supervisor {
  const { instance, log, cases, store, clock, logger, files } = options;
  const now = () => clock.now();
  let plan: Plan | undefined;
  const standing = openStanding({ instance, clock, remembered: options.remembered, plan: () => plan });
  /** Where it stands while no writer is open here. */
  let position: InstancePosition = { counts: countsOf(options.remembered.status) };
  let committer: Committer | undefined;
  let receiver: Receiver | undefined;
  let current: { controller: AbortController; ended: Promise<void> } | undefined;
  let wake = new AbortController();
  /** A person wants to see it run, whatever the schedule says. */
  let asked = false;

  const sessionFor = (made: Plan, opened: Committer, retry: Retry, signal: AbortSignal): Session => ({
    plan: made, committer: opened, log, cases, contracts: options.around.contracts, clock, retry, logger, files, signal,
    ...(options.around.shelf && { shelf: options.around.shelf }),
    progress(records) {
      position = opened.position();
      standing.progress(records);
    },
    waiting: (why) => standing.set('WAITING', why),
  });

  /** Resolves when the next run is due, when somebody wakes it, or when it is to end. */
  const untilDue = async ({ plan: { schedule }, signal }: Session<SourcePlan>): Promise<void> => {
    const { lastRun } = standing;
    standing.due = asked ? now() : nextRun(schedule, lastRun, now());
    asked = false;
    if (lastRun && standing.due && standing.due > now() && standing.state !== 'RUNNING') {
      standing.prove(lastRun);
      standing.set('RUNNING');
    }
    while (!signal.aborted && !wake.signal.aborted && !(standing.due && standing.due <= now())) {
      const before = now();
      await clock.sleep(Math.min(standing.due ? standing.due.getTime() - before.getTime() : LOOK_AT_CLOCK, LOOK_AT_CLOCK), wake.signal);
      if (now() < before) standing.due = nextRun(schedule, lastRun, now());
    }
  };

  const source = async (session: Session<SourcePlan>): Promise<void> => {
    while (!session.signal.aborted) {
      await untilDue(session);
      if (session.signal.aborted) return;
      wake = new AbortController();
      const began = now();
      await runSource(session);
      if (session.signal.aborted) return;
      session.retry.succeeded();
      standing.lastRun = began;
      await ours(() => store.ran(instance.name, began));
    }
  };

  const work = async (session: Session): Promise<void> => {
    if (session.plan.kind === 'source') return source(session as Session<SourcePlan>);
    if (session.plan.kind === 'sink') return runSink(session as Session<SinkPlan>);
    receiver = openReceiver(session as Session<ReceiverPlan>);
    try {
      await receiver.run();
    } finally {
      receiver = undefined;
    }
  };

  const take = async (signal: AbortSignal): Promise<Committer> => {
    if (committer && !committer.broken) return committer;
    await committer?.close();
    committer = undefined;
    const began = performance.now();
    const held = (): void => {
      if (performance.now() - began > SOON) standing.set('STANDBY', 'menunggu hub lain yang sedang menjalankannya');
    };
    committer = await openCommitter(log, instance.name, signal, { held });
    position = committer.position();
    return committer;
  };

  const life = async (signal: AbortSignal): Promise<void> => {
    const retry = createRetry();
    let checked = false;
    try {
      standing.set('STARTING');
      plan = planInstance(instance, options.around);
      while (!signal.aborted) {
        try {
          const opened = await take(signal);
          const session = sessionFor(plan, opened, retry, signal);
          if (!checked || retry.open) {
            if (!checked) standing.set('STARTING');
            await within(LIMITS.check, signal, (limited) => plan!.connector.check(plan!.settings, contextOf(session, limited)));
          }
          checked = true;
          await work(session);
        } catch (caught) {
          if (signal.aborted) return;
          const kind = classify(caught);
          if (kind === 'fenced') continue;
          if (kind !== 'wait') throw caught;
          standing.set('WAITING', messageOf(caught));
          await clock.sleep(retry.failed(caught), signal);
        }
      }
    } catch (caught) {
      if (signal.aborted) return;
      const kind = classify(caught);
      const why = caught instanceof CredentialError ? `${messageOf(caught)}${secretsNamed(instance)}` : messageOf(caught);
      standing.set(kind === 'pause' ? 'PAUSED' : kind === 'stop' ? 'STOPPED' : 'FAILED', why);
      logger.error({ ...(kind === 'fail' && { stack: withoutSecrets((caught as Error).stack ?? '', plan?.secrets ?? []) }), owner: instance.owner }, `${instance.name} ${standing.state}: ${standing.reason}`);
    } finally {
      standing.due = undefined;
      if (committer) position = committer.position();
      await committer?.close();
      committer = undefined;
      await plan?.close();
      await store.report([status()]).catch(() => undefined);
    }
  };

  const begin = (): void => {
    if (current || standing.wanted !== 'running') return;
    const controller = new AbortController();
    controller.signal.addEventListener('abort', () => wake.abort());
    wake = new AbortController();
    standing.prove(now());
    const started = { controller, ended: Promise.resolve() };
    current = started;
    started.ended = life(controller.signal).finally(() => {
      if (current === started) current = undefined;
    });
  };

  const end = async (why: string): Promise<void> => {
    current?.controller.abort(new Error(why));
    await current?.ended;
  };

  const status = (): InstanceStatus => standing.status((committer?.position() ?? position).counts);

  begin();
  return {
    instance,
    status,
    get holds() {
      return committer !== undefined;
    },
    async want(next, by) {
      standing.wanted = next;
      if (next === 'running') {
        // What ended by itself may still be tidying up.
        if (AT_REST.includes(standing.state)) await current?.ended;
        asked = true;
        return begin();
      }
      await end(next === 'paused' ? 'dijeda' : 'dihentikan');
      standing.rest(next === 'paused' ? 'PAUSED' : 'STOPPED', by);
    },
    async restart() {
      standing.wanted = 'running';
      await end('dimulai ulang');
      asked = true;
      begin();
    },
    runNow: () => wake.abort(),
    async receive(request) {
      const open = receiver;
      if (!open) throw new RetriableError(`${instance.name} sedang tidak menerima (${standing.state}); kirim lagi nanti`, { retryAfter: 30 });
      return open.receive(request);
    },
    async borrow(job) {
      if (committer && plan && current) {
        const session = sessionFor(plan, committer, createRetry(), current.controller.signal);
        const result = await job(session);
        position = session.committer.position();
        return result;
      }
      return lend(options, async (made, opened) => {
        const limit = AbortSignal.timeout(LIMITS.receive);
        const result = await job({ ...sessionFor(made, opened, createRetry(), limit), progress: () => undefined, waiting: () => undefined }).catch((cause: unknown) => {
          throw limit.aborted && cause === limit.reason ? new RetriableError(`${instance.name} tidak selesai dalam ${LIMITS.receive / 1000} detik; coba lagi nanti.`, { cause }) : cause;
        });
        position = opened.position();
        return result;
      });
    },
    async prove() {
      if (!committer || plan?.kind !== 'sink') return;
      const { offsets } = committer.position();
      for (const topic of plan.topics) {
        for (const { partition, start, end } of await log.offsets(topic)) if ((offsets?.[topic]?.[partition] ?? start) < end) return;
      }
      standing.prove(now());
    },
    heard(reported) {
      if (committer) return;
      position = { counts: countsOf(reported) };
      standing.lastActivity = reported.lastActivity;
    },
    close: () => end('hub berhenti'),
  };
}

/** Opens an instance that is at rest for the time of `job`. @throws RetriableError when another hub runs it. */
async function lend<T>({ instance, around, log }: Pick<SupervisorOptions, 'instance' | 'around' | 'log'>, job: (plan: Plan, committer: Committer) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(BORROW);
  const plan = planInstance(instance, around);
  try {
    const committer = await openCommitter(log, instance.name, signal).catch((cause: unknown) => {
      throw signal.aborted ? new RetriableError(`${instance.name} sedang dijalankan hub lain; lakukan di sana, atau jeda dahulu di sana.`, { cause }) : cause;
    });
    try {
      return await job(plan, committer);
    } finally {
      await committer.close();
    }
  } finally {
    await plan.close();
  }
}

/** The other side refused us: which secrets that can mean, by name. */
function secretsNamed({ settings, owner }: Instance): string {
  const names = secretNames(settings as Json);
  return names.length === 0 ? '' : ` Rahasia yang dipakai: ${names.join(', ')} (di secrets/${owner}/ atau SASANDO_SECRET_…).`;
}
