/** `expr:` of a mapping: JSONata in a worker thread of its own, so that an endless expression costs one record and never the hub. */
import { Worker } from 'node:worker_threads';
import jsonata from 'jsonata';
import { ContractError } from '../errors.js';
import type { JsonObject } from '../record.js';
import type { EvaluationResult, WorkerAnswer } from './expression-worker.js';

export interface Expressions {
  /** One list of results per record, in the order of `expressions`. Calls are done one after another. */
  evaluate(records: readonly JsonObject[]): Promise<EvaluationResult[][]>;
  /** Ends the thread. May be called twice. */
  close(): Promise<void>;
}

/** Milliseconds that one record may take. */
const TIME_LIMIT = 1000;
/** Progress is looked at this often per time limit. Looks are counted, not milliseconds: a busy main thread must not take a finished record for a stuck one. */
const LOOKS = 5;
/** As many endless records in one batch mean that the expression is wrong, not the data. */
const MAX_TIMEOUTS = 20;
const MEMORY_MB = 128;
const BOOT_LIMIT = 10_000;

/** Says what is wrong with an expression, for the declaration of a mapping; undefined when it is usable. */
export function expressionFault(expression: string): string | undefined {
  try {
    jsonata(expression);
    return undefined;
  } catch (error) {
    return `bukan ekspresi JSONata yang benar: ${(error as Error).message}`;
  }
}

/** Opens the evaluator; the thread starts with the first call and does not keep the process alive. */
export function openExpressions(expressions: readonly string[], options: { timeLimit?: number } = {}): Expressions {
  const limit = options.timeLimit ?? TIME_LIMIT;
  const interval = limit / LOOKS;
  let worker: Worker | undefined;
  let progress = new Int32Array(new SharedArrayBuffer(8));
  let queue: Promise<unknown> = Promise.resolve();
  let closed = false;

  function start(): Worker {
    progress = new Int32Array(new SharedArrayBuffer(8));
    const started = new Worker(workerFile(), { workerData: { expressions, progress }, env: {}, resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB } });
    // A thread that dies while idle is replaced by the next call.
    started.on('error', () => undefined).on('exit', () => {
      if (worker === started) worker = undefined;
    });
    started.unref();
    return started;
  }

  /** Sends records and takes what comes back until all are done (undefined), or the index of the record in which the thread got stuck. */
  async function attempt(records: readonly (readonly [number, JsonObject])[], results: (EvaluationResult[] | undefined)[]): Promise<number | undefined> {
    const thread = (worker ??= start());
    const shared = progress;
    return await new Promise((resolve, reject) => {
      let seen = Atomics.load(shared, 1);
      let still = 0;
      const first = seen;
      const end = (stuck: number | undefined, error?: Error): void => {
        clearInterval(watch);
        thread.off('message', onMessage).off('error', onError).off('exit', onExit);
        thread.unref();
        if (stuck === undefined && !error) return resolve(undefined);
        worker = undefined;
        void thread.terminate().then(() => (error ? reject(error) : resolve(stuck)));
      };
      const watch = setInterval(() => {
        const count = Atomics.load(shared, 1);
        still = count === seen ? still + 1 : 0;
        seen = count;
        if (count === first && still * interval > BOOT_LIMIT) end(undefined, new Error('Thread ekspresi tidak mulai bekerja'));
        else if (count !== first && still >= LOOKS) end(Atomics.load(shared, 0));
      }, interval);
      const onMessage = (answer: WorkerAnswer): void => {
        for (const [index, values] of answer.results) results[index] = [...values];
        if (answer.done) end(undefined);
      };
      // Out of memory ends the thread with an error: the record in work is to blame.
      const onError = (error: Error): void => (Atomics.load(shared, 1) === first ? end(undefined, error) : end(Atomics.load(shared, 0)));
      const onExit = (): void => (closed ? end(undefined, new Error('Evaluasi ekspresi dihentikan')) : end(Atomics.load(shared, 0)));
      thread.ref();
      thread.on('message', onMessage).on('error', onError).on('exit', onExit);
      thread.postMessage({ records });
    });
  }

  async function evaluateAll(records: readonly JsonObject[]): Promise<EvaluationResult[][]> {
    if (closed) throw new Error('Evaluasi ekspresi sudah ditutup');
    const results: (EvaluationResult[] | undefined)[] = new Array(records.length).fill(undefined);
    let timeouts = 0;
    for (;;) {
      const rest = records.flatMap((record, index) => (results[index] === undefined ? [[index, record] as const] : []));
      if (rest.length === 0) return results as EvaluationResult[][];
      const stuck = await attempt(rest, results);
      if (stuck === undefined) continue;
      results[stuck] = expressions.map(() => ({ error: `melewati batas waktu ${limit} milidetik` }));
      if (++timeouts === MAX_TIMEOUTS) throw new ContractError(`Ekspresi "expr" melewati batas waktu pada ${MAX_TIMEOUTS} catatan berturut-turut. Sederhanakan ekspresinya, lalu lanjutkan instance ini.`);
    }
  }

  return {
    evaluate(records) {
      const next = queue.then(() => evaluateAll(records));
      queue = next.catch(() => undefined);
      return next;
    },
    async close() {
      closed = true;
      await worker?.terminate();
      worker = undefined;
    },
  };
}

/** Threads run JavaScript: beside us in the build, in dist/ when we are the TypeScript source under test. */
function workerFile(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? '../../dist/hub/pipeline/expression-worker.js' : './expression-worker.js', import.meta.url);
}
