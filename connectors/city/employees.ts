/** ASN of the city: residents (and a few who live outside) with a post, a grade, an account and their family. Codes are SIASN's where not said otherwise. */
import { CLERKS, OFFICES, type Office, type Post, SPECIALISTS, structural } from './offices.js';
import type { Identities } from './identity.js';
import { addressOf, clanOf, religionOf } from './names.js';
import { cumulate, pickWeighted, type Random } from './random.js';
import { ageOf, person, type Resident } from './residents.js';

/** Names as in the contract of `kepegawaian.pegawai_simpeg`, and what only other agencies know. */
export interface Employee {
  readonly nip: string;
  /** Identity in SIASN. */
  readonly id_pns: string;
  readonly nik: string;
  readonly no_kk: string;
  readonly nama: string;
  readonly gelar_depan: string | null;
  readonly gelar_belakang: string | null;
  readonly tempat_lahir: string;
  readonly tanggal_lahir: string;
  readonly jenis_kelamin: '1' | '2';
  readonly agama: string;
  readonly status_kawin: string;
  readonly status_pegawai: 'PNS' | 'PPPK';
  readonly kedudukan_hukum: string;
  readonly golongan: string;
  /** Null for PPPK: their codes are not public. */
  readonly golongan_id: string | null;
  readonly tmt_golongan: string;
  readonly masa_kerja_tahun: number;
  readonly masa_kerja_bulan: number;
  readonly jenis_jabatan: string;
  readonly jabatan: string;
  readonly eselon_id: string | null;
  readonly tmt_jabatan: string;
  /** Allowance of the post, whole rupiah. */
  readonly tunjangan_jabatan: number;
  readonly kode_skpd: string;
  readonly skpd: string;
  readonly unor_id: string;
  /** SIAK code. */
  readonly pendidikan: string;
  readonly tmt_cpns: string;
  readonly tmt_pns: string | null;
  readonly tmt_pensiun: string;
  readonly alamat: string;
  /** Kelurahan, or a regency when somebody lives outside the city. */
  readonly kode_wilayah: string;
  readonly no_hp: string;
  readonly email: string;
  readonly npwp: string;
  readonly kode_bank: string;
  readonly nama_bank: string;
  readonly rekening: string;
  readonly nik_pasangan: string | null;
  readonly nip_pasangan: string | null;
  readonly nik_anak: readonly string[];
  /** Who counts for the allowances: of two ASN only one claims. */
  readonly jumlah_pasangan: number;
  readonly jumlah_anak: number;
  /** The last promotion has not reached SIASN: a difference between SIMPEG and BKN. */
  readonly tertinggal_di_siasn: boolean;
}

export const GRADES = ['I/a', 'I/b', 'I/c', 'I/d', 'II/a', 'II/b', 'II/c', 'II/d', 'III/a', 'III/b', 'III/c', 'III/d', 'IV/a', 'IV/b', 'IV/c', 'IV/d', 'IV/e'] as const;
export const GRADE_CODES = ['11', '12', '13', '14', '21', '22', '23', '24', '31', '32', '33', '34', '41', '42', '43', '44', '45'] as const;

/** First grade by education (SIAK code). */
export function firstGrade(pendidikan: string): number {
  return pendidikan === '9' ? GRADES.indexOf('III/b') : pendidikan === '8' ? GRADES.indexOf('III/a') : pendidikan === '7' ? GRADES.indexOf('II/c') : GRADES.indexOf('II/a');
}

export interface Makers {
  readonly asOf: string;
  readonly random: Random;
  readonly identities: Identities;
}

