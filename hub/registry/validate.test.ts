import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SettingsError } from '../errors.js';
import type { JsonObject } from '../record.js';
import { decoder, encode } from './codec.js';
import { parseContract, type Contract } from './contract.js';
import { describeContract } from './describe.js';
import { compileValidator, type References } from './validate.js';

const REFERENCES: References = new Map([
  ['agama', [{ kode: '1', nama: 'Islam' }, { kode: '2', nama: 'Kristen' }]],
  ['wilayah', [{ kode: '53.71.01', nama: 'Alak' }, { kode: '53.71.01.1001', nama: 'Namosain' }]],
]);
const DECIMAL = { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 };
const maybe = (type: unknown): unknown[] => ['null', type];

function contractOf(fields: Record<string, unknown>[]): Contract {
  return parseContract(JSON.stringify({
    type: 'record', name: 'Uji', namespace: 'id.go.kupangkota.uji', doc: 'Uji.', hub: { topic: 'uji.uji', key: 'id', owner: 'kominfo', steward: 'kominfo', classification: 'open' },
    fields: [{ name: 'id', type: 'string', doc: 'Kunci' }, ...fields].map((field) => ({ doc: 'x', ...(Array.isArray((field as { type: unknown }).type) ? { default: null } : {}), ...field })),
  }));
}
const contract = contractOf([
  { name: 'nik', type: maybe('string'), hub: { format: 'nik', personal: 'general' } },
  { name: 'tanggal_lahir', type: maybe({ type: 'int', logicalType: 'date' }), hub: { format: 'tanggal_lahir' } },
  { name: 'agama', type: maybe('string'), hub: { codes: 'agama' } },
  { name: 'golongan', type: maybe({ type: 'enum', name: 'Golongan', symbols: ['A', 'B'] }) },
  { name: 'gaji', type: maybe(DECIMAL) },
  { name: 'urut', type: maybe('int') },
  { name: 'besar', type: maybe('long') },
  { name: 'luas', type: maybe('double') },
  { name: 'aktif', type: maybe('boolean') },
  { name: 'pada', type: maybe({ type: 'long', logicalType: 'timestamp-millis' }) },
  { name: 'sidik', type: maybe({ type: 'fixed', name: 'Sidik', size: 4 }) },
  { name: 'alamat', type: maybe({ type: 'record', name: 'Alamat', fields: [{ name: 'rt', type: 'string', doc: 'RT' }, { name: 'kode_kelurahan', type: maybe('string'), default: null, doc: 'Kelurahan', hub: { format: 'kode_wilayah' } }] }) },
  { name: 'anggota', type: { type: 'array', items: { type: 'record', name: 'Anggota', fields: [{ name: 'nik', type: 'string', doc: 'NIK', hub: { format: 'nik' } }, { name: 'anak', type: { type: 'array', items: 'Anggota' }, default: [], doc: 'Anak' }] } }, default: [] },
  { name: 'telepon', type: { type: 'array', items: 'string' }, default: [], hub: { format: 'telepon', severity: 'warn' } },
  { name: 'label', type: { type: 'map', values: 'string' }, default: {} },
]);
const validate = compileValidator(contract, REFERENCES, () => new Date('2026-11-24T00:00:00Z'));

/** "path rule: message", with "?" in front of a warning. */
function faults(value: unknown): string[] {
  return validate(value).map((fault) => `${fault.severity === 'warn' ? '? ' : ''}${fault.path} ${fault.rule}: ${fault.message}`);
}

test('a right record has no faults, and the empty list is always the same', () => {
  const full = {
    id: 'a', nik: '5371011407900001', tanggal_lahir: '1990-07-14', agama: '2', golongan: 'B', gaji: '-1234567.89', urut: -5, besar: '9007199254740993', luas: 1.5, aktif: false, pada: '2026-11-24T01:02:03.000Z',
    sidik: 'AAECAw==', alamat: { rt: '001', kode_kelurahan: '53.71.01.1001' }, anggota: [{ nik: '5371011407900002', anak: [{ nik: '5371011407900003' }] }], telepon: ['081234567890'], label: { a: 'b' },
  };
  expect(validate(full)).toEqual([]);
  expect(validate({ id: 'a' })).toBe(validate(full));
  expect(validate({ id: 'a', nik: undefined, agama: null })).toEqual([]);
});

