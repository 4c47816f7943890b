/** The day's story: what happens in the city, step by step, each step an act at one agency whose effects the hub carries to the others. */
import type { BkdSimulator } from '../bkd/simulator.js';
import type { BknSimulator, SiasnFile } from '../bkn/simulator.js';
import type { BkppSimulator } from '../bkpp/simulator.js';
import type { SiakDatabase } from '../dispenduk/simulated-database.js';
import type { DispendukSimulator } from '../dispenduk/simulator.js';
import type { SodamolekSimulator } from '../sodamolek/simulator.js';
import { birth, death, move } from './events.js';
import type { Population } from './population.js';
import { payday, putEvents, putPayroll, siakRow } from './seed.js';

export interface Agencies {
  readonly population: Population;
  readonly files: string;
  readonly siak: SiakDatabase;
  readonly dispenduk: DispendukSimulator;
  readonly bkn: BknSimulator;
  /** What BKN holds, by NIP. */
  readonly siasn: ReadonlyMap<string, SiasnFile>;
  readonly simpeg: BkppSimulator;
  readonly bkd: BkdSimulator;
  readonly sodamolek: SodamolekSimulator;
  /** Today, YYYY-MM-DD in WITA. */
  today(): string;
  /** Deaths of employees that BKAD has learnt of, day by NIP. */
  readonly deaths: Map<string, string>;
  /** Last month whose payroll was made, YYYY-MM. */
  month: string;
}

export interface Step {
  readonly name: string;
  readonly summary: string;
  /** Does it and says in one sentence what happened and where to look. */
  tell(agencies: Agencies): Promise<string>;
}

