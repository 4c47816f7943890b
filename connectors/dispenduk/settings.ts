/** Settings of the Dispenduk connector, declared once. Names of request fields differ between instances of the Dukcapil service, so they are settings. */
import { z } from 'zod';
import { secret, text } from '../../hub/settings.js';

export const dispendukSettings = z.strictObject({
  url: z.url().meta({ title: 'Alamat layanan', description: 'Alamat sampai sebelum nama panggilan, misalnya http://…/dukcapil/get_json/53-71/kominfo.', group: 'Koneksi', importance: 'high' }),
  userId: text('User ID', 'user_id dari Ditjen Dukcapil sesuai PKS.'),
  password: secret('Kata sandi', 'Kata sandi sesuai PKS.'),
  ip: text('Alamat IP', 'Alamat IP hub yang didaftarkan di Ditjen Dukcapil.'),
  ipField: z.enum(['ip_user', 'ip_address', 'IP_USER']).default('ip_user').meta({ title: 'Nama isian IP', description: 'Nama isian alamat IP; berbeda antar layanan.' }),
  nikField: z.enum(['nik', 'NIK']).default('nik').meta({ title: 'Nama isian NIK', description: 'Nama isian NIK; berbeda antar layanan.' }),
  call: z.string().regex(/^\w+$/).default('CALL_NIK').meta({ title: 'Panggilan data', description: 'Nama panggilan untuk data perseorangan.' }),
  verifyCall: z.string().regex(/^\w+$/).default('CALL_VERIFY_BY_ELEMEN').meta({ title: 'Panggilan verifikasi', description: 'Nama panggilan verifikasi per elemen.' }),
  threshold: z.number().int().min(0).max(100).default(90).meta({ title: 'Ambang kemiripan', description: 'Skor terendah (0–100) agar nama dan alamat dianggap sesuai.' }),
  niksFrom: z.string().default('kependudukan.penduduk').meta({ title: 'Daftar NIK', description: 'Topik yang kuncinya NIK; data setiap NIK itu dimintakan.' }),
  quota: z.number().int().min(1).default(5000).meta({ title: 'Kuota harian', description: 'Panggilan per hari menurut PKS; sesudahnya konektor menunggu hari berikutnya (WITA).' }),
});

export type DispendukSettings = z.output<typeof dispendukSettings>;
