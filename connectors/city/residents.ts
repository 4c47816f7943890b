/** Families of the city, person by person, as Dispenduk registers them. Codes are SIAK's. */
import type { Identities } from './identity.js';
import { addressOf, BIRTHPLACES, clanOf, nameOf, religionOf } from './names.js';
import { cumulate, pickWeighted, type Random } from './random.js';
import type { Reference } from './reference.js';

/** Names and codes as in the contract of `kependudukan.penduduk`. */
export interface Resident {
  readonly nik: string;
  readonly no_kk: string;
  readonly nama_lengkap: string;
  readonly jenis_kelamin: '1' | '2';
  readonly tempat_lahir: string;
  /** YYYY-MM-DD. Corrected later for a few people, whose NIK keeps the former date. */
  readonly tanggal_lahir: string;
  readonly agama: string;
  readonly golongan_darah: string;
  readonly pendidikan: string;
  readonly pekerjaan: string;
  readonly status_kawin: string;
  readonly tanggal_kawin: string | null;
  readonly hubungan_keluarga: string;
  readonly kewarganegaraan: string;
  readonly nik_ayah: string | null;
  readonly nama_ayah: string;
  readonly nik_ibu: string | null;
  readonly nama_ibu: string;
  readonly alamat: string;
  readonly rt: string;
  readonly rw: string;
  readonly kode_kelurahan: string;
  readonly status_ektp: 'BELUM_REKAM' | 'SUDAH_REKAM' | 'TUNGGAL';
  /** 1 hidup, 2 mati, 3 pindah. */
  readonly status_dasar: string;
}

/** Where people of Kupang who were first registered elsewhere come from; 91 and 92 do not fit a JavaScript number as a NIK. */
export const ELSEWHERE = ['530101', '530114', '530205', '530301', '530406', '531402', '532001', '531005', '731104', '357801', '910203', '917101', '927104'];

/** `count` residents; the last family is cut short where it does not fit. `asOf`: nobody is born later. */
export function createResidents(options: { count: number; asOf: string; random: Random; identities: Identities; reference: Reference }): Resident[] {
  const { count, random, reference } = options;
  const residents: Resident[] = [];
  const share = cumulate(reference.kelurahan.map(() => random.between(4, 16)));
  while (residents.length < count) {
    for (const person of family(options, reference.kelurahan[pickWeighted(random, share)]!.kode)) if (residents.length < count) residents.push(person);
  }
  return residents;
}

/** What all members of a family have in common. */
interface Household {
  readonly no_kk: string;
  readonly alamat: string;
  readonly rt: string;
  readonly rw: string;
  readonly kode_kelurahan: string;
}
type Makers = { asOf: string; random: Random; identities: Identities };

function family(makers: Makers, kode_kelurahan: string): Resident[] {
  const { random, asOf, identities } = makers;
  const region = kode_kelurahan.slice(0, 8).replaceAll('.', '');
  const religion = religionOf(random);
  const headAge = Math.round((random.between(22, 74) + random.between(22, 62)) / 2);
  const kind = random.next();
  const household: Household = {
    no_kk: identities.noKk(region, dateAt(random, asOf, random.between(0, Math.min(15, headAge - 20)))),
    alamat: addressOf(random),
    rt: String(random.between(1, 28)).padStart(3, '0'),
    rw: String(random.between(1, 9)).padStart(3, '0'),
    kode_kelurahan,
  };
  const couple = kind < 0.78 && headAge > 23;
  const wifeAge = Math.max(20, headAge + random.between(-8, 3));
  const married = couple ? dateAt(random, asOf, random.between(0, Math.min(headAge - 23, wifeAge - 19))) : null;
  const female = !couple && random.chance(0.6);
  const widowed = !couple && headAge > 30 && random.chance(0.7);
  const clan = clanOf(random, religion);
  const head = person(makers, household, { age: headAge, female, religion, clan, shdk: '1', kawin: couple ? '2' : widowed ? random.pick(['3', '4']) : '1', married });
  const members = [head];
  if (couple) members.push(person(makers, household, { age: wifeAge, female: true, religion, clan: clanOf(random, religion), shdk: '3', kawin: '2', married }));
  const wife = couple ? members[1]! : undefined;
  const parents = { ayah: couple || !female ? head : undefined, ibu: wife ?? (female ? head : undefined) };
  const eldest = Math.min(32, (couple ? Math.min(wifeAge, headAge) : headAge) - 20);
  for (let child = couple || widowed ? random.between(0, 4) : 0; child > 0 && eldest >= 0; child--) {
    members.push(person(makers, household, { age: random.between(0, eldest), female: random.chance(0.49), religion, clan: couple || !female ? clan : clanOf(random, religion), shdk: '4', kawin: '1', married: null, ...parents }));
  }
  if (headAge < 55 && random.chance(0.09)) members.push(person(makers, household, { age: headAge + random.between(22, 30), female: random.chance(0.65), religion, clan, shdk: '7', kawin: '4', married: null }));
  if (random.chance(0.08)) members.push(person(makers, household, { age: random.between(15, 26), female: random.chance(0.5), religion, clan: clanOf(random, religion), shdk: '9', kawin: '1', married: null }));
  return members;
}

