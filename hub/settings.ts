/** Settings are declared once with zod; types, parsing, forms and manuals follow from the declaration. */
import { z } from 'zod';
import { SettingsError, type SettingsFault } from './errors.js';

const { localeError } = z.locales.id();
z.config({ localeError: (issue) => plainly(issue) ?? localeError!(issue) });

/** What a file of ours may hold, in the words of whoever writes it. */
const FORMS: Readonly<Record<string, string>> = {
  string: 'teks', number: 'angka', int: 'bilangan bulat', boolean: 'true atau false', array: 'daftar (setiap butir diawali "-")', object: 'pasangan nama: nilai', record: 'pasangan nama: nilai',
};

/** The commonest faults in plain words; zod's own speak of input, arrays and objects. */
function plainly(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type') return issue.expected in FORMS ? `harus ${FORMS[issue.expected]}` : undefined;
  if ((issue.code === 'too_small' || issue.code === 'too_big') && issue.inclusive !== false) {
    const [word, bound] = issue.code === 'too_small' ? ['paling sedikit', issue.minimum] : ['paling banyak', issue.maximum];
    if (issue.origin === 'string') return issue.code === 'too_small' && bound === 1 ? 'tidak boleh kosong' : `${word} ${bound} huruf`;
    return issue.origin === 'array' ? `${word} ${bound} butir` : `${word} ${bound}`;
  }
  const choices = issue.code === 'invalid_value' ? issue.values : issue.code === 'invalid_union' && 'options' in issue ? (issue.options as readonly z.core.util.Primitive[]) : undefined;
  return choices && `harus ${choices.length > 1 ? 'salah satu dari: ' : ''}${choices.map(String).join(', ')}`;
}

/** What `.meta()` of a setting says in our words, beside zod's `title` (label) and `description` (what it is for, one sentence), both in Bahasa Indonesia. */
declare module 'zod' {
  interface GlobalMeta {
    /** Never echoed by an API, a log line or an error. */
    secret?: boolean;
    /** Heading under which a form shows it: `Koneksi`, `Jadwal`. */
    group?: string;
    importance?: 'high' | 'medium' | 'low';
  }
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
  const { value, faults, cause } = examineSettings(schema, raw, prefix);
  if (faults.length > 0) throw new SettingsError(faults, { cause });
  return value!;
}

/** Every fault of settings; `value` is there also where unknown keys are all that is wrong. */
export function examineSettings<S extends z.ZodType>(schema: S, raw: unknown, prefix = ''): { value?: z.output<S>; faults: SettingsFault[]; cause?: unknown } {
  const result = schema.safeParse(raw);
  if (result.success) return { value: result.data, faults: [] };
  const { issues } = result.error;
  const faults = issues.flatMap((issue) => faultsOf(issue, raw, prefix));
  const unknown = issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : []));
  // Rules between settings are only looked at where all of them are known.
  const known: { value?: z.output<S>; faults: SettingsFault[] } = unknown.length > 0 ? examineSettings(schema, without(raw, unknown), prefix) : { faults: [] };
  const more = known.faults.filter((fault) => !faults.some(({ path, message }) => path === fault.path && message === fault.message));
  return { ...('value' in known && { value: known.value }), faults: [...faults, ...more], cause: result.error };
}

function faultsOf(issue: z.core.$ZodIssue, raw: unknown, prefix: string): SettingsFault[] {
  const path = [prefix, ...issue.path.map(String)].filter(Boolean).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [path, key].filter(Boolean).join('.'), message: 'tidak dikenal; periksa ejaannya atau hapus' }));
  }
  const given = issue.path.reduce<unknown>((node, key) => (node !== null && typeof node === 'object' ? (node as Record<PropertyKey, unknown>)[key] : undefined), raw);
  return [{ path, message: given === undefined && issue.code === 'invalid_type' ? 'wajib diisi' : issue.message }];
}

/** A copy without what stands at these paths. */
function without(raw: unknown, paths: readonly (readonly PropertyKey[])[]): unknown {
  if (raw === null || typeof raw !== 'object') return raw;
  const here = new Set(paths.filter(({ length }) => length === 1).map(([key]) => String(key)));
  const below = (key: string): unknown => without((raw as Record<string, unknown>)[key], paths.filter((path) => path.length > 1 && String(path[0]) === key).map((path) => path.slice(1)));
  if (Array.isArray(raw)) return raw.map((_, index) => below(String(index)));
  return Object.fromEntries(Object.keys(raw).filter((key) => !here.has(key)).map((key) => [key, below(key)]));
}
