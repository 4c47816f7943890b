/** Settings of the REST connector, declared once. */
import { z } from 'zod';
import { secret, text } from '../../hub/settings.js';
import { variablesOf } from './template.js';

const token = {
  header: z.string().min(1).default('Authorization').meta({ title: 'Header', description: 'Header yang membawa token.' }),
  prefix: z.string().default('Bearer').meta({ title: 'Awalan', description: 'Kata di depan token, misalnya "Bearer"; kosong berarti tanpa awalan.' }),
};

const auth = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('basic'), username: text('Pengguna', 'Nama pengguna.'), password: secret('Kata sandi', 'Kata sandi pengguna.') }),
  z.strictObject({ kind: z.literal('bearer'), token: secret('Token', 'Token tetap dari penyedia layanan.'), ...token }),
  z.strictObject({ kind: z.literal('header'), header: text('Header', 'Nama header, misalnya X-API-Key.'), value: secret('Nilai', 'Kunci API.') }),
  z.strictObject({ kind: z.literal('query'), param: text('Parameter', 'Nama parameter alamat, misalnya api_key.'), value: secret('Nilai', 'Kunci API.') }),
  z.strictObject({
    kind: z.literal('oauth2'),
    grant: z.enum(['client_credentials', 'password']).meta({ title: 'Cara', description: 'Cara mendapat token.' }),
    tokenUrl: z.url({ protocol: /^https?$/ }).meta({ title: 'Alamat token', description: 'Alamat yang memberi token.' }),
    clientId: text('ID klien', 'Consumer key atau client id.'),
    clientSecret: secret('Rahasia klien', 'Consumer secret, bila ada.').optional(),
    clientAuth: z.enum(['basic', 'body']).default('basic').meta({ title: 'Letak rahasia klien', description: 'Dikirim sebagai HTTP Basic atau di dalam isi permintaan.' }),
    username: z.string().optional().meta({ title: 'Pengguna', description: 'Nama pengguna, untuk cara "password".' }),
    password: secret('Kata sandi', 'Kata sandi pengguna, untuk cara "password".').optional(),
    scope: z.string().optional().meta({ title: 'Cakupan', description: 'Scope OAuth2, bila diminta.' }),
    ...token,
  }),
]);

const template = (title: string, description: string) => z.string().meta({ title, description });
const parameters = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const statuses = z.array(z.number().int().min(100).max(599));

const paging = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({
    kind: z.literal('page'),
    param: z.string().default('page').meta({ title: 'Parameter halaman', description: 'Nama parameter nomor halaman.' }),
    first: z.number().int().default(1).meta({ title: 'Halaman pertama', description: 'Nomor halaman pertama.' }),
    sizeParam: z.string().optional().meta({ title: 'Parameter ukuran', description: 'Nama parameter ukuran halaman, bila ada.' }),
    size: z.number().int().min(1).max(10_000).default(100).meta({ title: 'Ukuran halaman', description: 'Banyaknya catatan yang diminta sekali.' }),
    total: z.string().optional().meta({ title: 'Jumlah', description: 'Letak jumlah seluruh catatan di dalam jawaban; menghemat satu permintaan terakhir.' }),
  }),
  z.strictObject({
    kind: z.literal('offset'),
    param: z.string().default('offset').meta({ title: 'Parameter awal', description: 'Nama parameter banyaknya catatan yang dilewati.' }),
    sizeParam: z.string().default('limit').meta({ title: 'Parameter ukuran', description: 'Nama parameter ukuran halaman.' }),
    size: z.number().int().min(1).max(10_000).default(100).meta({ title: 'Ukuran halaman', description: 'Banyaknya catatan yang diminta sekali.' }),
    total: z.string().optional().meta({ title: 'Jumlah', description: 'Letak jumlah seluruh catatan di dalam jawaban; menghemat satu permintaan terakhir.' }),
  }),
  z.strictObject({ kind: z.literal('cursor'), path: text('Letak kursor', 'Letak kursor berikutnya di dalam jawaban, misalnya "meta.next".'), param: z.string().default('cursor').meta({ title: 'Parameter kursor', description: 'Nama parameter kursor.' }) }),
  z.strictObject({ kind: z.literal('link'), path: z.string().optional().meta({ title: 'Letak tautan', description: 'Letak alamat berikutnya di dalam jawaban; kosong berarti header Link.' }) }),
]);

const since = z.strictObject({
  field: text('Kolom', 'Kolom catatan yang naik pada setiap perubahan.'),
  format: z.string().default('iso').meta({ title: 'Format', description: '"iso", "unix", "unixms", "number", "text", atau pola seperti "dd-MM-yyyy HH:mm:ss".' }),
  start: z.union([z.string(), z.number()]).optional().meta({ title: 'Awal', description: 'Nilai {since} pada pembacaan pertama, ditulis dalam format yang sama.' }),
  overlap: z.number().min(0).default(0).meta({ title: 'Tumpang tindih', description: 'Setiap pembacaan mundur sekian detik (atau sekian nomor).' }),
  zone: z.string().regex(/^[+-]\d\d:\d\d$/).default('+08:00').meta({ title: 'Zona waktu', description: 'Zona waktu bila nilainya tidak menyebutkan.' }),
});