describe('one fault', () => {
  test.each<[string, object, string]>([
    ['missing', { id: undefined }, 'id required: kosong, padahal wajib diisi'],
    ['null', { id: null }, 'id required: kosong, padahal wajib diisi'],
    ['empty text', { id: '' }, 'id required: kosong, padahal wajib diisi'],
    ['number for text', { id: 5 }, 'id type: seharusnya teks, bukan angka'],
    ['format', { nik: '537101140790001' }, 'nik format.nik: 15 angka, seharusnya 16'],
    ['format of an empty optional text', { nik: '' }, 'nik format.nik: 0 angka, seharusnya 16'],
    ['a number as NIK', { nik: 5371011407900001 }, 'nik type: seharusnya teks, bukan angka'],
    ['no date', { tanggal_lahir: '2023-02-29' }, 'tanggal_lahir type: bukan tanggal yang ada'],
    ['a placeholder date', { tanggal_lahir: '0001-01-01' }, 'tanggal_lahir date: tahun tidak masuk akal (di luar 1900 sampai 2100)'],
    ['a future birth', { tanggal_lahir: '2026-11-25' }, 'tanggal_lahir format.tanggal_lahir: tanggal di masa depan'],
    ['code', { agama: '9' }, 'agama code: tidak ada pada daftar kode agama'],
    ['label for code', { agama: 'Islam' }, 'agama code: tidak ada pada daftar kode agama'],
    ['enum', { golongan: 'C' }, 'golongan enum: bukan salah satu pilihan'],
    ['money as a number', { gaji: 4200000 }, 'gaji type: seharusnya teks angka desimal, bukan angka'],
    ['decimals', { gaji: '1.234' }, 'gaji decimal: 3 angka di belakang koma, paling banyak 2'],
    ['precision', { gaji: '12345678.00' }, 'gaji decimal: 8 angka di depan koma, paling banyak 7'],
    ['thousands separators', { gaji: '4.200.000,00' }, 'gaji type: bukan angka desimal'],
    ['int range', { urut: 2147483648 }, 'urut type: bukan bilangan bulat dalam jangkauan (-2147483648 sampai 2147483647)'],
    ['int fraction', { urut: 1.5 }, 'urut type: bukan bilangan bulat dalam jangkauan (-2147483648 sampai 2147483647)'],
    ['int as text', { urut: '5' }, 'urut type: seharusnya bilangan bulat, bukan teks'],
    ['long beyond 64 bits', { besar: '9223372036854775808' }, 'besar type: seharusnya bilangan bulat, bukan teks'],
    ['an unsafe number', { besar: 2 ** 53 }, 'besar type: bukan bilangan bulat dalam jangkauan (64 bit; di atas 2^53 sebagai teks)'],
    ['NaN', { luas: NaN }, 'luas type: seharusnya bilangan, bukan angka'],
    ['boolean', { aktif: 'ya' }, 'aktif type: seharusnya ya/tidak (true/false), bukan teks'],
    ['moment', { pada: '2026-11-24' }, 'pada type: bukan waktu'],
    ['fixed', { sidik: 'AAEC' }, 'sidik type: panjangnya bukan 4 byte'],
    ['a list for a record', { alamat: [] }, 'alamat type: seharusnya sebuah objek, bukan daftar'],
    ['nested', { alamat: { rt: null } }, 'alamat.rt required: kosong, padahal wajib diisi'],
    ['nested unknown field', { alamat: { rt: '1', rw: '2' } }, 'alamat.rw unknown: kolom ini tidak ada dalam kontrak'],
    ['in a list', { anggota: [{ nik: '5371011407900001' }, { nik: '1' }] }, 'anggota[1].nik format.nik: 1 angka, seharusnya 16'],
    ['in a list in a list', { anggota: [{ nik: '5371011407900001', anak: [{ nik: '1' }] }] }, 'anggota[0].anak[0].nik format.nik: 1 angka, seharusnya 16'],
    ['a warning by the contract', { telepon: ['x'] }, '? telepon[0] format.telepon: nomor telepon harus mulai dengan 0 atau +62'],
    ['in a map', { label: { warna: 1 } }, 'label.warna type: seharusnya teks, bukan angka'],
    ['unknown', { nama: 'x' }, 'nama unknown: kolom ini tidak ada dalam kontrak'],
  ])('%s', (_name, change, expected) => expect(faults({ id: 'a', ...change })).toEqual([expected]));

  test.each<[unknown, string]>([[null, ' type: seharusnya sebuah objek, bukan kosong'], ['x', ' type: seharusnya sebuah objek, bukan teks'], [[], ' type: seharusnya sebuah objek, bukan daftar']])('%j instead of a record', (value, expected) => {
    expect(faults(value)).toEqual([expected]);
  });

  test('a field named __proto__ in the data is unknown, not lost', () => {
    expect(faults(JSON.parse('{"id":"a","__proto__":{"x":1}}'))).toEqual(['__proto__ unknown: kolom ini tidak ada dalam kontrak']);
  });
});

