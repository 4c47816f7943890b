/** Issues identities of the right structure, each once. */

export interface Identities {
  /** `region`: six digits of the place of first registration. */
  nik(region: string, birth: string, female: boolean): string;
  /** `date`: day of registration of the family. */
  noKk(region: string, date: string): string;
  /** `since`: YYYYMM of TMT CPNS for a PNS, a year and two digits that are no month for a PPPK. */
  nip(birth: string, since: string, female: boolean): string;
}

export function createIdentities(): Identities {
  // Prefixes are at most 15 digits and stand in the maps as numbers: half a million texts would cost seconds.
  const people = new Map<number, number>();
  const families = new Map<number, number>();
  const employees = new Map<number, number>();
  const numbered = (serials: Map<number, number>, prefix: string, digits: number): string => {
    const serial = (serials.get(Number(prefix)) ?? 0) + 1;
    serials.set(Number(prefix), serial);
    return prefix + String(serial).padStart(digits, '0');
  };
  return {
    nik: (region, birth, female) => numbered(people, region + shortDate(birth, female ? 40 : 0), 4),
    noKk: (region, date) => numbered(families, region + shortDate(date, 0), 4),
    nip: (birth, since, female) => numbered(employees, birth.replaceAll('-', '') + since + (female ? '2' : '1'), 3),
  };
}

/** DDMMYY of YYYY-MM-DD, the day raised by 40 for a woman. */
function shortDate(date: string, raise: number): string {
  const day = raise === 0 ? date.slice(8, 10) : String(Number(date.slice(8, 10)) + raise);
  return day + date.slice(5, 7) + date.slice(2, 4);
}