const read = z.strictObject({
  method: z.enum(['GET', 'POST']).default('GET').meta({ title: 'Metode', description: 'Metode HTTP.' }),
  path: template('Jalur', 'Jalur setelah alamat dasar; boleh memuat {since}, {now:yyyy-MM-dd}, {now-7d:dd-MM-yyyy}.'),
  query: parameters.default({}).meta({ title: 'Parameter', description: 'Parameter alamat; parameter yang memuat {since} dihilangkan selama nilainya belum ada.' }),
  body: z.json().optional().meta({ title: 'Isi permintaan', description: 'Isi JSON untuk POST; teks di dalamnya boleh memuat {since} dan {now}.' }),
  records: z.string().default('').meta({ title: 'Letak catatan', description: 'Letak catatan di dalam jawaban, misalnya "data.items"; kosong berarti seluruh jawaban.', importance: 'high' }),
  emptyStatus: statuses.default([]).meta({ title: 'Status kosong', description: 'Status HTTP yang berarti "tidak ada data", misalnya [404].' }),
  paging: paging.default({ kind: 'none' }).meta({ title: 'Halaman', description: 'Cara jawaban dibagi menjadi halaman.' }),
  since: since.optional().meta({ title: 'Perubahan sejak', description: 'Membaca hanya yang berubah. Tanpa ini semuanya dibaca setiap kali.' }),
  id: z.string().optional().meta({ title: 'Kolom identitas kejadian', description: 'Kolom yang mengenali kejadian di sumber, bila ada.' }),
  deleted: z
    .strictObject({
      field: text('Kolom', 'Kolom penanda.'),
      values: z.array(z.union([z.string(), z.number(), z.boolean()])).optional().meta({ title: 'Nilai', description: 'Nilai yang berarti terhapus; kosong berarti setiap isi.' }),
    })
    .optional()
    .meta({ title: 'Penanda hapus', description: 'Kolom (dan nilainya) yang berarti catatan terhapus.' }),
  detail: z
    .strictObject({
      path: template('Jalur rincian', 'Jalur per catatan, misalnya /pegawai/{nip}; nama dalam kurung adalah kolom catatan.'),
      records: z.string().default('').meta({ title: 'Letak rincian', description: 'Letak rincian di dalam jawaban; kosong berarti seluruh jawaban.' }),
      as: z.string().optional().meta({ title: 'Kolom rincian', description: 'Rincian disimpan pada kolom ini; kosong berarti kolomnya digabung.' }),
      concurrency: z.number().int().min(1).max(16).default(4).meta({ title: 'Serentak', description: 'Banyaknya permintaan rincian pada saat yang sama.' }),
      skipStatus: statuses.default([404]).meta({ title: 'Status dilewati', description: 'Status yang berarti catatan itu tidak punya rincian.' }),
    })
    .optional()
    .meta({ title: 'Rincian', description: 'Satu permintaan lagi per catatan.' }),
});

const write = z.strictObject({
  method: z.enum(['POST', 'PUT', 'PATCH']).default('POST').meta({ title: 'Metode', description: 'Metode HTTP.' }),
  path: template('Jalur', 'Jalur setelah alamat dasar; boleh memuat {key} dan kolom catatan, misalnya /penduduk/{nik}.'),
  query: parameters.default({}).meta({ title: 'Parameter', description: 'Parameter alamat; boleh memuat {key} dan kolom catatan.' }),
  wrap: z.string().optional().meta({ title: 'Pembungkus', description: 'Isi dikirim di bawah nama ini, misalnya "data".' }),
  batch: z.number().int().min(1).max(1000).default(1).meta({ title: 'Catatan per permintaan', description: '1 berarti satu objek; lebih berarti sebuah larik.' }),
  results: z.string().optional().meta({ title: 'Letak hasil', description: 'Letak larik hasil per catatan di dalam jawaban, bila dikirim berkelompok.' }),
  delete: z.strictObject({ method: z.enum(['DELETE', 'POST', 'PUT', 'PATCH']).default('DELETE').meta({ title: 'Metode', description: 'Metode HTTP.' }), path: template('Jalur', 'Jalur penghapusan; hanya {key} yang diketahui.') }).optional().meta({ title: 'Penghapusan', description: 'Permintaan saat kunci terhapus; tanpa ini penghapusan tidak dikirim.' }),
  idempotencyHeader: z.string().min(1).default('Idempotency-Key').meta({ title: 'Header pengenal', description: 'Header dengan identitas catatan, agar kiriman ulang tidak berakibat dua kali.' }),
  idField: z.string().optional().meta({ title: 'Kolom identitas', description: 'Identitas catatan juga ditulis ke kolom ini.' }),
  accept: statuses.default([]).meta({ title: 'Status diterima', description: 'Status selain 2xx yang berarti sudah diterima, misalnya [409].' }),
  reject: statuses.default([400, 404, 409, 413, 422]).meta({ title: 'Status ditolak', description: 'Status yang berarti catatan itu ditolak karena isinya.' }),
  reply: z
    .strictObject({
      path: z.string().default('').meta({ title: 'Letak balasan', description: 'Letak objek balasan di dalam jawaban; kosong berarti seluruh jawaban.' }),
      keep: z.array(z.string()).default([]).meta({ title: 'Kolom ikut', description: 'Kolom kiriman yang ikut ditulis pada catatan balasan.' }),
      rejected: z.boolean().default(false).meta({ title: 'Juga saat ditolak', description: 'Jawaban penolakan juga menjadi catatan balasan.' }),
    })
    .optional()
    .meta({ title: 'Balasan', description: 'Objek di dalam jawaban yang menjadi catatan balasan.' }),
});

