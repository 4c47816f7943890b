/** Settings of the file connector, declared once. */
import { z } from 'zod';

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

const common = {
  folder: z.string().min(1).meta({ title: 'Folder', description: 'Folder berkas, ditulis relatif terhadap folder berkas hub.', importance: 'high' }),
  format: z.enum(['auto', 'csv', 'xlsx']).default('auto').meta({ title: 'Format', description: 'Jenis berkas; "auto" mengikuti akhiran nama berkas.' }),
};

export const fileSettings = z.strictObject({
  ...common,
  pattern: z.string().min(1).default('*').meta({ title: 'Pola nama', description: 'Berkas mana yang dibaca, misalnya "gaji-*.csv"; * berarti teks apa pun.' }),
  settle: z.number().min(0).default(5).meta({ title: 'Waktu tenang', description: 'Berkas dianggap selesai disalin bila tidak berubah selama sekian detik.' }),
  delimiter: z.enum(['auto', ',', ';', '\t', '|']).default('auto').meta({ title: 'Pemisah kolom', description: 'Pemisah kolom CSV; "auto" menebak dari baris judul.' }),
  encoding: z.enum(['auto', 'utf8', 'utf16le', 'windows-1252']).default('auto').meta({ title: 'Pengodean', description: 'Pengodean huruf CSV; "auto" menebak dari isi berkas.' }),
  sheets: z.array(z.string()).optional().meta({ title: 'Lembar', description: 'Nama lembar XLSX yang dibaca; kosong berarti semua lembar.' }),
  sheetField: z.string().optional().meta({ title: 'Kolom nama lembar', description: 'Nama lembar disimpan pada kolom ini, misalnya "kelurahan" bila satu lembar per kelurahan.' }),
  headers: z.array(z.string()).default([]).meta({ title: 'Kolom wajib', description: 'Kolom yang pasti ada; dipakai untuk menemukan baris judul di bawah kop surat dan untuk menolak berkas yang salah atau yang judulnya berganti.' }),
  totals: z.string().refine(isPattern, { error: 'bukan pola yang benar' }).default('^(sub ?)?(total|jumlah)\\b').meta({ title: 'Baris jumlah', description: 'Baris yang sel pertamanya cocok dengan pola ini dilewati.' }),
  zeros: z.array(z.string()).default([]).meta({ title: 'Kolom berakhiran nol', description: 'Kolom yang nomor panjangnya memang berakhiran nol (misalnya rekening dengan akhiran tetap); tidak dianggap rusak oleh Excel.' }),
  batch: z.number().int().min(1).max(5000).default(2000).meta({ title: 'Ukuran kelompok', description: 'Banyaknya baris sekali simpan.' }),
  // Sink
  name: z.string().default('{topic}-{offset}.csv').meta({ title: 'Nama berkas keluaran', description: 'Boleh memuat {topic}, {partition}, {offset} dan nama kolom dalam kurung kurawal.' }),
  columns: z.array(z.string()).optional().meta({ title: 'Kolom keluaran', description: 'Urutan kolom berkas keluaran; kosong berarti kolom catatan pertama.' }),
  total: z.string().optional().meta({ title: 'Kolom dijumlah', description: 'Kolom uang yang jumlahnya ditulis pada berkas ".kontrol.json" di samping berkas keluaran.' }),
});

export type FileSettings = z.output<typeof fileSettings>;
