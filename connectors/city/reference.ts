/** What the synthetic city takes from `config/reference`: the real kelurahan and the labels of codes. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';

export interface Kelurahan {
  /** Dotted: 53.71.01.1001 */
  readonly kode: string;
  readonly nama: string;
  readonly kecamatan: string;
}

export interface Reference {
  /** In the order of their codes. */
  readonly kelurahan: readonly Kelurahan[];
  kelurahanOf(kode: string): Kelurahan | undefined;
  /** Name of a code of `config/reference/<list>.csv`. @throws Error for a code that the list does not have. */
  label(list: string, kode: string): string;
}

/** Reads the lists of a folder, by default the nearest `config/reference` above this file. */
export function readReference(folder: string = nearest()): Reference {
  const rows = (name: string): Record<string, string>[] => parse(readFileSync(join(folder, `${name}.csv`), 'utf8'), { columns: true });
  const regions = rows('wilayah');
  const names = new Map(regions.map((row) => [row.kode!, row.nama!]));
  const kelurahan = regions.filter((row) => row.level === 'kelurahan').map((row) => ({ kode: row.kode!, nama: row.nama!, kecamatan: names.get(row.kode_induk!)! }));
  const byCode = new Map(kelurahan.map((each) => [each.kode, each]));
  const lists = new Map<string, Map<string, string>>();
  return {
    kelurahan,
    kelurahanOf: (kode) => byCode.get(kode),
    label(list, kode) {
      if (!lists.has(list)) lists.set(list, new Map(rows(list).map((row) => [row.kode!, row.nama!])));
      const label = lists.get(list)!.get(kode);
      if (label === undefined) throw new Error(`no code ${kode} in config/reference/${list}.csv`);
      return label;
    },
  };
}

/** The sources and the build lie at different depths below the project. */
function nearest(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const found = join(folder, 'config', 'reference');
    if (existsSync(join(found, 'wilayah.csv'))) return found;
    if (dirname(folder) === folder) throw new Error('config/reference/wilayah.csv not found above the program');
  }
}
