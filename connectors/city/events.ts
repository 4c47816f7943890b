/** Life events as Dispenduk registers them. */
import type { Population } from './population.js';
import { createRandom } from './random.js';
import type { Resident } from './residents.js';

/** Names as in the contract of `kependudukan.peristiwa`. */
export interface LifeEvent {
  readonly id_peristiwa: string;
  readonly jenis: 'LAHIR' | 'MATI' | 'KAWIN' | 'CERAI' | 'PINDAH' | 'DATANG' | 'PERUBAHAN_ALAMAT';
  readonly nik: string;
  readonly no_kk: string;
  readonly nama_lengkap: string;
  readonly jenis_kelamin: '1' | '2';
  readonly tanggal_lahir: string;
  readonly tanggal_peristiwa: string;
  readonly tanggal_lapor: string;
  readonly tempat_peristiwa?: string;
  readonly no_akta?: string;
  readonly nik_ayah?: string;
  readonly nama_ayah?: string;
  readonly nik_ibu?: string;
  readonly nama_ibu?: string;
  readonly alamat_asal?: string;
  readonly kode_kelurahan_asal?: string;
  readonly alamat_tujuan?: string;
  readonly kode_kelurahan_tujuan?: string;
  readonly klasifikasi_pindah?: '1' | '2' | '3' | '4';
}

/** A day, and the day on which it was told, when that was later. */
export interface When {
  readonly date: string;
  readonly reported?: string;
}

function eventOf(jenis: LifeEvent['jenis'], one: Resident, { date, reported = date }: When): LifeEvent {
  return {
    id_peristiwa: `${jenis}-${date.replaceAll('-', '')}-${one.nik}`,
    jenis,
    nik: one.nik,
    no_kk: one.no_kk,
    nama_lengkap: one.nama_lengkap,
    jenis_kelamin: one.jenis_kelamin,
    tanggal_lahir: one.tanggal_lahir,
    tanggal_peristiwa: date,
    tanggal_lapor: reported,
  };
}

/** A child with a NIK of its own in the family of its mother, and the event. */
export function birth(population: Population, mother: Resident, father: Resident | undefined, child: { nama: string; female: boolean }, when: When): { child: Resident; event: LifeEvent } {
  const baby: Resident = {
    ...mother,
    nik: population.identities.nik(mother.kode_kelurahan.slice(0, 8).replaceAll('.', ''), when.date, child.female),
    nama_lengkap: child.nama,
    jenis_kelamin: child.female ? '2' : '1',
    tempat_lahir: 'KUPANG',
    tanggal_lahir: when.date,
    golongan_darah: '13',
    pendidikan: '1',
    pekerjaan: '1',
    status_kawin: '1',
    tanggal_kawin: null,
    hubungan_keluarga: '4',
    nik_ayah: father?.nik ?? null,
    nama_ayah: father?.nama_lengkap ?? '-',
    nik_ibu: mother.nik,
    nama_ibu: mother.nama_lengkap,
    status_ektp: 'BELUM_REKAM',
  };
  const parents = { nik_ibu: mother.nik, nama_ibu: mother.nama_lengkap, ...(father ? { nik_ayah: father.nik, nama_ayah: father.nama_lengkap } : {}) };
  return { child: baby, event: { ...eventOf('LAHIR', baby, when), tempat_peristiwa: 'KUPANG', no_akta: `5371-LU-${baby.nik.slice(6)}`, ...parents } };
}

export function death(one: Resident, when: When): { resident: Resident; event: LifeEvent } {
  return { resident: { ...one, status_dasar: '2' }, event: { ...eventOf('MATI', one, when), tempat_peristiwa: 'KUPANG', no_akta: `5371-KM-${one.nik.slice(6)}` } };
}

/** `kode`: another kelurahan of the city, or a regency outside it (`53.01`). */
export function move(one: Resident, to: { kode: string; alamat: string }, when: When): { resident: Resident; event: LifeEvent } {
  const inside = to.kode.startsWith('53.71');
  const klasifikasi_pindah = !to.kode.startsWith('53') ? '4' : !inside ? '3' : to.kode.slice(0, 8) === one.kode_kelurahan.slice(0, 8) ? '1' : '2';
  return {
    resident: inside ? { ...one, kode_kelurahan: to.kode, alamat: to.alamat } : { ...one, status_dasar: '3' },
    event: { ...eventOf('PINDAH', one, when), alamat_asal: one.alamat, kode_kelurahan_asal: one.kode_kelurahan, alamat_tujuan: to.alamat, kode_kelurahan_tujuan: to.kode, klasifikasi_pindah },
  };
}

/** `count` events before `before`, oldest first: what the register holds when the hub begins. Some were told months later. They are history: nobody in the population has died or left by them. */
export function registeredEvents(population: Population, count: number): LifeEvent[] {
  const random = createRandom(population.seed + 1);
  return Array.from({ length: count }, () => random.pick(population.residents))
    .map((one) => {
      const born = one.tanggal_lahir;
      const parents = { ...(one.nik_ibu ? { nik_ibu: one.nik_ibu, nama_ibu: one.nama_ibu } : {}), ...(one.nik_ayah ? { nik_ayah: one.nik_ayah, nama_ayah: one.nama_ayah } : {}) };
      if (one.tanggal_kawin && random.chance(0.5)) return { ...eventOf('KAWIN', one, { date: one.tanggal_kawin }), no_akta: `5371-KW-${one.no_kk.slice(6)}` };
      return { ...eventOf('LAHIR', one, { date: born, reported: random.chance(0.2) ? later(born, random.between(1, 6), population.asOf) : born }), no_akta: `5371-LU-${one.nik.slice(6)}`, ...parents };
    })
    .sort((a, b) => (a.tanggal_peristiwa < b.tanggal_peristiwa ? -1 : a.tanggal_peristiwa > b.tanggal_peristiwa ? 1 : 0))
    .filter((event, index, all) => event.id_peristiwa !== all[index - 1]?.id_peristiwa);
}

/** Some months later, but not after `limit`. */
function later(date: string, months: number, limit: string): string {
  const month = Number(date.slice(5, 7)) - 1 + months;
  const moved = `${Number(date.slice(0, 4)) + Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, '0')}${date.slice(7)}`;
  return moved > limit ? limit : moved;
}
