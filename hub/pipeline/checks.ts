/** `require`: conditions that every mapped record must meet (or, with severity warn, is only noted for not meeting). */
import type { Fault, JsonObject } from '../record.js';
import { compilePredicate } from './predicate.js';
import type { CheckSpec } from './spec.js';

export type Checks = (record: JsonObject, source: JsonObject, now: Date) => Fault[];

/** Compiles the checks; `decimals` are the fields that hold decimal text. All of them are evaluated, so that every fault is named at once. */
export function compileChecks(specs: readonly CheckSpec[], decimals: ReadonlySet<string>): Checks {
  const checks = specs.map((spec) => ({ spec, holds: compilePredicate(spec.that, decimals) }));
  return (record, source, now) => {
    const faults: Fault[] = [];
    for (const { spec, holds } of checks) {
      const result = holds({ record, source, now });
      if (result === true) continue;
      const { field: path = '', severity = 'reject' } = spec;
      if (result === false) faults.push({ path, rule: 'require', message: spec.message, ...(spec.repair ? { repair: spec.repair } : {}), severity });
      else faults.push({ path, rule: 'require', message: `syarat "${spec.message}" ${result.message}`, ...(result.repair ? { repair: result.repair } : {}), severity });
    }
    return faults;
  };
}
