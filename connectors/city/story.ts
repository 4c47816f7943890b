/** A day in the city as data: what happens to whom, told step by step to the simulated agencies. The hub is not asked: it has to notice. */
import type { Employee } from './employees.js';
import { birth, death, type LifeEvent, move } from './events.js';
import type { Population } from './population.js';
import type { Resident } from './residents.js';
import { ageOf } from './residents.js';

/** A step may be told before the simulator has stored it; `await` says when it has. */
type Told = void | Promise<void>;

/** What the story does to the agencies. The simulators implement it; the same call twice (same NIK, number or month) changes nothing more. */
export interface CitySimulators {
  readonly dispenduk: {
    /** Adds a resident, or replaces the one with this NIK. */
    putResident(resident: Resident): Told;
    addEvent(event: LifeEvent): Told;
  };
  readonly simpeg: {
    addUsulan(proposal: Proposal): Told;
  };
  readonly bkd: {
    /** The family has brought the death certificate: from the next month the payroll pays gaji terusan. */
    recordDeath(nip: string, date: string): Told;
    /** Writes the payroll of a month (YYYY-MM), with its SP2D and the order to the bank. */
    closePayroll(month: string): Told;
  };
  readonly sodamolek: {
    request(request: LetterRequest): Told;
    issue(letter: Letter): Told;
  };
}

/** Names as in the contract of `kepegawaian.usulan`. */
export interface Proposal {
  readonly id_usulan: string;
  readonly jenis_usulan: 'JABATAN';
  readonly nip: string;
  readonly nama: string;
  readonly pns_id: string;
  readonly jenis_jabatan: '1';
  readonly nama_jabatan: string;
  readonly unor_id: string;
  readonly eselon_id: string;
  readonly jenis_mutasi: 'MJ';
  readonly jenis_penugasan: 'D';
  readonly nomor_sk: string;
  readonly tanggal_sk: string;
  readonly tmt_jabatan: string;
  readonly tmt_pelantikan: string;
}

/** What the citizen gives at the kiosk; names as in the contract of `layanan.permohonan`. The rest comes from `kependudukan.penduduk`. */
export interface LetterRequest {
  readonly nomor_permohonan: string;
  readonly nik: string;
  readonly jenis_surat: string;
  readonly kode_kelurahan_layanan: string;
  readonly keperluan: string;
  readonly no_hp: string;
}

/** A letter made in a kelurahan; names as in the contract of `layanan.dokumen`. */
export interface Letter {
  readonly nomor_dokumen: string;
  readonly jenis_surat: 'KELAHIRAN' | 'KEMATIAN';
  readonly nik?: string;
  readonly no_kk: string;
  readonly nama_lengkap: string;
  readonly jenis_kelamin: '1' | '2';
  readonly tempat_lahir: string;
  readonly tanggal_lahir: string;
  readonly alamat: string;
  readonly kode_kelurahan: string;
  readonly nik_ayah?: string;
  readonly nama_ayah?: string;
  readonly nik_ibu?: string;
  readonly nama_ibu?: string;
  readonly tanggal_peristiwa: string;
  readonly tempat_peristiwa: string;
  readonly nik_pelapor: string;
  readonly nama_pelapor: string;
  readonly tanggal_surat: string;
}

export interface StoryStep {
  /** Word for `sasando city story`. */
  readonly name: string;
  /** One sentence in Bahasa Indonesia, without identities. */
  readonly sentence: string;
  apply(city: CitySimulators): Promise<void>;
}

export interface Story {
  /** In the order in which the day goes. */
  readonly steps: readonly StoryStep[];
  /** Whom it is about, so that a test can look for them. */
  readonly cast: { readonly child: Resident; readonly mover: Resident; readonly promoted: Employee; readonly applicant: Resident; readonly deceased: Employee };
  /** Months (YYYY-MM) of the payday and of the first gaji terusan. */
  readonly months: { readonly payday: string; readonly terusan: string };
}