export const STORY: readonly Step[] = [
  {
    name: 'kelahiran',
    summary: 'Seorang anak lahir; surat kelahiran terbit di kelurahan dan masuk ke Dispenduk',
    async tell({ population, siak, sodamolek, files, today }) {
      const mother = population.residents.find((one) => one.jenis_kelamin === '2' && one.status_kawin === '2' && one.hubungan_keluarga === '3')!;
      const father = population.household(mother.no_kk).find((one) => one.hubungan_keluarga === '1');
      const { child, event } = birth(population, mother, father, { nama: 'BAYI UJI KUPANG', female: true }, { date: today() });
      sodamolek.issue({ nomor_dokumen: `KLH-${event.id_peristiwa}`, nomor_permohonan: null, jenis_surat: 'KELAHIRAN', nik: child.nik, nama: child.nama_lengkap, kelurahan: child.kode_kelurahan, nik_ibu: mother.nik, tanggal_peristiwa: today(), tanggal_surat: today() });
      await siak.add([siakRow(child)]);
      putEvents(files, event.id_peristiwa, [event]);
      return 'Seorang anak lahir. Lihat kependudukan.peristiwa, lalu layanan.tanda_terima untuk nomor tanda terima Dispenduk.';
    },
  },
  {
    name: 'pindah',
    summary: 'Seorang warga pindah ke kelurahan lain; Soda Molek diberi tahu',
    async tell({ population, siak, files, today }) {
      const one = population.residents.find((resident) => resident.hubungan_keluarga === '1' && !population.employees.some((employee) => employee.nik === resident.nik))!;
      const target = population.reference.kelurahan.find(({ kode }) => kode !== one.kode_kelurahan)!;
      const { resident, event } = move(one, { kode: target.kode, alamat: 'JL. TIMOR RAYA NO. 10' }, { date: today() });
      await siak.change(one.nik, { kode_kelurahan: resident.kode_kelurahan, alamat: resident.alamat });
      putEvents(files, event.id_peristiwa, [event]);
      return `Seorang warga pindah ke Kelurahan ${target.nama}. Lihat kependudukan.penduduk dan instans sodamolek-warga.`;
    },
  },
  {
    name: 'promosi',
    summary: 'Seorang pegawai diusulkan menduduki jabatan baru; usulan sampai ke BKN dan hasilnya kembali ke SIMPEG',
    async tell({ population, simpeg, today }) {
      const employee = population.employees.find((one) => one.jenis_jabatan === '1') ?? population.employees[0]!;
      const id = `USL-${today()}-${employee.nip.slice(-4)}`;
      await simpeg.propose({ id_usulan: id, jenis_usulan: 'JABATAN', nip: employee.nip, pns_id: employee.id_pns, jenis_jabatan: 1, nama_jabatan: 'KEPALA BIDANG', unor_id: employee.unor_id, nomor_sk: `821.2/${today()}`, tanggal_sk: today(), tmt_jabatan: today() });
      return `Usulan ${id} dibuat di SIMPEG. Lihat kepegawaian.usulan, lalu kepegawaian.hasil_usulan.`;
    },
  },
  {
    name: 'permohonan',
    summary: 'Warga satu kelurahan meminta surat di kelurahan lain, surat terbit dan dapat dicetak di mana pun',
    async tell({ population, sodamolek, today }) {
      const one = population.residents.find((resident) => resident.status_dasar === '1' && resident.hubungan_keluarga === '1')!;
      const other = population.reference.kelurahan.find(({ kode }) => kode !== one.kode_kelurahan)!;
      const number = await sodamolek.request({ jenis_surat: 'DOMISILI', nik: one.nik, kelurahan: other.kode, keperluan: 'Membuka rekening' });
      sodamolek.progress(number, 3);
      sodamolek.issue({ nomor_dokumen: `DOM-${number}`, nomor_permohonan: number, jenis_surat: 'DOMISILI', nik: one.nik, nama: one.nama_lengkap, kelurahan: other.kode, nik_ibu: null, tanggal_peristiwa: null, tanggal_surat: today() });
      return `Permohonan ${number} diajukan di Kelurahan ${other.nama}. Lihat layanan.permohonan, layanan.status dan layanan.dokumen.`;
    },
  },
  {
    name: 'kematian',
    summary: 'Seorang PNS meninggal bulan lalu; gaji berikutnya harus gaji terusan',
    async tell({ population, siak, files, today, deaths }) {
      const employee = population.employees.find((one) => one.status_pegawai === 'PNS' && one.jumlah_pasangan > 0 && population.resident(one.nik) && !deaths.has(one.nip))!;
      const { event } = death(population.resident(employee.nik)!, { date: dayBefore(`${today().slice(0, 7)}-01`), reported: today() });
      await siak.change(employee.nik, { stat_dasar: 2 });
      putEvents(files, event.id_peristiwa, [event]);
      deaths.set(employee.nip, event.tanggal_peristiwa);
      return 'Seorang PNS meninggal. Jalankan cerita "gajian": barisnya menjadi gaji terusan.';
    },
  },
  {
    name: 'gajian',
    summary: 'Daftar gaji bulan berikutnya, SP2D dan perintah bayarnya terbit; bank membayar',
    async tell(agencies) {
      const month = agencies.month === '' ? agencies.today().slice(0, 7) : nextMonth(agencies.month);
      const { lines } = pay(agencies, month);
      return `Gaji ${month}: ${lines} baris. Lihat keuangan.gaji, "sasando payroll", dan keuangan.status_bayar.`;
    },
  },
];

/** Makes a payday at BKAD: the file, the warrant and the order. */
export function pay(agencies: Agencies, month: string): { lines: number } {
  const { population, bkd, files, deaths } = agencies;
  const { lines, warrant, order } = payday(population.employees, month, bkd.orders.length + 1, deaths);
  putPayroll(files, month, lines);
  bkd.warrants.push(warrant);
  bkd.orders.push(order);
  agencies.month = month;
  return { lines: lines.length };
}

export function nextMonth(month: string): string {
  const [year, number] = month.split('-').map(Number) as [number, number];
  return number === 12 ? `${year + 1}-01` : `${year}-${String(number + 1).padStart(2, '0')}`;
}

export function dayBefore(date: string): string {
  return new Date(Date.parse(date) - 86_400_000).toISOString().slice(0, 10);
}