export const restSettings = z
  .strictObject({
    baseUrl: z.url({ protocol: /^https?$/ }).meta({ title: 'Alamat dasar', description: 'Alamat layanan, misalnya https://api.contoh.go.id/v1.', group: 'Koneksi', importance: 'high' }),
    auth: z.array(auth).default([]).meta({ title: 'Pengenalan diri', description: 'Daftar satu atau beberapa cara sekaligus; kind: basic, bearer, header, query atau oauth2.', group: 'Koneksi', importance: 'high' }),
    headers: z.record(z.string(), z.string()).default({}).meta({ title: 'Header', description: 'Header tambahan pada setiap permintaan.', group: 'Koneksi' }),
    ca: z.string().optional().meta({ title: 'Sertifikat CA', description: 'Sertifikat penerbit dalam bentuk PEM, bila bukan penerbit umum.', group: 'Koneksi' }),
    timeout: z.number().min(1).max(600).default(60).meta({ title: 'Batas waktu', description: 'Detik menunggu satu jawaban.', group: 'Koneksi' }),
    rate: z.number().gt(0).optional().meta({ title: 'Permintaan per detik', description: 'Paling banyak sekian permintaan setiap detik.', group: 'Koneksi' }),
    maxBytes: z.number().int().min(1000).default(20_000_000).meta({ title: 'Jawaban terbesar', description: 'Jawaban yang lebih besar dari sekian byte dihentikan.', group: 'Koneksi' }),
    success: z
      .strictObject({
        path: text('Letak', 'Letak tanda di dalam jawaban.'),
        values: z.array(z.union([z.string(), z.number(), z.boolean()])).min(1).meta({ title: 'Nilai', description: 'Nilai yang berarti berhasil.' }),
      })
      .optional()
      .meta({ title: 'Tanda berhasil', description: 'Letak dan nilai di dalam jawaban yang berarti berhasil, misalnya code = 1.' }),
    messagePath: z.string().default('message').meta({ title: 'Letak pesan', description: 'Letak pesan kesalahan di dalam jawaban.' }),
    errorsPath: z.string().optional().meta({ title: 'Letak pesan per kolom', description: 'Letak objek kolom → pesan di dalam jawaban penolakan.' }),
    read: read.optional().meta({ title: 'Membaca', description: 'Cara membaca, untuk sumber.' }),
    write: write.optional().meta({ title: 'Menulis', description: 'Cara menulis, untuk tujuan.' }),
  })
  .superRefine((settings, context) => {
    const fault = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (!settings.read && !settings.write) fault(['read'], 'wajib diisi (atau isi "write")');
    settings.auth.forEach((entry, index) => {
      if (entry.kind === 'oauth2' && entry.grant === 'password') {
        if (!entry.username) fault(['auth', index, 'username'], 'wajib diisi untuk cara "password"');
        if (!entry.password) fault(['auth', index, 'password'], 'wajib diisi untuk cara "password"');
      }
      if (entry.kind === 'oauth2' && entry.grant === 'client_credentials' && !entry.clientSecret) fault(['auth', index, 'clientSecret'], 'wajib diisi untuk cara "client_credentials"');
    });
    if (!settings.read) return;
    const known = ['since', 'now'];
    const texts: [string[], string][] = [[['read', 'path'], settings.read.path], ...Object.entries(settings.read.query).map(([name, value]): [string[], string] => [['read', 'query', name], String(value)])];
    for (const [path, value] of texts) {
      const unknown = variablesOf(value).filter((name) => !known.includes(name));
      if (unknown.length) fault(path, `{${unknown[0]}} tidak dikenal; pilihannya {since} dan {now}`);
      else if (variablesOf(value).includes('since') && !settings.read.since) fault(['read', 'since'], 'wajib diisi karena {since} dipakai');
    }
    if (variablesOf(settings.read.path).includes('since') && settings.read.since?.start === undefined) fault(['read', 'since', 'start'], 'wajib diisi karena {since} dipakai di dalam jalur');
  });

export type RestSettings = z.output<typeof restSettings>;
export type ReadSettings = z.output<typeof read>;
export type WriteSettings = z.output<typeof write>;
export type SinceSettings = z.output<typeof since>;
export type AuthSettings = z.output<typeof auth>;
export type OAuthSettings = Extract<AuthSettings, { kind: 'oauth2' }>;
