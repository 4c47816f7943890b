import { chmodSync, mkdirSync, mkdtempSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { privateFiles, privateFolder, privateInside } from './private-folder.js';

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
/** As a shell's `mkdir -m` would. */
function made(parent: string, name: string, rights: number): string {
  const path = join(parent, name);
  mkdirSync(path);
  chmodSync(path, rights);
  return path;
}
const temporary = (): string => mkdtempSync(join(tmpdir(), 'sasando-izin-'));

test('a new folder is its owner\'s alone, whatever the umask; with passage others get through', () => {
  const parent = temporary();
  const before = process.umask(0o077);
  try {
    privateFolder(join(parent, 'di/bawah/data'), { passage: true });
  } finally {
    process.umask(before);
  }
  privateFolder(join(parent, 'tertutup'));
  expect([mode(join(parent, 'di/bawah/data')), mode(join(parent, 'tertutup'))]).toEqual(['711', '700']);
});

test('a folder of an earlier start is tightened and never opened further', () => {
  const parent = temporary();
  const cases: [number, boolean, string][] = [[0o755, false, '700'], [0o777, true, '711'], [0o700, true, '700'], [0o770, false, '700']];
  for (const [index, [rights, passage, wanted]] of cases.entries()) {
    const folder = made(parent, String(index), rights);
    expect(privateFolder(folder, { passage })).toBeUndefined();
    expect(mode(folder)).toBe(wanted);
  }
});

test('a folder for exchange that lies elsewhere keeps its rights', () => {
  const data = temporary();
  const outside = made(temporary(), 'sftp', 0o775);
  symlinkSync(outside, join(data, 'berkas'));
  expect(privateInside(data, 'berkas')).toBeUndefined();
  expect(mode(outside)).toBe('775');
  const folder = made(data, 'lain', 0o755);
  privateInside(data, 'lain');
  privateInside(data, 'baru');
  expect([mode(folder), mode(join(data, 'baru'))]).toEqual(['700', '700']);
});

test('files in the folder become their owner\'s alone, files that links name do not', () => {
  const data = temporary();
  const outside = join(temporary(), 'luar.txt');
  for (const path of [join(data, 'hub.log'), outside]) writeFileSync(path, 'isi');
  for (const path of [join(data, 'hub.log'), outside]) chmodSync(path, 0o664);
  symlinkSync(outside, join(data, 'tautan'));
  privateFiles(data);
  expect([mode(join(data, 'hub.log')), mode(outside)]).toEqual(['600', '664']);
});
