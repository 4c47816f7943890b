import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { testProject } from '../test/project.js';
import { checkFiles, type FileReport } from './check-files.js';

const PROJECT = process.cwd();

/** All files below a folder of this project. */
function filesBelow(folder: string, ending: string): { path: string; text: string }[] {
  const names = readdirSync(join(PROJECT, folder), { recursive: true }).map(String).filter((name) => name.endsWith(ending));
  return names.sort().map((name) => ({ path: join(folder, name), text: readFileSync(join(PROJECT, folder, name), 'utf8') }));
}

/** Every secret that the files name, with a value of its shape. */
function secretsFor(files: readonly { text: string }[]): Record<string, string> {
  const names = new Set(files.flatMap(({ text }) => [...text.matchAll(/\$\{secret:(\w+)\}/g)].map((match) => match[1]!)));
  const value = (name: string): string => (name.endsWith('DATABASE_URL') ? 'postgres://hub:uji@127.0.0.1/uji' : name.endsWith('URL') ? 'http://127.0.0.1:9' : 'cmFoYXNpYS11amktcmFoYXNpYS11amk=');
  return Object.fromEntries([...names].map((name) => [`SASANDO_SECRET_${name}`, value(name)]));
}

describe('the files of this repository', () => {
  const instances = [...filesBelow('config/connectors', '.yaml'), ...filesBelow('config/examples', '.yaml')];
  const schemas = filesBelow('schemas', '.avsc');

  test('instances, contracts and all tests of their mappings are right', async () => {
    const report = await checkFiles({ files: [...instances, ...schemas], folder: PROJECT, env: secretsFor(instances), filesFolder: '/nonexistent', connect: false });
    expect(report.faults).toEqual([]);
    expect(report).toMatchObject({ instances: instances.length, contracts: schemas.length });
    expect(report.tests).toBeGreaterThan(instances.length);
  });

  test.each(instances.map(({ path, text }) => [path, text] as const))('%s has tests of its mapping', (_, text) => {
    expect(text).toMatch(/^ *tests:$/m);
  });
});

test('the guide shows a contract and an instance that are right', async () => {
  const guide = readFileSync(join(PROJECT, 'docs/instans.md'), 'utf8');
  const [schema, instance] = ['json', 'yaml'].map((kind) => new RegExp(`\`\`\`${kind}\\n(.*?)\`\`\``, 's').exec(guide)![1]!);
  const files = [{ path: 'schemas/infrastruktur/lampu_jalan.avsc', text: schema! }, { path: 'config/connectors/dishub/lampu-jalan.yaml', text: instance! }];
  expect(await checkFiles({ files, folder: PROJECT, env: {}, filesFolder: '/nonexistent', connect: false })).toEqual({ instances: 1, contracts: 1, tests: 2, faults: [] });
});

