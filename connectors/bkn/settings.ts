/** Settings of the BKN connector, declared once. */
import { z } from 'zod';
import { secret, text } from '../../hub/settings.js';

export const bknSettings = z.strictObject({
  url: z.url().meta({ title: 'Alamat layanan', description: 'Alamat dasar layanan SIASN, berakhir /apisiasn/1.0.', group: 'Koneksi', importance: 'high' }),
  gatewayTokenUrl: z.url().meta({ title: 'Alamat token APIM', description: 'Alamat penerbit token gerbang API.', group: 'Koneksi' }),
  ssoTokenUrl: z.url().meta({ title: 'Alamat token SSO', description: 'Alamat penerbit token SSO SIASN.', group: 'Koneksi' }),
  consumerKey: text('Kunci konsumen', 'Consumer key dari portal API BKN.'),
  consumerSecret: secret('Rahasia konsumen', 'Consumer secret dari portal API BKN.'),
  ssoClientId: text('Client ID SSO', 'client_id yang diberikan BKN untuk instansi.'),
  username: text('Nama pengguna SSO', 'NIP atau nama akun petugas instansi.'),
  password: secret('Kata sandi SSO', 'Kata sandi akun petugas instansi.'),
  perMinute: z.number().min(1).max(6000).default(120).meta({ title: 'Panggilan per menit', description: 'Laju panggilan yang disepakati dengan BKN.', group: 'Laju' }),
  nipsFrom: z.string().default('kepegawaian.pegawai_simpeg').meta({ title: 'Daftar NIP', description: 'Topik yang kuncinya NIP; data setiap NIP itu diambil dari BKN.' }),
  feeds: z.array(z.enum(['asn', 'riwayat_jabatan', 'riwayat_golongan'])).default(['asn', 'riwayat_jabatan', 'riwayat_golongan']).meta({ title: 'Data yang diambil', description: 'Data utama dan riwayat mana yang diambil per NIP.' }),
});

export type BknSettings = z.output<typeof bknSettings>;
