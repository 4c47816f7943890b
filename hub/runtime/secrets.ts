/** Secrets in settings: `${secret:NAME}` stands for `SASANDO_SECRET_NAME` or for the file `secrets/<opd>/NAME`. Nothing else of the environment or the disk can be named. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SettingsFault } from '../errors.js';
import type { Json } from '../record.js';

export interface SecretPlace {
  /** OPD whose secrets these are. */
  readonly owner: string;
  /** Folder `secrets/`. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface ResolvedSettings {
  readonly value: Json;
  /** Every secret that was put in, so that no error can repeat it. */
  readonly secrets: readonly string[];
  readonly faults: readonly SettingsFault[];
}

const REFERENCE = /\$\{(\w+):([^}]*)\}/g;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;
const OWNER = /^[a-z0-9][a-z0-9-]*$/;

/** Puts the secrets in and lists those that are missing. Settings are left as they were. */
export function resolveSecrets(settings: Json, place: SecretPlace, path = 'settings'): ResolvedSettings {
  const secrets: string[] = [];
  const faults: SettingsFault[] = [];
  const inText = (text: string, where: string): string =>
    text.replace(REFERENCE, (found, kind: string, name: string) => {
      const secret = kind === 'secret' && NAME.test(name) ? find(name, place) : undefined;
      if (secret !== undefined) {
        secrets.push(secret);
        return secret;
      }
      faults.push({ path: where, message: kind !== 'secret' ? `"${found}" tidak dikenal; yang boleh dirujuk hanya rahasia: "\${secret:NAMA}"` : missing(name, place) });
      return '';
    });
  const walk = (value: Json, where: string): Json => {
    if (typeof value === 'string') return inText(value, where);
    if (Array.isArray(value)) return value.map((item, index) => walk(item, `${where}.${index}`));
    if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item, `${where}.${key}`)]));
    return value;
  };
  return { value: walk(settings, path), secrets, faults };
}

/** Names of the secrets that settings refer to, each once. */
export function secretNames(settings: Json): string[] {
  return [...new Set([...JSON.stringify(settings).matchAll(REFERENCE)].filter(([, kind, name]) => kind === 'secret' && NAME.test(name!)).map(([, , name]) => name!))];
}

/** Takes secrets out of a text that an error brought along. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((clean, secret) => (secret.length < 4 ? clean : clean.replaceAll(secret, '***').replaceAll(encodeURIComponent(secret), '***')), text);
}

function find(name: string, { owner, folder, env }: SecretPlace): string | undefined {
  const given = env[variable(name)];
  if (given !== undefined && given !== '') return given;
  if (!OWNER.test(owner)) return undefined;
  try {
    return readFileSync(join(folder, owner, name), 'utf8').replace(/\r?\n$/, '') || undefined;
  } catch {
    return undefined;
  }
}

function missing(name: string, place: SecretPlace): string {
  if (!NAME.test(name)) return `nama rahasia "${name}" hanya boleh berisi huruf, angka, "_" dan "-"`;
  return `rahasia ${name} belum ada; tulis ke berkas secrets/${place.owner}/${name} atau ke variabel ${variable(name)}`;
}

function variable(name: string): string {
  return `SASANDO_SECRET_${name.toUpperCase().replaceAll('-', '_')}`;
}