/** Chooses `count` employees, in the order of NIP. @throws RangeError where there are too few adults. */
export function createEmployees(makers: Makers, residents: readonly Resident[], count: number): Employee[] {
  const { random, asOf } = makers;
  const outside = Math.floor(count * 0.04);
  const adults = residents.filter((each) => ['5', '7', '8', '9'].includes(each.pendidikan) && ageOf(each.tanggal_lahir, asOf) >= 24 && ageOf(each.tanggal_lahir, asOf) <= 55);
  if (adults.length < count - outside) throw new RangeError(`${residents.length} residents have only ${adults.length} adults who can be ASN, ${count - outside} are wanted`);
  for (let i = 0; i < count - outside; i++) {
    const j = random.between(i, adults.length - 1);
    [adults[i], adults[j]] = [adults[j]!, adults[i]!];
  }
  const chosen = adults.slice(0, count - outside);
  for (let i = 0; i < outside; i++) chosen.push(outsider(makers));
  const households = householdsOf(residents, new Set(chosen.map((each) => each.no_kk)));
  const share = cumulate(OFFICES.map((office) => office.weight));
  const heads = new Set<string>();
  const employees = chosen.map((each) => {
    const family = households.get(each.no_kk) ?? [];
    return employ(makers, each, family, OFFICES[pickWeighted(random, share)]!, heads);
  });
  return linkCouples(employees).sort((a, b) => (a.nip < b.nip ? -1 : 1));
}

/** Lives in the regency around the city and is no resident of it. */
function outsider(makers: Makers): Resident {
  const { random } = makers;
  const religion = religionOf(random);
  const household = { no_kk: makers.identities.noKk('530114', '2016-03-14'), alamat: addressOf(random), rt: '004', rw: '002', kode_kelurahan: '53.01' };
  const regional = { ...makers, identities: { ...makers.identities, nik: (_: string, born: string, female: boolean) => makers.identities.nik('530114', born, female) } };
  const one = person(regional, household, { age: random.between(26, 54), female: random.chance(0.5), religion, clan: clanOf(random, religion), shdk: '1', kawin: '1', married: null });
  return { ...one, pendidikan: random.pick(['5', '7', '8', '8']) };
}

function householdsOf(residents: readonly Resident[], wanted: ReadonlySet<string>): Map<string, Resident[]> {
  const found = new Map<string, Resident[]>();
  for (const each of residents) {
    if (!wanted.has(each.no_kk)) continue;
    const members = found.get(each.no_kk);
    if (members) members.push(each);
    else found.set(each.no_kk, [each]);
  }
  return found;
}

function employ({ asOf, random, identities }: Makers, one: Resident, family: readonly Resident[], office: Office, heads: Set<string>): Employee {
  const age = ageOf(one.tanggal_lahir, asOf);
  const pns = age > 34 || random.chance(0.6);
  const year = Number(asOf.slice(0, 4));
  const start = pns ? random.between(Math.max(year - (age - 23), 1992), year - 1) : random.between(2021, Math.max(2021, year - 1));
  const month = random.pick(['01', '03', '04', '12']);
  const tmt_cpns = `${start}-${month}-01`;
  const years = Math.max(0, year - start - (month > asOf.slice(5, 7) ? 1 : 0));
  const first = firstGrade(one.pendidikan);
  const grade = Math.min(first + Math.floor(years / 4), first + (one.pendidikan === '5' ? 5 : 4));
  const post = postOf(random, office, GRADES[grade]!, pns, heads);
  const female = one.jenis_kelamin === '2';
  const spouse = family.find((other) => other !== one && ['1', '3'].includes(other.hubungan_keluarga) && one.status_kawin === '2' && other.status_kawin === '2' && ['1', '3'].includes(one.hubungan_keluarga));
  const children = family.filter((child) => child.nik_ayah === one.nik || child.nik_ibu === one.nik);
  const eligible = children.filter((child) => ageOf(child.tanggal_lahir, asOf) < 21);
  return {
    nip: identities.nip(one.tanggal_lahir, pns ? `${start}${month}` : `${start}${random.pick(['21', '24', '31'])}`, female),
    id_pns: `${random.hex(8)}-${random.hex(4)}-${random.hex(4)}-${random.hex(4)}-${random.hex(12)}`,
    nik: one.nik,
    no_kk: one.no_kk,
    nama: one.nama_lengkap,
    gelar_depan: post.jabatan.startsWith('DOKTER') ? 'dr.' : null,
    gelar_belakang: one.pendidikan === '9' ? 'M.Si' : one.pendidikan === '8' && !post.jabatan.startsWith('DOKTER') ? (office.kode === '101' ? 'S.Pd' : random.pick(['S.Sos', 'S.E', 'S.T', 'S.Kom', 'S.H'])) : null,
    tempat_lahir: one.tempat_lahir,
    tanggal_lahir: one.tanggal_lahir,
    jenis_kelamin: one.jenis_kelamin,
    agama: one.agama,
    status_kawin: { '1': '4', '2': '1', '3': '2', '4': '3' }[one.status_kawin]!,
    status_pegawai: pns ? 'PNS' : 'PPPK',
    kedudukan_hukum: '01',
    golongan: pns ? GRADES[grade]! : contractGrade(one.pendidikan),
    golongan_id: pns ? GRADE_CODES[grade]! : null,
    tmt_golongan: pns ? promotionDate(tmt_cpns, grade - first) : tmt_cpns,
    masa_kerja_tahun: years,
    masa_kerja_bulan: (Number(asOf.slice(5, 7)) - Number(month) + 12) % 12,
    jenis_jabatan: post.jenis_jabatan,
    jabatan: post.jabatan,
    eselon_id: post.eselon_id,
    tmt_jabatan: `${Math.max(start, year - random.between(0, 5))}-${month}-01`,
    tunjangan_jabatan: post.tunjangan,
    kode_skpd: office.kode,
    skpd: office.nama,
    unor_id: office.unorId,
    pendidikan: one.pendidikan,
    tmt_cpns,
    tmt_pns: pns && start < year - 1 ? `${start + 1}-${month}-01` : null,
    tmt_pensiun: retirement(one.tanggal_lahir),
    alamat: one.alamat,
    kode_wilayah: one.kode_kelurahan,
    no_hp: `08${random.pick(['12', '13', '21', '52'])}${random.digits(8)}`,
    email: `${one.nama_lengkap.split(' ')[0]!.toLowerCase()}.${one.nik.slice(-4)}@contoh.kupangkota.go.id`,
    npwp: one.nik,
    kode_bank: '130',
    nama_bank: 'BANK NTT',
    rekening: `0${random.digits(12)}`,
    nik_pasangan: spouse?.nik ?? null,
    nip_pasangan: null,
    nik_anak: children.map((child) => child.nik),
    jumlah_pasangan: spouse ? 1 : 0,
    jumlah_anak: Math.min(2, eligible.length),
    tertinggal_di_siasn: pns && grade > first && random.chance(0.015),
  };
}

