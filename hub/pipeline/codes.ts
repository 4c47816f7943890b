/** Code lists of the city (`config/reference/<name>.csv`, columns kode,nama) and the mapping of codes and labels onto each other. */
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parse } from 'csv-parse/sync';
import { messageOf, SettingsError, type SettingsFault } from '../errors.js';
import { Problem, shapeOf } from './problem.js';

export interface Code {
  readonly kode: string;
  readonly nama: string;
}
/** Lists by name: `agama`, `jenis_kelamin`. */
export type References = ReadonlyMap<string, readonly Code[]>;

/** Reads every list of a folder. @throws SettingsError naming every file that cannot be read as a list. */
export async function loadReferences(folder: string): Promise<References> {
  const lists = new Map<string, readonly Code[]>();
  const faults: SettingsFault[] = [];
  for (const name of (await readdir(folder)).filter((one) => one.endsWith('.csv')).sort()) {
    const file = relative(process.cwd(), join(folder, name));
    try {
      const [header = [], ...rows] = parse(await readFile(join(folder, name), 'utf8'), { bom: true, skip_empty_lines: true, trim: true }) as string[][];
      const [kode, nama] = [header.indexOf('kode'), header.indexOf('nama')];
      if (kode < 0 || nama < 0) faults.push({ path: '', file, line: 1, message: 'daftar kode memerlukan kolom "kode" dan "nama" pada baris pertama' });
      else lists.set(name.slice(0, -4), rows.map((row) => ({ kode: row[kode]!, nama: row[nama]! })));
    } catch (error) {
      faults.push({ path: '', file, message: `bukan CSV yang benar: ${messageOf(error)}` });
    }
  }
  if (faults.length) throw new SettingsError(faults);
  return lists;
}

/** Compiles the mapping of a code or a label, in any case and spacing, onto the code (or the label). A label shared by several codes is refused, not guessed. */
export function compileCodes(name: string, list: readonly Code[], to: 'kode' | 'nama'): (value: unknown) => string | Problem {
  const codes = new Map(list.map((code) => [normal(code.kode), code]));
  const labels = new Map<string, Code | undefined>();
  for (const code of list) labels.set(normal(code.nama), labels.has(normal(code.nama)) ? undefined : code);
  return (value) => {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return new Problem(`bukan kode (${shapeOf(value)})`, 'code');
    const wanted = normal(String(value));
    const found = codes.get(wanted) ?? labels.get(wanted);
    if (found) return found[to];
    return labels.has(wanted)
      ? new Problem(`bermakna ganda: beberapa kode pada daftar ${name} bernama sama`, 'code', 'Kirim kodenya, bukan namanya')
      : new Problem(`tidak ada pada daftar kode ${name} (${shapeOf(value)})`, 'code', `Pakai kode atau nama dari daftar ${name}`);
  };
}

function normal(text: string): string {
  return text.toLowerCase().replace(/\s+/g, '');
}
