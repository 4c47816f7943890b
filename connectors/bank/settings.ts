/** Settings of the bank connector, declared once. */
import { z } from 'zod';
import { text } from '../../hub/settings.js';

export const bankSettings = z.strictObject({
  folder: text('Folder', 'Folder berkas untuk bank, relatif terhadap folder berkas hub.'),
  prefix: z.string().regex(/^[\w-]+$/).default('BNTT').meta({ title: 'Awalan nama berkas', description: 'Nama berkas: <awalan>-<nomor SP2D>.csv.' }),
});

export type BankSettings = z.output<typeof bankSettings>;