test('all faults of a record come at once, in order, each with what to do', () => {
  const value = { nik: '123', tanggal_lahir: 'kemarin', agama: 7, alamat: { rt: '' }, lain: 1 };
  expect(faults(value)).toEqual([
    'id required: kosong, padahal wajib diisi',
    'nik format.nik: 3 angka, seharusnya 16',
    'tanggal_lahir type: bukan tanggal yang ada',
    'agama type: seharusnya teks, bukan angka',
    'alamat.rt required: kosong, padahal wajib diisi',
    'lain unknown: kolom ini tidak ada dalam kontrak',
  ]);
  expect(validate({ id: 'a', nik: '123' })).toEqual([{ path: 'nik', rule: 'format.nik', message: '3 angka, seharusnya 16', repair: 'Periksa NIK pada KTP-el atau KK', severity: 'reject' }]);
});

test('a NIK that disagrees with the birth date is only a warning', () => {
  expect(faults({ id: 'a', nik: '5371011407900001', tanggal_lahir: '1990-07-15' })).toEqual(['? nik format.nik.tanggal_lahir: tanggal lahir di NIK berbeda dari kolom tanggal_lahir']);
});

test('a list that the contract needs and nobody has is named at once', () => {
  const error = ((): unknown => {
    try {
      return compileValidator(contract, new Map());
    } catch (thrown) {
      return thrown;
    }
  })();
  expect(error).toBeInstanceOf(SettingsError);
  expect((error as SettingsError).faults.map((fault) => fault.path)).toEqual(['agama', 'alamat.kode_kelurahan']);
});

test('the day changes in Kupang at 16:00 UTC, while the validator is in use', () => {
  let time = '2026-11-23T15:59:59Z';
  const moving = compileValidator(contract, REFERENCES, () => new Date(time));
  expect(moving({ id: 'a', tanggal_lahir: '2026-11-24' })).toHaveLength(1);
  time = '2026-11-23T16:00:00Z';
  expect(moving({ id: 'a', tanggal_lahir: '2026-11-24' })).toHaveLength(0);
});

test('a contract describes its fields for a template', () => {
  const fields = describeContract(contract, REFERENCES);
  expect(fields.slice(0, 6)).toEqual([
    { name: 'id', doc: 'Kunci', required: true, key: true, type: 'teks', text: true },
    { name: 'nik', doc: 'x', required: false, key: false, type: 'teks', text: true, format: 'nik', hint: '16 angka', personal: 'general' },
    { name: 'tanggal_lahir', doc: 'x', required: false, key: false, type: 'tanggal (2026-11-24)', text: false, format: 'tanggal_lahir', hint: 'tanggal, misalnya 1990-01-31' },
    { name: 'agama', doc: 'x', required: false, key: false, type: 'teks', text: true, choices: [{ kode: '1', nama: 'Islam' }, { kode: '2', nama: 'Kristen' }] },
    { name: 'golongan', doc: 'x', required: false, key: false, type: 'pilihan', text: true, choices: [{ kode: 'A', nama: 'A' }, { kode: 'B', nama: 'B' }] },
    { name: 'gaji', doc: 'x', required: false, key: false, type: 'desimal, 2 angka di belakang koma', text: true },
  ]);
  const anggota = fields.find((field) => field.name === 'anggota');
  expect(anggota).toMatchObject({ type: 'daftar objek', required: false, fields: [{ name: 'nik' }, { name: 'anak', type: 'daftar objek' }] });
  expect(anggota!.fields![1]!.fields).toBeUndefined();
});

test('whatever passes can be encoded and comes back the same', async () => {
  const reading = decoder(() => contract.text);
  await reading.prepare([encode(contract, 1, { id: 'a' })]);
  const piece = fc.constantFrom<unknown>('5371011407900001', '1990-07-14', '2026-11-24T01:02:03.004Z', '1', 'A', '0.10', '-0.00', '-7.25', '0001234567.80', 'AAECAw==', '9007199254740993', '-5', '', 'é\u0000🏝', -1, 0, 1.5, 2 ** 31, 2 ** 53, NaN, true, null, undefined);
  const value = fc.oneof(piece, fc.array(piece, { maxLength: 2 }), fc.record({ rt: piece, nik: piece, anak: fc.constant([]) }, { requiredKeys: [] }), fc.array(fc.record({ nik: piece }), { maxLength: 2 }));
  const names = contract.type.fields.map((field) => field.name);
  let passed = 0;
  fc.assert(fc.property(fc.constantFrom(...names), value, (name, random) => {
    const record = { id: 'a', [name]: random } as JsonObject;
    if (validate(record).some((fault) => fault.severity === 'reject')) return;
    passed++;
    const decoded = JSON.parse(JSON.stringify(reading.decode(encode(contract, 1, record)))) as JsonObject;
    expect(encode(contract, 1, decoded).equals(encode(contract, 1, record))).toBe(true);
    expect(validate(decoded).filter((fault) => fault.severity === 'reject')).toEqual([]);
  }), { numRuns: 3000 });
  // Most random values are refused; this many at least were not.
  expect(passed).toBeGreaterThan(50);
});
