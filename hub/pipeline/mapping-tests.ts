/** The `tests:` of an instance file: input, and what must become of it. */
import { z } from 'zod';
import { isObject } from '../json.js';
import type { Json, JsonObject } from '../record.js';
import type { Lookups } from './lookup.js';
import { compilePipeline, type Outcome, type PipelineOptions } from './pipeline.js';

/** One test. Exactly one of `output` (fields left out must be empty), `faults` (paths), `filtered`, `deleted`. */
export interface MappingTest {
  input: JsonObject;
  /** Stream of a connector with several. */
  stream?: string;
  /** The record was deleted at the source; `output: null` is what is expected then. */
  deleted?: boolean;
  output?: JsonObject | null;
  faults?: string[];
  filtered?: boolean;
  /** What lookups find: topic → key → record. */
  lookup?: Record<string, Record<string, JsonObject>>;
}

export const mappingTestSpec: z.ZodType<MappingTest> = z
  .strictObject({
    input: z.record(z.string(), z.json()),
    stream: z.string().optional(),
    deleted: z.boolean().optional(),
    output: z.record(z.string(), z.json()).nullable().optional(),
    faults: z.array(z.string()).optional(),
    filtered: z.boolean().optional(),
    lookup: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.json()))).optional(),
  })
  .refine((test) => [test.output, test.faults, test.filtered].filter((one) => one !== undefined).length === 1, { error: 'harus menyebut salah satu dari output, faults atau filtered' }) as z.ZodType<MappingTest>;

/**
 * Runs the tests of a pipeline, each by itself, and answers for each how its outcome differs, a sentence in Bahasa Indonesia per difference; none where it passed.
 * Lookups find only what the test says.
 */
export async function runMappingTests(spec: unknown, tests: readonly MappingTest[], options: PipelineOptions = {}): Promise<string[][]> {
  let shelf: MappingTest['lookup'] = {};
  const latest: Lookups = {
    get: async (topic, keys) => new Map(keys.flatMap((key) => (shelf?.[topic]?.[key] ? [[key, shelf[topic]![key]!] as const] : []))),
  };
  const pipeline = compilePipeline(spec, { ...options, latest });
  try {
    const differences: string[][] = [];
    for (const test of tests) {
      shelf = test.lookup;
      const [outcome] = await pipeline.run([{ value: test.input, ...(test.deleted ? { deleted: true } : {}) }]);
      differences.push(compare(test, outcome!));
    }
    return differences;
  } finally {
    await pipeline.close();
  }
}

function compare(test: MappingTest, outcome: Outcome): string[] {
  if (test.filtered !== undefined) return (outcome.kind === 'filtered') === test.filtered ? [] : [`seharusnya ${test.filtered ? '' : 'tidak '}disaring, tetapi ${said(outcome)}`];
  if (test.faults) {
    const paths = outcome.kind === 'rejected' ? [...new Set(outcome.faults.map((fault) => fault.path))] : [];
    if (outcome.kind !== 'rejected') return [`seharusnya ditolak karena ${test.faults.join(', ')}, tetapi ${said(outcome)}`];
    return [
      ...test.faults.filter((path) => !paths.includes(path)).map((path) => `${path}: seharusnya salah, tetapi diterima`),
      ...outcome.faults.filter((fault) => !test.faults!.includes(fault.path)).map((fault) => `${fault.path || 'catatan'}: seharusnya diterima, tetapi ${fault.message}`),
    ];
  }
  if (outcome.kind !== 'record') return [`seharusnya diterima, tetapi ${said(outcome)}`];
  if (test.output === null || outcome.value === null) return test.output === outcome.value ? [] : [test.output === null ? 'seharusnya penghapusan, tetapi menjadi catatan' : 'seharusnya catatan, tetapi menjadi penghapusan'];
  return differencesOf(test.output!, outcome.value, '');
}

function differencesOf(expected: Json, actual: Json, path: string): string[] {
  if (isObject(expected) && isObject(actual)) {
    const names = [...new Set([...Object.keys(expected), ...Object.keys(actual)])];
    return names.flatMap((name) => differencesOf(expected[name] ?? null, actual[name] ?? null, path ? `${path}.${name}` : name));
  }
  if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length) return expected.flatMap((value, i) => differencesOf(value, actual[i]!, `${path}[${i}]`));
  return JSON.stringify(expected) === JSON.stringify(actual) ? [] : [`${path}: diharapkan ${JSON.stringify(expected)}, menjadi ${JSON.stringify(actual)}`];
}

function said(outcome: Outcome): string {
  if (outcome.kind === 'record') return outcome.value === null ? 'menjadi penghapusan' : 'diterima';
  if (outcome.kind === 'filtered') return 'disaring';
  if (outcome.kind === 'wait') return `menunggu ${outcome.for.topic} dengan kunci yang belum ada`;
  return `ditolak: ${outcome.faults.map((fault) => (fault.path ? `${fault.path} ${fault.message}` : fault.message)).join('; ')}`;
}