/** `today`: YYYY-MM-DD. What is told to have happened did so the day before, so that no time zone puts it into the future. */
export function createStory(population: Population, today: string): Story {
  const { residents, employees, reference } = population;
  const date = dayBefore(today);
  const when = { date, reported: today };
  const number = (kind: string): string => `${kind}/${today.replaceAll('-', '')}`;
  const nameOf = (kode: string): string => reference.kelurahanOf(kode)?.nama ?? kode;
  const elsewhere = (kode: string): string => find('another kecamatan', reference.kelurahan, (each) => each.kode.slice(0, 8) !== kode.slice(0, 8)).kode;
  const involved = new Set<string>();
  const choose = (what: string, fits: (each: Resident) => boolean): Resident => {
    const one = find(what, residents, (each) => !involved.has(each.no_kk) && fits(each));
    involved.add(one.no_kk);
    return one;
  };

  const deceased = find('a married PNS who lives in the city', employees, (each) => each.status_pegawai === 'PNS' && each.jumlah_pasangan > 0 && each.nip_pasangan === null && population.resident(each.nik) !== undefined && each.tmt_pensiun.slice(0, 7) > addMonths(date, 12));
  involved.add(deceased.no_kk);
  const promoted = find('a PNS without a structural post', employees, (each) => each.status_pegawai === 'PNS' && each.jenis_jabatan === '4' && each.golongan.startsWith('III') && !involved.has(each.no_kk) && each.tmt_pensiun > addMonths(date, 24));
  involved.add(promoted.no_kk);
  const mother = choose('a mother', (each) => each.hubungan_keluarga === '3' && ageOf(each.tanggal_lahir, date) <= 38);
  const father = population.household(mother.no_kk).find((each) => each.hubungan_keluarga === '1');
  const mover = choose('somebody who lives alone', (each) => each.hubungan_keluarga === '1' && population.household(each.no_kk).length === 1);
  const applicant = choose('an adult who asks for a letter', (each) => each.hubungan_keluarga === '1' && each.status_ektp === 'TUNGGAL' && each.kode_kelurahan.slice(0, 8) !== mover.kode_kelurahan.slice(0, 8));

  const born = birth(population, mother, father, { nama: `GRACIA ${(father ?? mother).nama_lengkap.split(' ').at(-1)!}`, female: true }, when);
  const moved = move(mover, { kode: elsewhere(mover.kode_kelurahan), alamat: 'Jl. Sasando No. 7' }, when);
  const died = death(population.resident(deceased.nik)!, when);
  const spouse = population.resident(deceased.nik_pasangan!)!;
  const service = elsewhere(applicant.kode_kelurahan);
  const post = `KEPALA SUBBAGIAN UMUM ${promoted.skpd}`;
  const months = { payday: date.slice(0, 7), terusan: addMonths(date, 1) };

  const steps: StoryStep[] = [
    {
      name: 'kelahiran',
      sentence: `Seorang bayi lahir di Kelurahan ${nameOf(mother.kode_kelurahan)}: kelurahan membuat surat kelahiran, Dispenduk mencatatnya dan memberi NIK.`,
      async apply(city) {
        await city.sodamolek.issue({ ...personOf(born.child, undefined), nomor_dokumen: `474.1/${number('KL')}`, jenis_surat: 'KELAHIRAN', ...parentsOf(born.event), ...eventOf(date, today), nik_pelapor: (father ?? mother).nik, nama_pelapor: (father ?? mother).nama_lengkap });
        await city.dispenduk.putResident(born.child);
        await city.dispenduk.addEvent(born.event);
      },
    },
    {
      name: 'pindah',
      sentence: `Seorang warga pindah dari Kelurahan ${nameOf(mover.kode_kelurahan)} ke Kelurahan ${nameOf(moved.resident.kode_kelurahan)}.`,
      async apply(city) {
        await city.dispenduk.putResident(moved.resident);
        await city.dispenduk.addEvent(moved.event);
      },
    },
    {
      name: 'promosi',
      sentence: `Seorang pegawai ${promoted.skpd} diangkat menjadi kepala subbagian umum: BKPP mengusulkannya ke BKN.`,
      async apply(city) {
        await city.simpeg.addUsulan({ id_usulan: number('USL'), jenis_usulan: 'JABATAN', nip: promoted.nip, nama: promoted.nama, pns_id: promoted.id_pns, jenis_jabatan: '1', nama_jabatan: post, unor_id: promoted.unor_id, eselon_id: '42', jenis_mutasi: 'MJ', jenis_penugasan: 'D', nomor_sk: `821.24/${number('BKPPD')}`, tanggal_sk: date, tmt_jabatan: date, tmt_pelantikan: date });
      },
    },
    {
      name: 'gajian',
      sentence: `Hari gajian: BKAD menutup daftar gaji ${months.payday}, menerbitkan SP2D, dan memerintahkan bank membayar.`,
      async apply(city) {
        await city.bkd.closePayroll(months.payday);
      },
    },
    {
      name: 'surat',
      sentence: `Warga Kelurahan ${nameOf(applicant.kode_kelurahan)} meminta surat keterangan domisili di anjungan Kelurahan ${nameOf(service)}.`,
      async apply(city) {
        await city.sodamolek.request({ nomor_permohonan: number('SM'), nik: applicant.nik, jenis_surat: 'DOMISILI', kode_kelurahan_layanan: service, keperluan: 'Membuka rekening bank', no_hp: '081200000001' });
      },
    },
    {
      name: 'kematian',
      sentence: `Seorang PNS ${deceased.skpd} meninggal: kelurahan membuat surat kematian, Dispenduk mencatatnya, keluarga membawa aktanya ke BKAD.`,
      async apply(city) {
        await city.sodamolek.issue({ ...personOf(died.resident, died.resident.nik), nomor_dokumen: `474.3/${number('KM')}`, jenis_surat: 'KEMATIAN', ...eventOf(date, today), nik_pelapor: spouse.nik, nama_pelapor: spouse.nama_lengkap });
        await city.dispenduk.putResident(died.resident);
        await city.dispenduk.addEvent(died.event);
        await city.bkd.recordDeath(deceased.nip, date);
      },
    },
    {
      name: 'gaji-terusan',
      sentence: `Daftar gaji ${months.terusan}: baris pegawai yang meninggal tidak hilang, melainkan menjadi gaji terusan bulan pertama.`,
      async apply(city) {
        await city.bkd.closePayroll(months.terusan);
      },
    },
  ];
  return { steps, cast: { child: born.child, mover, promoted, applicant, deceased }, months };
}

