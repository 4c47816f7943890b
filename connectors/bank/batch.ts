/** One payment batch on its way to the bank: what has come of it so far, and whether it is exactly what its SP2D says. */
import type { Fault } from '../../hub/record.js';

/** First record of a batch. Money is decimal text with two digits. */
export interface BatchHeader {
  readonly jenis: 'KEPALA';
  readonly id_batch: string;
  readonly nomor_sp2d: string;
  /** YYYY-MM-DD */
  readonly tanggal: string;
  readonly rekening_sumber: string;
  readonly jumlah_baris: number;
  readonly total: string;
  /** Amount of the SP2D itself, looked up in `keuangan.sp2d`; null when the hub does not know that SP2D. */
  readonly nilai_sp2d: string | null;
  /** When that SP2D was cancelled, looked up too. */
  readonly sp2d_dibatalkan?: unknown;
}

export interface BatchLine {
  readonly jenis: 'BARIS';
  readonly id_batch: string;
  /** SP2D that pays it, where the order says so on each line. */
  readonly nomor_sp2d?: string | null;
  /** 1 to `jumlah_baris`. */
  readonly nomor_urut: number;
  readonly nip: string;
  readonly nama: string;
  readonly kode_bank: string;
  readonly rekening: string;
  readonly jumlah: string;
  readonly keterangan: string;
}

export interface Batch {
  readonly header?: BatchHeader;
  /** By `nomor_urut`. */
  readonly lines: ReadonlyMap<number, BatchLine>;
}

/** Its head and as many lines as that says. */
export type Complete = Batch & { readonly header: BatchHeader };

/** Adds a record; the same record again changes nothing. Another head, or another line under the same number, makes the batch contradict itself. */
export function add(batch: Batch, value: BatchHeader | BatchLine): { batch: Batch; fault?: Fault } {
  if (value.jenis === 'KEPALA') {
    if (batch.header && ordered(batch.header) !== ordered(value)) return { batch, fault: refusal('jenis', 'kepala batch datang dua kali dengan isi berbeda') };
    return { batch: { ...batch, header: value } };
  }
  const known = batch.lines.get(value.nomor_urut);
  if (known && JSON.stringify(known) !== JSON.stringify(value)) {
    return { batch, fault: refusal('nomor_urut', `baris nomor ${value.nomor_urut} datang dua kali dengan isi berbeda`) };
  }
  return { batch: { ...batch, lines: new Map(batch.lines).set(value.nomor_urut, value) } };
}

/** What the head itself orders: what is known of the SP2D is looked up anew each time. */
function ordered(header: BatchHeader): string {
  return JSON.stringify({ ...header, nilai_sp2d: null, sp2d_dibatalkan: null });
}

export function isComplete(batch: Batch): batch is Complete {
  return batch.header !== undefined && batch.lines.size >= batch.header.jumlah_baris;
}

/** Every way in which a complete batch differs from its SP2D. A batch with one of them is refused as a whole: taking lines out would make it differ as well. */
export function differences({ header, lines }: Complete): Fault[] {
  const sum = cents([...lines.values()].map((line) => line.jumlah));
  const faults: Fault[] = [];
  if (header.jumlah_baris < 1) faults.push(refusal('jumlah_baris', 'kepala batch menyebut tidak ada baris'));
  if (lines.size !== header.jumlah_baris) faults.push(refusal('jumlah_baris', `kepala batch menyebut ${header.jumlah_baris} baris, yang datang ${lines.size}`));
  for (const { nomor_urut: number, jumlah: amount, nomor_sp2d: warrant } of lines.values()) {
    if (cents([amount]) < 0n) faults.push(refusal('jumlah', `baris nomor ${number} bernilai negatif`));
    if ((warrant ?? header.nomor_sp2d) !== header.nomor_sp2d) faults.push(refusal('nomor_sp2d', `baris nomor ${number} untuk SP2D ${warrant}, kepala batch untuk SP2D ${header.nomor_sp2d}`));
  }
  if (sum !== cents([header.total])) faults.push(refusal('total', `jumlah semua baris ${rupiah(sum)}, kepala batch menyebut ${rupiah(cents([header.total]))}`));
  if (header.nilai_sp2d === null) faults.push(refusal('nomor_sp2d', `SP2D ${header.nomor_sp2d} tidak dikenal`));
  else if (cents([header.nilai_sp2d]) !== cents([header.total])) faults.push(refusal('total', `total batch ${rupiah(cents([header.total]))}, nilai SP2D ${rupiah(cents([header.nilai_sp2d]))}`));
  if ((header.sp2d_dibatalkan ?? null) !== null) faults.push(refusal('nomor_sp2d', `SP2D ${header.nomor_sp2d} sudah dibatalkan`));
  return faults;
}

export function refusal(path: string, message: string): Fault {
  return { path, rule: 'batch', message: `seluruh batch ditolak: ${message}`, repair: 'Perbaiki perintah bayar di BKAD sehingga sama dengan SP2D, lalu kirim sebagai batch baru', severity: 'reject' };
}

/** What comes for a batch whose file is out already, and is not what that file says. */
export function tooLate({ path, message }: Fault): Fault {
  return { path, rule: 'batch', message: `batch ini sudah menjadi berkas untuk bank dan tidak diubah: ${message.replace('seluruh batch ditolak: ', '')}`, repair: 'Jangan kirim ulang batch ini. Bila masih ada yang harus dibayar, terbitkan SP2D dan batch baru di BKAD', severity: 'reject' };
}

/** Sum of decimal texts in cents: money never passes through a float. */
function cents(amounts: readonly string[]): bigint {
  return amounts.reduce((sum, amount) => {
    const match = /^(-?)(\d+)(?:\.(\d{1,2}))?$/.exec(amount);
    if (!match) throw new TypeError(`not an amount: ${amount}`);
    const value = BigInt(match[2]!) * 100n + BigInt((match[3] ?? '').padEnd(2, '0'));
    return sum + (match[1] ? -value : value);
  }, 0n);
}

function rupiah(value: bigint): string {
  return `Rp ${(value / 100n).toLocaleString('id-ID')},${String(value % 100n).padStart(2, '0')}`;
}

/** Would end a cell or a line for one of those who read the file, or turn the direction of what follows on their screen. */
const BREAKING = /[;"\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** The file as the bank takes it: one head, then the lines in their order. The layout follows a public multi-service payroll file; Bank NTT's own is not public. */
export function bankFile({ header, lines }: Complete): string {
  const ordered = [...lines.values()].sort((a, b) => a.nomor_urut - b.nomor_urut);
  const head = ['P', header.tanggal.replaceAll('-', ''), header.rekening_sumber, header.jumlah_baris, header.total, header.nomor_sp2d];
  const rows = ordered.map((line) => [line.nomor_urut, line.kode_bank, line.rekening, line.nama, line.jumlah, line.keterangan, line.nip]);
  return `${[head, ...rows].map((cells) => cells.map((cell) => String(cell).replace(BREAKING, ' ')).join(';')).join('\r\n')}\r\n`;
}
