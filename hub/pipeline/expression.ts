/** `expr:` of a mapping: JSONata in a process of its own, so that an expression that never ends or fills the memory costs one record and never the hub. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import jsonata from 'jsonata';
import { ContractError, RetriableError } from '../errors.js';
import type { JsonObject } from '../record.js';
import type { EvaluationResult, WorkerAnswer, WorkerStart, WorkerTask } from './expression-worker.js';

export interface Expressions {
  /** One list of results per record, in the order of `expressions`. Calls are done one after another. */
  evaluate(records: readonly JsonObject[]): Promise<EvaluationResult[][]>;
  /** Ends the process. May be called twice. */
  close(): Promise<void>;
}

/** Milliseconds that one record may take. */
const TIME_LIMIT = 1_000;
/** Answers are looked for this often per time limit. Looks are counted, not milliseconds: a busy hub must not take an answer that waits for a missing one. */
const LOOKS = 5;
/** Records answered together. Where one of them gets stuck they are sent again one by one: whoever is blamed has failed twice. */
const GROUP = 64;
/** As many endless records in one batch mean that the expression is wrong, not the data. */
const MAX_FAILURES = 20;
const MEMORY_MB = 128;
/** How long a process may take to begin. */
const BOOT_LIMIT = 20_000;

/** JSONata's codes for what it stopped itself. */
const STOPPED: Record<string, string> = { D1011: 'terlalu dalam', D1012: 'terlalu lama', D2014: 'hasilnya terlalu besar', D2015: 'hasilnya terlalu besar' };

/** Says what is wrong with an expression, for the declaration of a mapping; undefined when it is usable. */
export function expressionFault(expression: string): string | undefined {
  try {
    jsonata(expression);
    return undefined;
  } catch (error) {
    return `bukan ekspresi JSONata yang benar: ${(error as Error).message}`;
  }
}

/** Opens the evaluator; its process starts with the first call and does not keep the hub alive. */
export function openExpressions(expressions: readonly string[], options: { timeLimit?: number } = {}): Expressions {
  const limit = options.timeLimit ?? TIME_LIMIT;
  const interval = limit / LOOKS;
  let child: ChildProcess | undefined;
  let fresh = true;
  let task = 0;
  let queue: Promise<unknown> = Promise.resolve();
  let closed = false;

  function start(): ChildProcess {
    const started = fork(workerFile(), [], { serialization: 'advanced', stdio: 'ignore', execArgv: [`--max-old-space-size=${MEMORY_MB}`], env: process.env.SystemRoot ? { SystemRoot: process.env.SystemRoot } : {} });
    // One that dies while idle is replaced by the next call.
    started.on('error', () => undefined).on('exit', () => {
      if (child === started) child = undefined;
    });
    started.send({ expressions, timeLimit: limit } satisfies WorkerStart);
    fresh = true;
    return started;
  }

  /** Sends records and takes the answers. True when all came, false when the process got stuck or died on the way. */
  function attempt(records: readonly (readonly [number, JsonObject])[], group: number, results: (EvaluationResult[] | undefined)[]): Promise<boolean> {
    const worker = (child ??= start());
    const mine = ++task;
    return new Promise((resolve, reject) => {
      let missing = records.length;
      let still = 0;
      const end = (whole: boolean): void => {
        clearInterval(watch);
        worker.off('message', onMessage).off('exit', onExit).off('error', onExit);
        worker.unref();
        worker.channel?.unref();
        if (!whole) {
          child = undefined;
          worker.kill('SIGKILL');
        }
        if (!whole && fresh && !closed) reject(new RetriableError('Proses untuk ekspresi "expr" tidak dapat dimulai (memori atau proses habis?).'));
        else resolve(whole);
      };
      const onMessage = (message: unknown): void => {
        const answer = message as WorkerAnswer;
        if (answer.task !== mine && answer.task !== 0) return;
        fresh = false;
        still = 0;
        if (answer.task === 0) return;
        missing -= answer.results.length;
        for (const [index, values] of answer.results) results[index] = [...values];
        if (missing === 0) end(true);
      };
      const onExit = (): void => end(false);
      // JSONata's own clock comes first; a new process needs its time to begin.
      const patience = (): number => LOOKS * 2 + (fresh ? BOOT_LIMIT / interval : 0);
      const watch = setInterval(() => ++still > patience() && end(false), interval);
      worker.ref();
      worker.channel?.ref();
      worker.on('message', onMessage).on('exit', onExit).on('error', onExit);
      worker.send({ task: mine, records, group } satisfies WorkerTask, (error) => error && end(false));
    });
  }

  async function evaluateAll(records: readonly JsonObject[]): Promise<EvaluationResult[][]> {
    const results: (EvaluationResult[] | undefined)[] = new Array(records.length).fill(undefined);
    const missing = (): (readonly [number, JsonObject])[] => records.flatMap((record, index) => (results[index] === undefined ? [[index, record] as const] : []));
    let failures = 0;
    for (let rest = missing(); rest.length > 0; rest = missing()) {
      if (closed) throw new Error('Evaluasi ekspresi sudah ditutup');
      if (await attempt(rest, GROUP, results)) continue;
      const suspects = missing().slice(0, GROUP);
      if (suspects.length === 0 || closed || (await attempt(suspects, 1, results))) continue;
      const culprit = suspects.find(([index]) => results[index] === undefined);
      if (!culprit || closed) continue;
      results[culprit[0]] = expressions.map(() => ({ error: 'terlalu lama atau terlalu besar' }));
      if (++failures === MAX_FAILURES) throw new ContractError(`Ekspresi "expr" tidak selesai pada ${MAX_FAILURES} catatan dari satu kelompok. Sederhanakan ekspresinya, lalu lanjutkan instans ini.`);
    }
    return (results as EvaluationResult[][]).map((values) => values.map((one) => ('error' in one ? { error: STOPPED[one.error] ?? one.error } : one)));
  }

  return {
    evaluate(records) {
      const next = queue.then(() => evaluateAll(records));
      queue = next.catch(() => undefined);
      return next;
    },
    async close() {
      closed = true;
      const ending = child;
      if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
      ending.ref();
      await new Promise((ended) => {
        ending.once('exit', ended);
        ending.kill('SIGKILL');
      });
    },
  };
}

/** Processes run JavaScript: beside us in the build, in dist/ when we are the TypeScript source under test. */
function workerFile(): string {
  return fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../dist/hub/pipeline/expression-worker.js' : './expression-worker.js', import.meta.url));
}