describe('a file with a fault is named with its line', () => {
  const project = testProject();
  const GOOD = `name: wifi-uji
owner: kominfo
connector: file
summary: Uji
every: 5s
settings:
  folder: uji
streams:
  - topic: infrastruktur.titik_wifi
    mapping:
      kode: KODE
      nama: NAMA
      penanggung_jawab: NIK
tests:
  - { input: { KODE: W1, NAMA: Taman }, output: { kode: W1, nama: Taman } }
`;
  const check = (text: string): Promise<FileReport> => checkFiles({ files: [{ path: 'uji.yaml', text }], folder: project.folder, env: {}, filesFolder: project.data, connect: false });
  const said = async (text: string): Promise<string[]> => (await check(text)).faults.map(({ file, line, path, message }) => `${file}:${line} ${path}: ${message}`);

  test('a good one passes with its test', async () => {
    expect(await check(GOOD)).toEqual({ instances: 1, contracts: 0, tests: 1, faults: [] });
  });

  test.each<[string, string, string, string[]]>([
    ['a bracket that is not closed', 'folder: uji', 'folder: [uji', ['uji.yaml:8 : bukan YAML yang benar: jorokan (spasi di awal baris) tidak cocok dengan baris di atasnya, atau kurung belum ditutup']],
    ['a tab', '  folder: uji', '\tfolder: uji', ['uji.yaml:7 : bukan YAML yang benar: awal baris memakai tab; pakai spasi']],
    ['a key twice', 'every: 5s', 'every: 5s\nevery: 6s', ['uji.yaml:6 : bukan YAML yang benar: nama yang sama ditulis dua kali']],
    ['brackets 10,000 deep', 'folder: uji', `folder: ${'['.repeat(10_000)}${']'.repeat(10_000)}`, ['uji.yaml:7 : bukan YAML yang benar: bersarang terlalu dalam']],
    ['two colons', 'summary: Uji', 'summary: Uji: dua', ['uji.yaml:4 : bukan YAML yang benar: ada dua titik dua pada satu baris; beri tanda kutip pada nilainya']],
    ['an unknown key', 'every: 5s', 'evry: 5s\nevery: 5s', ['uji.yaml:5 evry: tidak dikenal; periksa ejaannya atau hapus']],
    ['an unknown setting', 'folder: uji', 'folder: uji\n  foldr: uji', ['uji.yaml:8 settings.foldr: tidak dikenal; periksa ejaannya atau hapus']],
    ['an unknown connector', 'connector: file', 'connector: berkas', ['uji.yaml:3 connector: "berkas" tidak dikenal; yang ada: bank, bkd, bkn, dispenduk, file, postgres, rest, webhook']],
    ['a missing secret', 'folder: uji', 'folder: "${secret:TIDAK_ADA}"', ['uji.yaml:7 settings.folder: rahasia TIDAK_ADA belum ada; tulis ke berkas secrets/kominfo/TIDAK_ADA atau ke variabel SASANDO_SECRET_TIDAK_ADA']],
    ['an unknown topic', 'infrastruktur.titik_wifi', 'infrastruktur.titik_wfii', ['uji.yaml:9 streams.0.topic: topik infrastruktur.titik_wfii belum punya kontrak; tulis schemas/infrastruktur/titik_wfii.avsc']],
    ['a wrong date format', 'nama: NAMA', 'nama: { from: NAMA, as: date, formats: [YYYY-MM-DD] }', ['uji.yaml:12 mapping.nama.formats.0: format tanggal "YYYY-MM-DD" berisi "YYYY" yang tidak dikenal; gunakan yyyy MM MMM MMMM dd d HH mm ss SSS XXX, iso, excel, epoch atau epoch-ms']],
    ['a field __proto__', 'nama: NAMA', '__proto__: NAMA', [
      'uji.yaml:10 streams.0.mapping: kolom wajib "nama" dari kontrak infrastruktur.titik_wifi belum dipetakan',
      'uji.yaml:12 __proto__: nama ini tidak boleh dipakai',
      'uji.yaml:15 tests.0: tes tidak cocok: seharusnya diterima, tetapi ditolak: nama kosong, padahal wajib diisi',
    ]],
    ['a setting __proto__', 'folder: uji', '__proto__: { folder: uji }', ['uji.yaml:6 settings.folder: wajib diisi', 'uji.yaml:7 __proto__: nama ini tidak boleh dipakai']],
    ['a misspelt field', 'nama: NAMA', 'nma: NAMA', [
      'uji.yaml:10 streams.0.mapping: kolom wajib "nama" dari kontrak infrastruktur.titik_wifi belum dipetakan',
      'uji.yaml:12 streams.0.mapping.nma: tidak ada kolom "nma" dalam kontrak infrastruktur.titik_wifi; periksa ejaannya',
      'uji.yaml:15 tests.0: tes tidak cocok: seharusnya diterima, tetapi ditolak: nama kosong, padahal wajib diisi; nma kolom ini tidak ada dalam kontrak',
    ]],
    ['a test that does not hold', 'output: { kode: W1', 'output: { kode: W2', ['uji.yaml:15 tests.0: tes tidak cocok: kode: diharapkan "W2", menjadi "W1"']],
  ])('%s', async (_, from, to, faults) => {
    expect(GOOD).toContain(from);
    expect(await said(GOOD.replace(from, () => to))).toEqual(faults);
  });

  test('no fault hides another: all of a file are told at once', async () => {
    const text = GOOD.replace('summary: Uji\n', '')
      .replace('every: 5s', 'evry: 5s\n__proto__: { a: 1 }')
      .replace('folder: uji', 'foldr: uji\n  archive: "${secret:TIDAK_ADA}"\n  settle: cepat')
      .replace('nama: NAMA', 'nama: { from: NAMA, as: date, formats: [YYYY] }\n      nma: NAMA')
      .replace('tests:', 'tests:\n  - { input: {} }');
    expect((await said(text)).map((line) => line.slice(0, 75)).sort()).toEqual([
      'uji.yaml:1 summary: wajib diisi',
      'uji.yaml:14 mapping.nama.formats.0: format tanggal "YYYY" berisi "YYYY" yan',
      'uji.yaml:15 streams.0.mapping.nma: tidak ada kolom "nma" dalam kontrak infr',
      'uji.yaml:18 tests.0: harus menyebut salah satu dari output, faults atau fil',
      'uji.yaml:4 evry: tidak dikenal; periksa ejaannya atau hapus',
      'uji.yaml:5 __proto__: nama ini tidak boleh dipakai',
      'uji.yaml:6 settings.folder: wajib diisi',
      'uji.yaml:7 settings.foldr: tidak dikenal; periksa ejaannya atau hapus',
      'uji.yaml:8 settings.archive: rahasia TIDAK_ADA belum ada; tulis ke berkas s',
      'uji.yaml:9 settings.settle: harus angka',
    ]);
    // An unknown kind and topic hide what can be checked without them as little.
    const strange = GOOD.replace('connector: file', 'connector: berkas').replace('owner: kominfo', 'owner: Kominfo!').replace('every: 5s', 'every: 5s\nevery: 5 detik').replace('titik_wifi', 'titik_wfii').replace('nama: NAMA', 'nama: { from: NAMA, sebagai: date }');
    expect((await said(strange)).map((line) => line.slice(0, 60))).toEqual([
      'uji.yaml:2 owner: hanya huruf kecil, angka dan tanda hubung',
      'uji.yaml:3 connector: "berkas" tidak dikenal; yang ada: bank',
      'uji.yaml:5 every: jangka "5 detik" tidak dikenal; contoh yan',
      'uji.yaml:6 : bukan YAML yang benar: nama yang sama ditulis d',
      'uji.yaml:10 streams.0.topic: topik infrastruktur.titik_wfii ',
      'uji.yaml:13 mapping.nama.sebagai: tidak dikenal; periksa eja',
    ]);
  });

  test('a contract that is there but wrong is not called missing; settings are told in plain words', async () => {
    const text = GOOD.replace('connector: file', 'connector: rest').replace('summary: Uji', 'summary: ""').replace('  folder: uji', '  baseUrl: http://127.0.0.1:9\n  auth: { kind: basic }\n  timeout: 0\n  read: { path: /, paging: { kind: halaman } }');
    expect((await said(text)).slice(0, 4)).toEqual([
      'uji.yaml:4 summary: tidak boleh kosong',
      'uji.yaml:8 settings.auth: harus daftar (setiap butir diawali "-")',
      'uji.yaml:9 settings.timeout: paling sedikit 1',
      'uji.yaml:10 settings.read.paging.kind: harus salah satu dari: none, page, offset, cursor, link',
    ]);
    const broken = testProject();
    broken.write('schemas/infrastruktur/titik_wifi.avsc', '{}');
    const { faults } = await checkFiles({ files: [{ path: 'uji.yaml', text: GOOD }], folder: broken.folder, env: {}, filesFolder: broken.data, connect: false });
    expect(faults[0]).toMatchObject({ line: 9, path: 'streams.0.topic', message: expect.stringMatching(/^kontrak infrastruktur\.titik_wifi belum benar; lihat sebabnya dengan "sasando validate .*titik_wifi\.avsc"$/) });
  });

  test('two instances of one name', async () => {
    const report = await checkFiles({ files: [{ path: 'a.yaml', text: GOOD }, { path: 'b.yaml', text: GOOD }], folder: project.folder, env: {}, filesFolder: project.data, connect: false });
    expect(report.faults).toEqual([{ path: 'name', file: 'b.yaml', line: 1, message: '"wifi-uji" sudah dipakai di a.yaml; setiap instans perlu nama sendiri' }]);
  });

  test('a contract that is no JSON, one whose key is no field of it, and one with many faults', async () => {
    const schema = readFileSync(join(project.folder, 'schemas/infrastruktur/titik_wifi.avsc'), 'utf8');
    const checked = async (text: string) => (await checkFiles({ files: [{ path: 'schemas/infrastruktur/titik_wifi.avsc', text }], folder: project.folder, env: {}, filesFolder: project.data, connect: false })).faults;
    expect(await checked(schema)).toEqual([]);
    const several = schema.replace('"hub":{', '"hub":{\n"pemilik":"x","__proto__":{},').replace('"classification":"open"', '"classification":"publik"').replace('"key":"kode"', '"key":"kod"')
      .replace('"type":"string","doc":"Nama tempat"', '\n"type":"strng","hub":{"mask":"semua"}').replace('"namespace":"id.go.kupangkota.infrastruktur"', '"namespace":"id.go.lain"');
    expect((await checked(several)).map(({ line, path, message }) => `${line} ${path}: ${message}`.slice(0, 70))).toEqual([
      '1 namespace: harus id.go.kupangkota.infrastruktur',
      '2 hub.__proto__: nama ini tidak boleh dipakai',
      '2 hub.classification: harus salah satu dari: open, restricted, closed',
      '2 hub.pemilik: tidak dikenal; periksa ejaannya atau hapus',
      '2 nama: keterangan (doc) wajib diisi',
      '2 hub.key: kolom "kod" tidak ada',
      '3 nama: tipe "strng" tidak dikenal; periksa ejaannya atau tulis defini',
      '3 nama.hub.mask: harus salah satu dari: last4, initials, year, region,',
    ]);
    for (const text of [schema.slice(0, -1), schema.replace('"key":"kode"', '"key":"kod"')]) {
      const faults = await checked(text);
      expect(faults.map((fault) => [fault.file, fault.line])).toEqual([['schemas/infrastruktur/titik_wifi.avsc', 1]]);
    }
  });
});
