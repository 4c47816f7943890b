/** Where in the agency's record a value stands: `NIK`, `alamat.jalan`, `anggota[0].nik`, or a column whose name itself has dots (`Tgl. Lahir`). */
import { fieldReader } from '../fields.js';
import type { JsonObject } from '../record.js';

export type Reader = (record: JsonObject) => unknown;

/** Compiles a path. A field that bears the whole text as its name comes before the path it could also mean. `.` is the record itself. */
export function compilePath(path: string): Reader {
  if (path === '.') return (record) => record;
  const steps = stepsOf(path);
  if (steps === undefined || (steps.length === 1 && steps[0] === path)) {
    return fieldReader(path);
  }
  return (record) => {
    if (Object.hasOwn(record, path)) return record[path];
    let value: unknown = record;
    for (const step of steps) {
      if (value === null || typeof value !== 'object' || !Object.hasOwn(value, step)) return undefined;
      value = (value as Record<string | number, unknown>)[step];
    }
    return value;
  };
}

/** Undefined where the text is no path (`Tgl. Lahir`, `No.`): then it can only be a name. */
function stepsOf(path: string): (string | number)[] | undefined {
  const steps: (string | number)[] = [];
  for (const part of path.split('.')) {
    const found = /^([^[\]]*)((?:\[\d+\])*)$/.exec(part);
    if (!found || part === '' || part.startsWith(' ')) return undefined;
    if (found[1]) steps.push(found[1]);
    for (const index of found[2]!.matchAll(/\d+/g)) steps.push(Number(index[0]));
  }
  return steps;
}
