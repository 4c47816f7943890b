/** The synthetic people of the city. No one in it exists; the kelurahan do. The same options give the same people, on every machine. */
import { createEmployees, type Employee } from './employees.js';
import { createIdentities, type Identities } from './identity.js';
import { createRandom } from './random.js';
import { type Reference, readReference } from './reference.js';
import { createResidents, type Resident } from './residents.js';

export type { Employee } from './employees.js';
export type { PayKind, PayLine } from './payroll.js';
export type { Resident } from './residents.js';

export interface PopulationOptions {
  /** How many people live in the city; 5,000 unless said otherwise. */
  readonly residents?: number;
  /** How many employees the city has; 800 unless said otherwise. About one in 25 of them lives outside. */
  readonly asn?: number;
  readonly seed?: number;
  /** The day they are counted on, YYYY-MM-DD: nobody is born later, ages and years of service are of that day. */
  readonly asOf?: string;
  /** Folder of the code lists, `config/reference` of the project unless said otherwise. */
  readonly reference?: string;
}

export interface Population {
  readonly seed: number;
  readonly asOf: string;
  readonly reference: Reference;
  /** Family by family. */
  readonly residents: readonly Resident[];
  /** In the order of NIP. */
  readonly employees: readonly Employee[];
  /** Issues identities that nobody has yet. */
  readonly identities: Identities;
  resident(nik: string): Resident | undefined;
  employee(nip: string): Employee | undefined;
  /** Members of a family, the head first. */
  household(noKk: string): readonly Resident[];
}

export function createPopulation({ residents: count = 5000, asn = 800, seed = 5371, asOf = '2025-06-30', reference: folder }: PopulationOptions = {}): Population {
  const reference = readReference(folder);
  const random = createRandom(seed);
  const identities = createIdentities();
  const residents = createResidents({ count, asOf, random, identities, reference });
  const employees = createEmployees({ asOf, random, identities }, residents, asn);
  const employed = new Set(employees.map((each) => each.nik));
  for (const [index, each] of residents.entries()) if (employed.has(each.nik)) residents[index] = { ...each, pekerjaan: CIVIL_SERVANT };
  const byNik = later(() => new Map(residents.map((each) => [each.nik, each])));
  const byNip = later(() => new Map(employees.map((each) => [each.nip, each])));
  const byHousehold = later(() => {
    const households = new Map<string, Resident[]>();
    for (const each of residents) {
      const members = households.get(each.no_kk);
      if (members) members.push(each);
      else households.set(each.no_kk, [each]);
    }
    return households;
  });
  return {
    seed,
    asOf,
    reference,
    residents,
    employees,
    identities,
    resident: (nik) => byNik().get(nik),
    employee: (nip) => byNip().get(nip),
    household: (noKk) => byHousehold().get(noKk) ?? [],
  };
}

/** SIAK code of the occupation. */
const CIVIL_SERVANT = '5';

/** Large indexes are made when they are first asked for. */
function later<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
