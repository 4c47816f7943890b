/** Runs inside a worker thread: evaluates JSONata expressions over a batch. The other side watches `progress` and kills the thread when it stands still. */
import { parentPort, workerData } from 'node:worker_threads';
import jsonata from 'jsonata';
import type { Json, JsonObject } from '../record.js';

export interface WorkerTask {
  /** Index of each record in the caller's batch, beside the record. */
  readonly records: readonly (readonly [number, JsonObject])[];
}
export interface WorkerAnswer {
  readonly results: readonly (readonly [number, readonly EvaluationResult[]])[];
  readonly done: boolean;
}
export type EvaluationResult = { readonly value: Json } | { readonly error: string };

const ANSWER_SIZE = 64;
const { expressions, progress } = workerData as { expressions: string[]; progress: Int32Array };
const compiled = expressions.map((expression) => jsonata(expression));

parentPort!.on('message', async ({ records }: WorkerTask) => {
  let results: [number, EvaluationResult[]][] = [];
  for (const [index, record] of records) {
    Atomics.store(progress, 0, index);
    Atomics.add(progress, 1, 1);
    const values: EvaluationResult[] = [];
    for (const expression of compiled) values.push(await evaluate(expression, record));
    results.push([index, values]);
    if (results.length === ANSWER_SIZE) {
      parentPort!.postMessage({ results, done: false } satisfies WorkerAnswer);
      results = [];
    }
  }
  parentPort!.postMessage({ results, done: true } satisfies WorkerAnswer);
});

async function evaluate(expression: jsonata.Expression, record: JsonObject): Promise<EvaluationResult> {
  try {
    // Sequences carry hidden properties and functions cannot be sent: only what JSON can say goes back.
    const text = JSON.stringify((await expression.evaluate(record)) as unknown);
    return { value: text === undefined ? null : (JSON.parse(text) as Json) };
  } catch (error) {
    // JSONata's messages quote values; its codes do not.
    return { error: (error as { code?: string }).code ?? 'galat' };
  }
}
