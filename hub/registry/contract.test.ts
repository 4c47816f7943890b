import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { SettingsError } from '../errors.js';
import { lintContract, parseContract, policyOf, readContracts } from './contract.js';

const HUB = { topic: 'kependudukan.penduduk', key: 'nik', owner: 'dispenduk', steward: 'kominfo', classification: 'restricted' };
const NIK = { name: 'nik', type: 'string', doc: 'Nomor Induk Kependudukan', hub: { format: 'nik', personal: 'general', mask: 'last4' } };

function schema(change: object = {}): string {
  return JSON.stringify({ type: 'record', name: 'Penduduk', namespace: 'id.go.kupangkota.kependudukan', doc: 'Penduduk Kota Kupang.', hub: HUB, fields: [NIK], ...change });
}
/** Faults as "path: message". */
function faults(text: string): string[] {
  return lintContract(text, 'schemas/kependudukan/penduduk.avsc').map((fault) => `${fault.path}: ${fault.message}`);
}

describe('a contract', () => {
  test('gives its policy with what is left out filled in', () => {
    const contract = parseContract(schema());
    expect(contract).toMatchObject({
      topic: 'kependudukan.penduduk', subject: 'kependudukan.penduduk-value', domain: 'kependudukan', name: 'id.go.kupangkota.kependudukan.Penduduk', key: ['nik'],
      owner: 'dispenduk', onward: 'none', partitions: 3, cleanup: 'compact', doc: 'Penduduk Kota Kupang.',
    });
    expect(contract.type.fields.map((field) => [field.name, policyOf(field)])).toEqual([['nik', { format: 'nik', personal: 'general', mask: 'last4' }]]);
    expect(faults(schema())).toEqual([]);
  });

  test('may have a key of several fields', () => {
    const text = schema({ hub: { ...HUB, key: ['nik', 'periode'] }, fields: [NIK, { name: 'periode', type: 'string', doc: 'Bulan' }] });
    expect(parseContract(text).key).toEqual(['nik', 'periode']);
  });

  test.each<[string, string, string[]]>([
    ['no hub attributes', schema({ hub: undefined }), ['hub.topic: wajib diisi', 'hub.key: wajib diisi', 'hub.owner: wajib diisi', 'hub.steward: wajib diisi', 'hub.classification: wajib diisi']],
    ['a misspelt attribute', schema({ hub: { ...HUB, ownr: 'x' } }), ['hub.ownr: tidak dikenal; periksa ejaannya atau hapus']],
    ['a malformed topic', schema({ hub: { ...HUB, topic: 'Penduduk' } }), ['hub.topic: tulis sebagai <domain>.<nama> dengan huruf kecil, angka dan "_"']],
    ['no doc', schema({ doc: undefined }), ['doc: wajib diisi: satu kalimat tentang isi topik']],
    ['a field without doc', schema({ fields: [NIK, { name: 'nama', type: 'string' }] }), ['nama: keterangan (doc) wajib diisi']],
    ['a key that is no field', schema({ hub: { ...HUB, key: ['nik', 'nip'] } }), ['hub.key: kolom "nip" tidak ada']],
    ['an optional key', schema({ fields: [{ ...NIK, type: ['null', 'string'], default: null }] }), ['hub.key: kolom kunci "nik" tidak boleh kosong (null)']],
    ['an optional field without default', schema({ fields: [NIK, { name: 'rt', type: ['null', 'string'], doc: 'RT' }] }), ['rt: kolom yang boleh kosong ditulis ["null", tipe] dengan "default": null']],
    ['a union of two types', schema({ fields: [NIK, { name: 'rt', type: ['string', 'int'], doc: 'RT' }] }), ['rt: union selain ["null", tipe] tidak didukung; pisahkan menjadi beberapa kolom']],
    ['a format on the wrong type', schema({ fields: [NIK, { name: 'lahir', type: 'string', doc: 'Lahir', hub: { format: 'tanggal_lahir' } }] }), ['lahir: format tanggal_lahir hanya untuk kolom tanggal (date)']],
    ['a logical type on the wrong carrier', schema({ fields: [NIK, { name: 'lahir', type: { type: 'string', logicalType: 'date' }, doc: 'Lahir' }] }), ['lahir: logicalType "date" tidak cocok dengan tipe string']],
    ['a decimal without precision', schema({ fields: [NIK, { name: 'gaji', type: { type: 'bytes', logicalType: 'decimal' }, doc: 'Gaji' }] }), ['gaji: decimal memerlukan precision di atas nol dan scale antara nol dan precision']],
    ['a name of JavaScript', schema({ fields: [NIK, { name: '__proto__', type: 'string', doc: 'x' }, { name: 'constructor', type: 'string', doc: 'x' }] }), [
      '__proto__: nama kolom "__proto__" tidak boleh dipakai; pilih nama lain', 'constructor: nama kolom "constructor" tidak boleh dipakai; pilih nama lain',
    ]],
    ['a field twice and an unknown type', schema({ fields: [NIK, NIK, { name: 'rt', type: 'text', doc: 'RT' }] }), ['nik: kolom ditulis dua kali', 'rt: tipe "text" tidak dikenal; periksa ejaannya atau tulis definisinya lebih dulu']],
    ['a default of another type', schema({ fields: [NIK, { name: 'rt', type: 'string', doc: 'RT', default: 1 }] }), ['rt: nilai default tidak sesuai tipe kolom (pada union: tipe pertama)']],
    ['another place than its topic', schema({ hub: { ...HUB, topic: 'kependudukan.peristiwa' } }), ['hub.topic: topik kependudukan.peristiwa harus berada di berkas kependudukan/peristiwa.avsc']],
    ['another namespace than its domain', schema({ namespace: 'id.go' }), ['namespace: harus id.go.kupangkota.kependudukan']],
    ['no record', '"string"', ['type: kontrak harus berupa record']],
    ['everything at once', schema({ doc: '', hub: { ...HUB, owner: undefined, key: 'nik' }, fields: [{ ...NIK, doc: '' }, { name: 'a', type: 'string', hub: { format: 'nik', mask: 'last5', colour: 1 } }] }), [
      'hub.owner: wajib diisi', 'doc: wajib diisi: satu kalimat tentang isi topik', 'nik: keterangan (doc) wajib diisi', 'a: keterangan (doc) wajib diisi',
      'a.hub.mask: harus salah satu dari: last4, initials, year, region, hash, drop', 'a.hub.colour: tidak dikenal; periksa ejaannya atau hapus',
    ]],
  ])('%s is a fault', (_name, text, expected) => {
    expect(faults(text)).toEqual(expected);
  });

  test('says the line, also in records inside and in broken JSON', () => {
    const text = ['{ "type": "record", "name": "A", "namespace": "id.go.kupangkota.kependudukan", "doc": "x",', `  "hub": ${JSON.stringify({ ...HUB, retention: '10 tahun' })},`,
      '  "fields": [', `    ${JSON.stringify(NIK)},`, '    { "name": "alamat", "doc": "x", "type": { "type": "record", "name": "Alamat", "fields": [', '      { "name": "rt", "type": "string" } ] } } ] }'].join('\n');
    expect(lintContract(text, 'a/penduduk.avsc').map(({ path, line, file }) => [path, line, file])).toEqual([['hub.retention', 2, 'a/penduduk.avsc'], ['alamat.rt', 6, 'a/penduduk.avsc']]);
    expect(() => parseContract('{\n"type": "record",\n"name" }', 'a.avsc')).toThrow(/^a\.avsc:3: bukan JSON yang benar/);
  });

  test('names a code list that does not exist', () => {
    const text = schema({ fields: [NIK, { name: 'agama', type: 'string', doc: 'Agama', hub: { codes: 'agama' } }] });
    expect(lintContract(text, 'penduduk.avsc', new Map([['agama', []]]))).toEqual([]);
    expect(lintContract(text, 'penduduk.avsc', new Map()).map((fault) => fault.message)).toEqual(['daftar kode config/reference/agama.csv tidak ada']);
  });
});

test('a folder of contracts is read in order of topic, or refused with the faults of all files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kontrak-'));
  await mkdir(join(folder, 'kependudukan'));
  const put = (name: string, text: string): Promise<void> => writeFile(join(folder, 'kependudukan', name), text);
  await put('penduduk.avsc', schema());
  await put('keluarga.avsc', schema({ name: 'Keluarga', hub: { ...HUB, topic: 'kependudukan.keluarga' } }));
  expect((await readContracts(folder)).map((contract) => contract.topic)).toEqual(['kependudukan.keluarga', 'kependudukan.penduduk']);

  await put('a.avsc', schema({ doc: undefined }));
  await put('b.avsc', '{');
  await put('z.avsc', schema());
  const error = await readContracts(folder).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SettingsError);
  expect((error as SettingsError).faults.map(({ file, path }) => [file?.split('/').at(-1), path])).toEqual([['a.avsc', 'doc'], ['b.avsc', ''], ['z.avsc', 'hub.topic']]);
});