function postOf(random: Random, office: Office, grade: string, pns: boolean, heads: Set<string>): Post {
  const specialists = SPECIALISTS[office.kode];
  if (pns && grade.startsWith('IV') && !heads.has(office.kode)) {
    heads.add(office.kode);
    return structural('22', office);
  }
  if (pns && grade.startsWith('IV') && random.chance(0.3)) return structural('32', office);
  if (pns && (grade === 'III/c' || grade === 'III/d') && random.chance(specialists ? 0.03 : 0.3)) return structural('42', office);
  if (specialists && random.chance(0.85)) return random.pick(specialists);
  return { jenis_jabatan: '4', jabatan: random.pick(CLERKS), eselon_id: null, tunjangan: 0 };
}

function contractGrade(pendidikan: string): string {
  return pendidikan === '9' ? 'X' : pendidikan === '8' ? 'IX' : pendidikan === '7' ? 'VII' : 'V';
}

/** A PNS rises every four years. */
export function promotionDate(tmtCpns: string, steps: number): string {
  return `${Number(tmtCpns.slice(0, 4)) + steps * 4}${tmtCpns.slice(4)}`;
}

/** First day of the month after the 58th birthday. */
function retirement(born: string): string {
  const month = Number(born.slice(5, 7)) % 12;
  return `${Number(born.slice(0, 4)) + 58 + (month === 0 ? 1 : 0)}-${String(month + 1).padStart(2, '0')}-01`;
}

/** Of two ASN married to each other the husband claims the allowances. */
function linkCouples(employees: readonly Employee[]): Employee[] {
  const byNik = new Map(employees.map((each) => [each.nik, each]));
  return employees.map((each) => {
    const spouse = each.nik_pasangan ? byNik.get(each.nik_pasangan) : undefined;
    if (!spouse) return each;
    const claims = each.jenis_kelamin === '1';
    return { ...each, nip_pasangan: spouse.nip, jumlah_pasangan: claims ? each.jumlah_pasangan : 0, jumlah_anak: claims ? each.jumlah_anak : 0 };
  });
}
