/** How a mapping is written: declared once, so that every fault of an instance file is named at once and editors can complete it. */
import { z } from 'zod';
import type { Json } from '../record.js';
import { parseDuration } from '../duration.js';
import { messageOf } from '../errors.js';
import '../settings.js';
import { formatFault } from './dates.js';
import { expressionFault } from './expression.js';
import { predicateFault } from './predicate.js';

/** Target fields and where each comes from. A text alone is a rename: `nik: NIK`. */
export type MappingSpec = Record<string, FieldSpec>;

export interface FieldSpec {
  constant?: Json;
  from?: string[];
  expr?: string;
  lookup?: LookupSpec;
  object?: MappingSpec;
  each?: MappingSpec;
  empty?: Json[];
  split?: { by: string; take?: number };
  join?: string;
  trim?: boolean;
  upper?: boolean;
  lower?: boolean;
  pad?: { length: number; with: string; side: 'left' | 'right' };
  codes?: string | Record<string, string>;
  to?: 'kode' | 'nama';
  as?: 'text' | 'integer' | 'decimal' | 'boolean' | 'date' | 'timestamp';
  formats?: string[];
  zone?: string;
  format?: string;
  decimal?: 'point' | 'comma';
  scale?: number;
  default?: Json;
}

export interface LookupSpec {
  topic: string;
  key: FieldSpec;
  field?: string;
  fields?: string[] | Record<string, string>;
  missing: 'reject' | 'null' | 'wait';
  /** Milliseconds to wait at most, and what then. */
  atMost: number;
  then: 'reject' | 'null';
}

export interface CheckSpec {
  that: string;
  message: string;
  field?: string;
  repair?: string;
  severity?: 'reject' | 'warn';
}

export interface PipelineSpec {
  mapping?: MappingSpec;
  where?: string;
  require?: CheckSpec[];
}

const FORBIDDEN = '"__proto__"';

const checked = (fault: (text: string) => string | undefined): z.ZodType<string> =>
  z.string().min(1).superRefine((text, context) => {
    const message = text === '' ? undefined : fault(text);
    if (message) context.addIssue({ code: 'custom', message });
  }) as z.ZodType<string>;

const format = checked(formatFault);
const zone = checked((name) => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return undefined;
  } catch {
    return `zona waktu "${name}" tidak dikenal; tulis misalnya Asia/Makassar`;
  }
});
const condition = checked(predicateFault);
const name = z.string().min(1);

/** A mapping keeps its order. zod would drop a field `__proto__` in silence: it is renamed so that it can be refused. */
const mappingSpec: z.ZodType<MappingSpec> = z.preprocess(
  (value) => (typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__') ? Object.fromEntries(Object.entries(value).map(([key, field]) => [key === '__proto__' ? FORBIDDEN : key, field])) : value),
  z.record(name.refine((key) => key !== FORBIDDEN), z.lazy(() => fieldSpec), { error: (issue) => (issue.code === 'invalid_key' ? 'nama ini tidak boleh menjadi nama field; pilih nama lain' : undefined) }),
) as z.ZodType<MappingSpec>;

const lookupSpec = z.strictObject({
  topic: name.meta({ description: 'Topik yang dicari' }),
  key: z.lazy(() => fieldSpec).meta({ description: 'Dari mana kuncinya' }),
  field: name.optional().meta({ description: 'Field dari catatan yang ditemukan' }),
  fields: z.union([z.array(name).min(1), z.record(name, name)], { error: 'harus daftar nama field, atau pasangan nama: field' }).optional().meta({ description: 'Beberapa field sekaligus, sebagai objek' }),
  missing: z.enum(['reject', 'null', 'wait']).default('reject').meta({ description: 'Bila tidak ditemukan: reject (menjadi kasus), null (kosong), wait (tunggu sampai ada)' }),
  atMost: z
    .string()
    .default('1h')
    .transform((text, context) => {
      try {
        return parseDuration(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: messageOf(error) });
        return z.NEVER;
      }
    })
    .meta({ description: 'Paling lama menunggu dengan missing: wait, misalnya 10m' }),
  then: z.enum(['reject', 'null']).default('reject').meta({ description: 'Sesudah menunggu selama itu: reject (menjadi kasus) atau null (kosong)' }),
});

