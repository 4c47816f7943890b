/** The contracts in schemas/ and the code lists in config/reference: complete, and a record of each can be written and read. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import avro from 'avsc';
import { parse } from 'csv-parse/sync';

const files = readdirSync('schemas', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.avsc')).sort();
const lists = readdirSync('config/reference').filter((name) => name.endsWith('.csv')).sort();
const schemaOf = (file: string): any => JSON.parse(readFileSync(join('schemas', file), 'utf8'));
const rowsOf = (list: string): Record<string, string>[] => parse(readFileSync(join('config/reference', list), 'utf8'), { columns: true });

test('every topic of the design has its contract', () => {
  expect(files.map((file) => `${dirname(file)}.${basename(file, '.avsc')}`)).toEqual(expect.arrayContaining([
    'infrastruktur.titik_wifi',
    'kepegawaian.asn', 'kepegawaian.hasil_usulan', 'kepegawaian.pegawai_simpeg', 'kepegawaian.riwayat_golongan', 'kepegawaian.riwayat_jabatan', 'kepegawaian.usulan',
    'kependudukan.penduduk', 'kependudukan.peristiwa',
    'kesehatan.panggilan',
    'keuangan.gaji', 'keuangan.perintah_bayar', 'keuangan.sp2d', 'keuangan.status_bayar', 'keuangan.temuan_gaji',
    'layanan.dokumen', 'layanan.permohonan', 'layanan.status', 'layanan.tanda_terima',
    'literasi.kegiatan_pojok',
    'mutu.kasus', 'mutu.rapor',
    'perizinan.izin',
    'tte.hasil', 'tte.permintaan',
  ]));
});

describe.each(files)('%s', (file) => {
  const schema = schemaOf(file);

  test('says whose data it is, what the key is, and how it is protected', () => {
    expect(schema.hub).toMatchObject({
      topic: `${dirname(file)}.${basename(file, '.avsc')}`,
      owner: expect.stringMatching(/^[a-z]+$/),
      steward: 'kominfo',
      classification: expect.stringMatching(/^(open|restricted|closed)$/),
      retention: expect.stringMatching(/^P\d+Y$/),
      legalBasis: expect.any(String),
    });
    expect(schema.namespace).toBe(`id.go.kupangkota.${dirname(file)}`);
    const fields = new Map<string, any>(schema.fields.map((field: any) => [field.name, field]));
    for (const name of [schema.hub.key].flat()) expect([name, Array.isArray(fields.get(name)?.type)]).toEqual([name, false]);
  });

  test('every field is explained, and personal data is never in an open topic beyond a public role', () => {
    expect(schema.doc).toMatch(/\S/);
    for (const field of schema.fields) expect([field.name, field.doc]).toEqual([field.name, expect.stringMatching(/^\S.{5,}$/)]);
    if (schema.hub.classification === 'open') expect(schema.fields.filter((field: any) => field.hub?.personal === 'specific' || ['nik', 'nip', 'no_kk'].includes(field.hub?.format))).toEqual([]);
  });

  test('identities of people carry class and mask', () => {
    const identities = schema.fields.filter((field: any) => ['nik', 'nip', 'nip_lama', 'no_kk', 'npwp'].includes(field.hub?.format));
    for (const field of identities) expect([field.name, field.hub]).toEqual([field.name, expect.objectContaining({ personal: expect.stringMatching(/^(general|specific)$/), mask: 'last4' })]);
  });

  test('its code lists exist', () => {
    const wanted: string[] = schema.fields.flatMap((field: any) => field.hub?.codes ?? []);
    expect(wanted.filter((list) => !lists.includes(`${list}.csv`))).toEqual([]);
  });

  test('money is decimal, and defaults and branches are valid Avro', () => {
    const type = avro.Type.forSchema(schema);
    const empty = Object.fromEntries(schema.fields.filter((field: any) => field.default === undefined).map((field: any) => [field.name, sample(field.type)]));
    const record = type.fromBuffer(type.toBuffer({ ...Object.fromEntries(schema.fields.filter((field: any) => field.default !== undefined).map((field: any) => [field.name, field.default])), ...empty }));
    for (const field of schema.fields) if (Array.isArray(field.type)) expect([field.name, record[field.name]]).toEqual([field.name, null]);
    for (const field of schema.fields.filter((each: any) => /^(gaji_pokok|tj_|tk_|pot_|kotor|potongan|bersih|jumlah$|total|nilai)/.test(each.name))) {
      expect([field.name, JSON.stringify(field.type)]).toEqual([field.name, expect.stringContaining('"logicalType":"decimal","precision":18,"scale":2')]);
    }
  });
});

/** Some value of a type that must be there. */
function sample(type: any): unknown {
  if (type === 'string') return 'x';
  if (type === 'boolean') return true;
  if (typeof type === 'string') return 1;
  if (type.type === 'enum') return type.symbols[0];
  if (type.type === 'array') return [];
  return type.type === 'bytes' ? Buffer.from([1]) : 1;
}

describe('code lists', () => {
  test.each(lists.filter((list) => list !== 'wilayah.csv'))('%s: every code once, every code named', (list) => {
    const rows = rowsOf(list);
    expect(Object.keys(rows[0]!)).toEqual(['kode', 'nama']);
    expect(rows.filter((row) => !row.kode || !row.nama)).toEqual([]);
    expect(new Set(rows.map((row) => row.kode)).size).toBe(rows.length);
  });

  test('the enum of life events has a name for each', () => {
    const kinds = schemaOf('kependudukan/peristiwa.avsc').fields.find((field: any) => field.name === 'jenis').type.symbols;
    expect(rowsOf('peristiwa.csv').map((row) => row.kode)).toEqual(kinds);
  });

  test('SIAK and SIASN count marital status differently', () => {
    const [siak, siasn] = ['status_kawin_siak.csv', 'kawin_siasn.csv'].map((list) => new Map(rowsOf(list).map((row) => [row.kode, row.nama])));
    expect([siak!.get('1'), siasn!.get('1')]).toEqual(['Belum Kawin', 'Menikah']);
  });

  test('the city has 6 kecamatan and 51 kelurahan, each below its parent', () => {
    const rows = rowsOf('wilayah.csv');
    expect(['kota', 'kecamatan', 'kelurahan'].map((level) => rows.filter((row) => row.level === level).length)).toEqual([1, 6, 51]);
    expect(rows.filter((row) => row.kode !== '53.71' && row.kode!.slice(0, row.kode_induk!.length) !== row.kode_induk)).toEqual([]);
  });
});
