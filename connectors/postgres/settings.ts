/** Settings of the PostgreSQL connector, declared once. */
import { z } from 'zod';
import { secret, text } from '../../hub/settings.js';

const columns = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).transform((value) => (typeof value === 'string' ? [value] : value));

const most = z.number().gt(0).max(1).default(0.2).meta({ title: 'Bagian terbesar yang boleh hilang', description: 'Bila bagian kunci yang hilang lebih besar dari ini, pembacaan berhenti: tabel mungkin terkosongkan tanpa sengaja.' });

const deletions = z.union([
  z.strictObject({
    column: text('Kolom penanda hapus', 'Kolom yang terisi (atau bernilai benar) bila baris sudah dihapus.'),
    values: z.array(z.string()).optional().meta({ title: 'Nilai terhapus', description: 'Nilai kolom yang berarti terhapus, misalnya ["1", "Y"]; kosong berarti setiap isi, atau "benar" untuk kolom boolean.' }),
  }),
  z.strictObject({
    compare: z.literal(true).meta({ title: 'Bandingkan kunci', description: 'Kunci yang ada pada pembacaan lalu dan sekarang hilang dianggap terhapus.' }),
    most,
  }),
  z.strictObject({
    topic: text('Topik pembanding', 'Kunci yang ada di topik ini tetapi tidak ada di tabel dianggap terhapus; hanya bila instans ini satu-satunya penulis topik dan kunci topik sama dengan kunci tabel.'),
    most,
  }),
]);

export const postgresSettings = z
  .strictObject({
    url: secret('Alamat', 'Alamat basis data: postgres://pengguna@server:5432/nama.').meta({ group: 'Koneksi', importance: 'high' }),
    password: secret('Kata sandi', 'Kata sandi pengguna basis data, bila tidak ditulis di dalam alamat.').optional().meta({ group: 'Koneksi' }),
    tls: z
      .enum(['off', 'require', 'verify'])
      .default('off')
      .meta({ title: 'TLS', description: '"require" menyandikan sambungan, "verify" juga memeriksa penerbit dan nama pada sertifikat server (verify-full); wajib untuk server di luar jaringan sendiri.', group: 'Koneksi' }),
    ca: z.string().optional().meta({ title: 'Sertifikat CA', description: 'Sertifikat penerbit dalam bentuk PEM, bila bukan penerbit umum; dari berkas: "${secret:NAMA}".', group: 'Koneksi' }),
    table: z.string().min(1).optional().meta({ title: 'Tabel', description: 'Tabel atau view yang dibaca, atau tabel yang ditulis: "skema.nama".', importance: 'high' }),
    query: z.string().min(1).optional().meta({ title: 'Kueri', description: 'Perintah SELECT sebagai pengganti tabel (hanya untuk sumber).' }),
    key: columns.optional().meta({ title: 'Kunci', description: 'Kolom kunci; kosong berarti kunci utama tabel.' }),
    // Source
    columns: z.array(z.string().min(1)).min(1).optional().meta({ title: 'Kolom', description: 'Kolom yang diambil; kosong berarti semua.' }),
    cursor: z.string().min(1).optional().meta({ title: 'Kolom kursor', description: 'Kolom yang naik pada setiap perubahan (waktu ubah atau nomor urut). Tanpa kolom ini seluruh isi dibaca setiap kali.', importance: 'high' }),
    overlap: z.number().min(0).default(0).meta({ title: 'Tumpang tindih', description: 'Setiap pembacaan mundur sekian detik (atau sekian nomor), untuk transaksi yang terlambat disimpan.' }),
    deletions: deletions.optional().meta({ title: 'Penghapusan', description: 'Bagaimana baris yang dihapus dikenali.' }),
    batch: z.number().int().min(1).max(5000).default(1000).meta({ title: 'Ukuran kelompok', description: 'Banyaknya baris sekali simpan.' }),
    // Sink
    onDelete: z.enum(['delete', 'ignore']).default('delete').meta({ title: 'Saat terhapus', description: 'Baris dengan kunci yang terhapus di topik ikut dihapus ("delete") atau dibiarkan ("ignore").' }),
    offsets: z.string().min(1).default('public.sasando_offset').meta({ title: 'Tabel offset', description: 'Tabel kecil tempat hub mencatat sampai mana tulisannya, dalam transaksi yang sama.' }),
  })
  .superRefine((settings, context) => {
    const fault = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (!settings.table && !settings.query) fault('table', 'wajib diisi (atau isi "query")');
    if (settings.table && settings.query) fault('query', 'pilih salah satu: "table" atau "query"');
    if (settings.query && settings.cursor && !settings.key) fault('key', 'wajib diisi bila "query" dipakai dengan "cursor"');
    if (settings.query && settings.deletions && !('column' in settings.deletions) && !settings.key) fault('key', 'wajib diisi bila kunci dibandingkan');
    if (!/^postgres(ql)?:\/\//.test(settings.url) || !URL.canParse(settings.url)) fault('url', 'harus berbentuk postgres://pengguna@server:5432/nama');
    else if ([...new URL(settings.url).searchParams.keys()].some((name) => name.startsWith('ssl'))) fault('url', 'tidak memuat sslmode dan sejenisnya: tulis "tls: verify" (verify-full) atau "tls: require", dan sertifikat penerbit pada "ca"');
    if (settings.ca !== undefined && !/-----BEGIN CERTIFICATE-----[^]+-----END CERTIFICATE-----/.test(settings.ca)) fault('ca', 'harus berisi sertifikat PEM (dari BEGIN CERTIFICATE sampai END CERTIFICATE), bukan nama berkas');
    if (settings.ca !== undefined && settings.tls !== 'verify') fault('ca', 'hanya diperiksa dengan "tls: verify"');
  });

export type PostgresSettings = z.output<typeof postgresSettings>;