type PersonOnLetter = Pick<Letter, 'nik' | 'no_kk' | 'nama_lengkap' | 'jenis_kelamin' | 'tempat_lahir' | 'tanggal_lahir' | 'alamat' | 'kode_kelurahan'>;

/** `nik`: none for a child that has not got one yet. */
function personOf(one: Resident, nik: string | undefined): PersonOnLetter {
  const { no_kk, nama_lengkap, jenis_kelamin, tempat_lahir, tanggal_lahir, alamat, kode_kelurahan } = one;
  return { ...(nik ? { nik } : {}), no_kk, nama_lengkap, jenis_kelamin, tempat_lahir, tanggal_lahir, alamat, kode_kelurahan };
}

function parentsOf({ nik_ayah, nama_ayah, nik_ibu, nama_ibu }: LifeEvent): Pick<Letter, 'nik_ayah' | 'nama_ayah' | 'nik_ibu' | 'nama_ibu'> {
  return { ...(nik_ayah && nama_ayah ? { nik_ayah, nama_ayah } : {}), ...(nik_ibu && nama_ibu ? { nik_ibu, nama_ibu } : {}) };
}

function eventOf(date: string, today: string): Pick<Letter, 'tanggal_peristiwa' | 'tempat_peristiwa' | 'tanggal_surat'> {
  return { tanggal_peristiwa: date, tempat_peristiwa: 'KUPANG', tanggal_surat: today };
}

function find<T>(what: string, list: readonly T[], fits: (each: T) => boolean): T {
  const found = list.find(fits);
  if (found === undefined) throw new RangeError(`the synthetic city is too small for the story: there is no ${what}`);
  return found;
}

function dayBefore(date: string): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
}

/** YYYY-MM, some months after a date. */
function addMonths(date: string, months: number): string {
  const count = Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1 + months;
  return `${Math.floor(count / 12)}-${String((count % 12) + 1).padStart(2, '0')}`;
}