interface Traits {
  readonly age: number;
  readonly female: boolean;
  readonly religion: string;
  readonly clan: string;
  readonly shdk: string;
  readonly kawin: string;
  readonly married: string | null;
  readonly ayah?: Resident | undefined;
  readonly ibu?: Resident | undefined;
}

/** One person; also for people who live outside the city. */
export function person({ random, asOf, identities }: Makers, household: Household, traits: Traits): Resident {
  const { age, female, religion, clan, ayah, ibu } = traits;
  const born = dateAt(random, asOf, age);
  const elsewhere = random.chance(ayah || ibu ? 0.03 : 0.16);
  const region = elsewhere ? random.pick(ELSEWHERE) : `5371${random.chance(0.8) ? household.kode_kelurahan.slice(6, 8) : `0${random.between(1, 6)}`}`;
  const nik = identities.nik(region, born, female);
  return {
    nik,
    no_kk: household.no_kk,
    nama_lengkap: nameOf(random, female, religion, clan),
    jenis_kelamin: female ? '2' : '1',
    tempat_lahir: random.pick(BIRTHPLACES),
    tanggal_lahir: age > 0 && random.chance(0.005) ? corrected(born) : born,
    agama: religion,
    golongan_darah: random.chance(0.55) ? '13' : random.pick(['1', '2', '3', '4', '4']),
    pendidikan: educationOf(random, age),
    pekerjaan: workOf(random, age, female),
    status_kawin: traits.kawin,
    tanggal_kawin: traits.married,
    hubungan_keluarga: traits.shdk,
    kewarganegaraan: '1',
    nik_ayah: ayah?.nik ?? null,
    nama_ayah: ayah?.nama_lengkap ?? nameOf(random, false, religion, clan),
    nik_ibu: ibu?.nik ?? null,
    nama_ibu: ibu?.nama_lengkap ?? nameOf(random, true, religion, clanOf(random, religion)),
    alamat: household.alamat,
    rt: household.rt,
    rw: household.rw,
    kode_kelurahan: household.kode_kelurahan,
    status_ektp: age < 17 ? 'BELUM_REKAM' : random.chance(0.96) ? 'TUNGGAL' : random.pick(['SUDAH_REKAM', 'BELUM_REKAM']),
    status_dasar: '1',
  };
}

function educationOf(random: Random, age: number): string {
  if (age < 7) return '1';
  if (age < 13) return '2';
  if (age < 16) return '3';
  if (age < 19) return '4';
  const share = random.next();
  return share < 0.06 ? '2' : share < 0.16 ? '3' : share < 0.28 ? '4' : share < 0.68 || age < 23 ? '5' : share < 0.74 ? '7' : share < 0.96 ? '8' : '9';
}

const WORK = ['9', '11', '15', '15', '15', '18', '88', '88', '88', '8', '89', '1'];

function workOf(random: Random, age: number, female: boolean): string {
  if (age < 6) return '1';
  if (age < 20) return '3';
  if (age > 62) return random.pick(['4', '1', '9']);
  return female && random.chance(0.4) ? '2' : random.pick(WORK);
}

/** A day on which somebody who is `age` on `asOf` may have been born; days 29 to 31 are rare enough to leave out. */
export function dateAt(random: Random, asOf: string, age: number): string {
  const year = Number(asOf.slice(0, 4)) - age;
  const monthDay = `${pad(random.between(1, 12))}-${pad(random.between(1, 28))}`;
  return `${monthDay > asOf.slice(5) ? year - 1 : year}-${monthDay}`;
}

export function ageOf(born: string, asOf: string): number {
  return Number(asOf.slice(0, 4)) - Number(born.slice(0, 4)) - (asOf.slice(5) < born.slice(5) ? 1 : 0);
}

/** A court set another day of birth; the NIK stays as it was. */
function corrected(born: string): string {
  const day = Number(born.slice(8));
  return `${born.slice(0, 8)}${pad(day > 14 ? day - 11 : day + 11)}`;
}

function pad(number: number): string {
  return number < 10 ? `0${number}` : String(number);
}
