/** Settings of the BKD connector, declared once. */
import { z } from 'zod';
import { secret, text } from '../../hub/settings.js';

export const bkdSettings = z.strictObject({
  url: z.url().meta({ title: 'Alamat layanan', description: 'Alamat dasar layanan perintah bayar BKAD.', importance: 'high' }),
  username: text('Nama pengguna', 'Akun hub pada layanan BKAD.'),
  password: secret('Kata sandi', 'Kata sandi akun itu.'),
});

export type BkdSettings = z.output<typeof bkdSettings>;
