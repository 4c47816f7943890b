/** Settings are declared once with zod; types, parsing, forms and manuals follow from the declaration. */
import { z } from 'zod';
import { SettingsError, type SettingsFault } from './errors.js';

z.config(z.locales.id());

/** What `.meta()` of a setting says beside zod's own rules. */
export interface SettingMeta {
  /** Label in Bahasa Indonesia. */
  title?: string;
  /** What it is for, in Bahasa Indonesia, one sentence. */
  description?: string;
  /** Never echoed by an API, a log line or an error. */
  secret?: boolean;
  /** Heading under which a form shows it: `Koneksi`, `Jadwal`. */
  group?: string;
  importance?: 'high' | 'medium' | 'low';
}

/** A required text. */
export function text(title: string, description: string): z.ZodString {
  return z.string().min(1).meta({ title, description });
}

/** A secret; in a file it is written `${secret:NAME}` and resolved before parsing. */
export function secret(title: string, description: string): z.ZodString {
  return z.string().min(1).meta({ title, description, secret: true });
}

/** Parses settings and reports every fault at once. Unknown keys are faults: declare objects with `z.strictObject`. */
export function parseSettings<S extends z.ZodType>(schema: S, raw: unknown, prefix = ''): z.output<S> {
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  throw new SettingsError(result.error.issues.flatMap((issue) => faultsOf(issue, prefix)), { cause: result.error });
}

function faultsOf(issue: z.core.$ZodIssue, prefix: string): SettingsFault[] {
  const path = [prefix, ...issue.path.map(String)].filter(Boolean).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [path, key].filter(Boolean).join('.'), message: 'tidak dikenal; periksa ejaannya atau hapus' }));
  }
  return [{ path, message: issue.input === undefined && issue.code === 'invalid_type' ? 'wajib diisi' : issue.message }];
}