const field = z
  .strictObject({
    constant: z.json().optional().meta({ description: 'Selalu nilai ini' }),
    from: z.preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(name, { error: 'harus nama field, atau daftar nama field' }).min(1)).optional().meta({ description: 'Field asal: NIK, alamat.jalan, anggota[0].nik; dari beberapa, yang pertama berisi (atau disatukan dengan join)' }),
    expr: checked(expressionFault).optional().meta({ description: 'Ekspresi JSONata atas catatan asal' }),
    lookup: lookupSpec.optional(),
    object: mappingSpec.optional().meta({ description: 'Objek bersarang' }),
    each: mappingSpec.optional().meta({ description: 'Pemetaan setiap unsur larik' }),
    empty: z.array(z.json()).optional().meta({ description: 'Nilai yang berarti kosong' }),
    split: z.preprocess((value) => (typeof value === 'string' ? { by: value } : value), z.strictObject({ by: z.string().min(1), take: z.int().optional() })).optional().meta({ description: 'Pecah teks; take memilih bagian ke-n dari 0, negatif dari belakang' }),
    join: z.string().optional().meta({ description: 'Satukan beberapa nilai dengan teks ini' }),
    trim: z.boolean().optional(),
    upper: z.boolean().optional(),
    lower: z.boolean().optional(),
    pad: z.preprocess((value) => (typeof value === 'number' ? { length: value } : value), z.strictObject({ length: z.int().min(1).max(1000), with: z.string().length(1).default('0'), side: z.enum(['left', 'right']).default('left') })).optional().meta({ description: 'Lengkapi sampai panjang ini' }),
    codes: z.union([z.string().min(1), z.record(z.string(), z.string())], { error: 'harus nama daftar kode, atau pasangan nilai: kode' }).optional().meta({ description: 'Daftar di config/reference, atau pasangan nilai: kode' }),
    to: z.enum(['kode', 'nama']).optional(),
    as: z.enum(['text', 'integer', 'decimal', 'boolean', 'date', 'timestamp']).optional(),
    formats: z.array(format).min(1).optional().meta({ description: 'Format tanggal yang diterima' }),
    zone: zone.optional().meta({ description: 'Zona waktu tanpa keterangan, Asia/Makassar bila tidak ditulis' }),
    format: format.optional().meta({ description: 'Format tanggal yang ditulis, bila bukan ISO' }),
    decimal: z.enum(['point', 'comma']).optional().meta({ description: 'comma: 4.200.000,00; point: 4200000.00' }),
    scale: z.int().min(0).max(20).optional().meta({ description: 'Jumlah angka di belakang koma' }),
    default: z.json().optional().meta({ description: 'Nilai bila kosong' }),
  })
  .superRefine((spec, context) => {
    const fault = (path: string, message: string): void => context.addIssue({ code: 'custom', path: path ? [path] : [], message });
    const sources = (['constant', 'from', 'expr', 'lookup', 'object'] as const).filter((source) => spec[source] !== undefined);
    if (sources.length === 0) fault('', 'tidak menyebut asal nilai: tulis from, constant, expr, lookup atau object');
    if (sources.length > 1) fault(sources[1]!, `tidak dapat bersama ${sources[0]}; pilih satu asal nilai`);
    const dated = spec.as === 'date' || spec.as === 'timestamp';
    for (const option of ['formats', 'zone', 'format'] as const) if (spec[option] !== undefined && !dated) fault(option, 'hanya untuk as: date atau as: timestamp');
    if (spec.scale !== undefined && spec.as !== 'decimal') fault('scale', 'hanya untuk as: decimal');
    if (spec.decimal !== undefined && spec.as !== 'decimal' && spec.as !== 'integer') fault('decimal', 'hanya untuk as: decimal atau as: integer');
    if (spec.to !== undefined && typeof spec.codes !== 'string') fault('to', 'hanya bersama nama daftar kode pada codes');
    if (spec.upper && spec.lower) fault('lower', 'tidak dapat bersama upper');
    if (spec.each && (spec.as || spec.codes || spec.split || spec.join !== undefined || spec.pad)) fault('each', 'tidak dapat bersama pengubahan nilai lain');
    if (spec.each && !spec.from && !spec.expr && !spec.lookup) fault('each', 'memerlukan from, expr atau lookup yang berisi larik');
  });

/** One field; a text alone is `from`. */
const fieldSpec: z.ZodType<FieldSpec> = z.preprocess((value) => (typeof value === 'string' ? { from: [value] } : value), field) as z.ZodType<FieldSpec>;

const checkSpec: z.ZodType<CheckSpec> = z.strictObject({
  that: condition.meta({ description: 'Syarat CEL atas record (hasil pemetaan) dan source (catatan asal)' }),
  message: name.meta({ description: 'Kalimat bila tidak terpenuhi, tanpa data pribadi' }),
  field: name.optional(),
  repair: name.optional(),
  severity: z.enum(['reject', 'warn']).optional(),
}) as z.ZodType<CheckSpec>;

/** The part of a stream or a sink that this folder understands. */
export const pipelineSpec: z.ZodType<PipelineSpec> = z.strictObject({
  mapping: mappingSpec.optional(),
  where: condition.optional(),
  require: z.array(checkSpec).optional(),
}) as z.ZodType<PipelineSpec>;
