/** Whether a mapping fills the fields that its contract has: a misspelt name would leave a field empty without a word, or turn away every record. */
import type { SettingsFault } from '../errors.js';
import { isObject } from '../json.js';
import { optional } from '../registry/avro.js';
import type { Contract } from '../registry/contract.js';

/** `path`: where the mapping stands in its file. A mapping that is not an object is not judged here. */
export function targetFieldFaults(mapping: unknown, contract: Contract, path: string): SettingsFault[] {
  if (!isObject(mapping)) return [];
  const named = Object.keys(mapping);
  const fields = new Map(contract.type.fields.map((field) => [field.name, field]));
  const missing = [...fields.values()].filter(({ name, type, default: fallback }) => fallback === undefined && !optional(type).nullable && !named.includes(name));
  return [
    ...named.filter((name) => !fields.has(name)).map((name) => ({ path: `${path}.${name}`, message: `tidak ada kolom "${name}" dalam kontrak ${contract.topic}; periksa ejaannya` })),
    ...missing.map(({ name }) => ({ path, message: `kolom wajib "${name}" dari kontrak ${contract.topic} belum dipetakan` })),
  ];
}
