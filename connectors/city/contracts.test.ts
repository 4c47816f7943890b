/** The synthetic people pass the contracts of the topics they end in. */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from '@jest/globals';
import { loadReferences, type References } from '../../hub/pipeline/codes.js';
import type { Json, JsonObject } from '../../hub/record.js';
import { parseContract } from '../../hub/registry/contract.js';
import { compileValidator } from '../../hub/registry/validate.js';
import { registeredEvents } from './events.js';
import { payroll } from './payroll.js';
import { createPopulation } from './population.js';

const population = createPopulation({ residents: 3000, asn: 400 });
let references: References;

beforeAll(async () => {
  references = await loadReferences('config/reference');
});

test.each<[string, readonly object[]]>([
  ['kependudukan/penduduk', population.residents],
  ['kependudukan/peristiwa', registeredEvents(population, 2000)],
  ['kepegawaian/pegawai_simpeg', population.employees],
  ['keuangan/gaji', payroll(population.employees, '2025-07')],
])('%s: nothing is rejected, and the one warning is the NIK that kept a former date of birth', (file, values) => {
  const contract = parseContract(readFileSync(`schemas/${file}.avsc`, 'utf8'));
  const validate = compileValidator(contract, references, () => new Date('2026-11-24T03:00:00Z'));
  const faults = values.flatMap((value) => validate(inContract(contract.type.fields, value as Record<string, Json>)));
  expect(new Set(faults.map((fault) => `${fault.severity} ${fault.rule}`))).toEqual(new Set(['warn format.nik.tanggal_lahir']));
});

/** The fields of the contract alone; those that the value lacks are null. */
function inContract(fields: readonly { name: string }[], value: Record<string, Json>): JsonObject {
  return Object.fromEntries(fields.map(({ name }) => [name, value[name] ?? null]));
}
