/** A process of its own that evaluates JSONata expressions: whatever an expression does, only this process hangs or dies. Told what to do by `expression.ts`. */
import jsonata from 'jsonata';
import type { Json, JsonObject } from '../record.js';

/** First message: what to evaluate. */
export interface WorkerStart {
  readonly expressions: readonly string[];
  /** Milliseconds per record. */
  readonly timeLimit: number;
}
/** Every other message: a batch. */
export interface WorkerTask {
  readonly task: number;
  /** Index of each record in the caller's batch, beside the record. */
  readonly records: readonly (readonly [index: number, record: JsonObject])[];
  /** How many records are answered together. */
  readonly group: number;
}
export interface WorkerAnswer {
  /** 0 to say that the process has begun. */
  readonly task: number;
  readonly results: readonly (readonly [index: number, results: readonly EvaluationResult[]])[];
}
export type EvaluationResult = { readonly value: Json } | { readonly error: string };

/** Longest list that an expression may make. */
const MAX_SEQUENCE = 100_000;

let compiled: jsonata.Expression[] = [];

process.on('message', (message: WorkerStart | WorkerTask) => {
  if ('expressions' in message) {
    // Loops end by JSONata's own clock; only what it cannot interrupt (regular expressions, memory) costs the process.
    compiled = message.expressions.map((expression) => jsonata(expression, { timeout: message.timeLimit, sequence: MAX_SEQUENCE }));
    process.send!({ task: 0, results: [] } satisfies WorkerAnswer);
  } else void work(message);
});
// Ctrl-C reaches the whole process group: the hub decides when this ends. Without the hub it ends by itself.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit());

async function work({ task, records, group }: WorkerTask): Promise<void> {
  for (let at = 0; at < records.length; at += group) {
    const results: [number, EvaluationResult[]][] = [];
    for (const [index, record] of records.slice(at, at + group)) {
      const values: EvaluationResult[] = [];
      for (const expression of compiled) values.push(await evaluate(expression, record));
      results.push([index, values]);
    }
    // Awaited, so that an answer has left before something that never ends begins.
    await new Promise((sent) => process.send!({ task, results } satisfies WorkerAnswer, sent));
  }
}

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
