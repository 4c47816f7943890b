/** Settings of the webhook receiver, declared once. */
import { z } from 'zod';

const secrets = z
  .array(z.string().min(8, 'terlalu pendek, paling sedikit 8 huruf'))
  .min(1)
  .max(4)
  .meta({ title: 'Rahasia', description: 'Rahasia bersama; tulis yang lama dan yang baru selama masa pergantian.', secret: true, importance: 'high' });
const tolerance = z.number().min(1).max(86_400).default(300).meta({ title: 'Selisih waktu', description: 'Kiriman yang waktunya berselisih lebih dari sekian detik ditolak.' });

export const webhookSettings = z.strictObject({
  signature: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('standard'), secrets, tolerance }),
      z.strictObject({
        kind: z.literal('hmac'),
        secrets,
        header: z.string().min(1).default('x-signature').meta({ title: 'Header tanda tangan', description: 'Header yang memuat HMAC-SHA256.' }),
        prefix: z.string().default('').meta({ title: 'Awalan', description: 'Teks di depan tanda tangan, misalnya "sha256=".' }),
        encoding: z.enum(['hex', 'base64']).default('hex').meta({ title: 'Penulisan', description: 'Cara tanda tangan ditulis.' }),
        timestampHeader: z.string().min(1).optional().meta({ title: 'Header waktu', description: 'Header dengan detik sejak 1970; bila ada, yang ditandatangani adalah "<waktu>.<isi>".' }),
        tolerance,
      }),
      z.strictObject({
        kind: z.literal('token'),
        secrets,
        header: z.string().min(1).default('authorization').meta({ title: 'Header token', description: 'Header yang memuat token.' }),
        prefix: z.string().default('Bearer ').meta({ title: 'Awalan', description: 'Teks di depan token.' }),
      }),
    ])
    .meta({ title: 'Tanda tangan', description: 'Cara pengirim membuktikan dirinya: "standard" (Standard Webhooks), "hmac" atau "token".', importance: 'high' }),
  records: z.string().default('').meta({ title: 'Letak catatan', description: 'Letak objek atau larik catatan di dalam isi, misalnya "data"; kosong berarti seluruh isi.' }),
  idField: z.string().min(1).optional().meta({ title: 'Kolom identitas', description: 'Kolom catatan yang mengenali kejadian; tanpa ini dipakai header identitas.' }),
  idHeader: z.string().min(1).default('webhook-id').meta({ title: 'Header identitas', description: 'Header yang sama pada setiap kiriman ulang, misalnya webhook-id atau idempotency-key.' }),
  timeField: z.string().min(1).optional().meta({ title: 'Kolom waktu', description: 'Kolom catatan dengan waktu kejadian: ISO dengan zona waktu, atau detik sejak 1970.' }),
  streamField: z.string().min(1).optional().meta({ title: 'Kolom jenis', description: 'Letak nama aliran di dalam catatan atau di dalam isi, misalnya "type".' }),
  deleted: z
    .strictObject({
      field: z.string().min(1).meta({ title: 'Kolom', description: 'Kolom penanda.' }),
      values: z.array(z.union([z.string(), z.number(), z.boolean()])).min(1).meta({ title: 'Nilai', description: 'Nilai yang berarti terhapus.' }),
    })
    .optional()
    .meta({ title: 'Penanda hapus', description: 'Kolom dan nilai yang berarti catatan terhapus.' }),
  maxRecords: z.number().int().min(1).max(10_000).default(1000).meta({ title: 'Catatan terbanyak', description: 'Banyaknya catatan dalam satu kiriman.' }),
});

export type WebhookSettings = z.output<typeof webhookSettings>;
export type SignatureSettings = WebhookSettings['signature'];
