import { afterEach, describe, expect, test } from '@jest/globals';
import { SettingsError } from '../errors.js';
import type { Fault, JsonObject, SourceRecord } from '../record.js';
import type { Code } from './codes.js';
import { compilePipeline, type Outcome, type Pipeline, type PipelineContract, type PipelineOptions } from './pipeline.js';

const references = new Map<string, Code[]>([['kelamin', [{ kode: 'L', nama: 'Laki-laki' }, { kode: 'P', nama: 'Perempuan' }]]]);
const now = () => new Date('2026-11-24T01:00:00Z');
const contract: PipelineContract = {
  keyFields: ['nik'],
  key: (value) => (typeof value.nik === 'string' ? value.nik : undefined),
  validate: (value) => {
    const faults: Fault[] = [];
    if (typeof value.nik === 'string' && value.nik.length !== 16) faults.push({ path: 'nik', rule: 'format.nik', message: `${value.nik.length} angka, seharusnya 16`, severity: 'reject' });
    if (value.tanggal_lahir === null) faults.push({ path: 'tanggal_lahir', rule: 'required', message: 'wajib diisi', severity: 'reject' });
    if (value.nama === 'X') faults.push({ path: 'nama', rule: 'short', message: 'sangat pendek', severity: 'warn' });
    return faults;
  },
};
const NIK = '5371010101010001';

const opened: Pipeline[] = [];
function compile(spec: object, options: PipelineOptions = {}): Pipeline {
  const pipeline = compilePipeline(spec, { references, now, ...options });
  opened.push(pipeline);
  return pipeline;
}
afterEach(async () => {
  await Promise.all(opened.splice(0).map((pipeline) => pipeline.close()));
});

/** The mapped value of one record without a contract. */
async function map(mapping: object, value: JsonObject): Promise<JsonObject | Outcome> {
  const [outcome] = await compile({ mapping }).run([{ value }]);
  return outcome!.kind === 'record' ? outcome!.value! : outcome!;
}

describe('one field', () => {
  const cases: [mapping: object | string, source: JsonObject, output: unknown][] = [
    ['NIK', { NIK }, NIK],
    ['NIK', {}, null],
    ['NIK', { NIK: '  ' }, null],
    ['toString', {}, null],
    ['alamat.rt[1].no', { alamat: { rt: [{ no: 'a' }, { no: 'b' }] } }, 'b'],
    ['alamat.rt[7].no', { alamat: { rt: [] } }, null],
    ['Tgl. Lahir', { 'Tgl. Lahir': '1' }, '1'],
    ['a.b', { 'a.b': 'kolom', a: { b: 'jalan' } }, 'kolom'],
    [{ constant: 'SIAK' }, {}, 'SIAK'],
    [{ constant: null }, {}, null],
    [{ from: ['HP', 'TELP'] }, { HP: '', TELP: '0380' }, '0380'],
    [{ from: ['HP', 'TELP'], empty: ['-'] }, { HP: ' - ', TELP: '0380' }, '0380'],
    [{ from: ['DEPAN', 'NAMA', 'BELAKANG'], join: ' ' }, { DEPAN: 'dr.', NAMA: 'Ana', BELAKANG: null }, 'dr. Ana'],
    [{ from: 'T', split: { by: ',', take: 0 }, trim: true }, { T: 'Kupang , 1990' }, 'Kupang'],
    [{ from: 'T', split: { by: ',', take: -1 }, trim: true }, { T: 'Kupang , 1990' }, '1990'],
    [{ from: 'T', split: { by: ',', take: 5 } }, { T: 'Kupang' }, null],
    [{ from: 'T', split: ';' }, { T: 'a;b' }, ['a', 'b']],
    [{ from: 'T', split: ';', join: ' / ' }, { T: 'a;;b' }, 'a / b'],
    [{ from: 'T', upper: true }, { T: 'Ana' }, 'ANA'],
    [{ from: 'T', lower: true }, { T: 'ANA@KUPANG' }, 'ana@kupang'],
    [{ from: 'T', pad: 3 }, { T: 7 }, '007'],
    [{ from: 'T', pad: { length: 4, with: 'x', side: 'right' } }, { T: 'ab' }, 'abxx'],
    [{ from: 'T', default: 'tidak tahu' }, { T: null }, 'tidak tahu'],
    [{ from: 'T', empty: ['0000-00-00'], as: 'date' }, { T: '0000-00-00' }, null],
    [{ from: 'T', empty: ['0000-00-00'], as: 'date', default: '1900-01-01' }, { T: '0000-00-00' }, '1900-01-01'],
    [{ from: 'T', empty: [0], as: 'integer' }, { T: 0 }, null],
    [{ from: 'T', as: 'date', formats: ['dd-MM-yyyy'], format: 'dd/MM/yyyy' }, { T: '24-11-2026' }, '24/11/2026'],
    [{ from: 'T', as: 'timestamp', zone: 'Asia/Jakarta' }, { T: '2026-11-24 08:00:00' }, '2026-11-24T01:00:00.000Z'],
    [{ from: 'T', as: 'decimal', decimal: 'comma', scale: 2 }, { T: '4.200.000,00' }, '4200000.00'],
    [{ from: 'T', as: 'boolean' }, { T: 'Ya' }, true],
    [{ from: 'T', codes: 'kelamin' }, { T: 'laki-LAKI' }, 'L'],
    [{ from: 'T', codes: 'kelamin', to: 'nama' }, { T: 'P' }, 'Perempuan'],
    [{ from: 'T', codes: { Pria: 'L', Wanita: 'P' } }, { T: 'pria' }, 'L'],
    [{ from: 'T', codes: { Pria: 'L', Wanita: 'P' } }, { T: 'P' }, 'P'],
    [{ from: 'T', codes: { Y: 'ya', T: 'tidak' }, as: 'boolean' }, { T: 'T' }, false],
    [{ object: { jalan: 'JL', kota: { constant: 'Kupang' } } }, { JL: 'Timor Raya' }, { jalan: 'Timor Raya', kota: 'Kupang' }],
    [{ from: 'ANAK', each: { nama: 'N', lahir: { from: 'T', as: 'date' } } }, { ANAK: [{ N: 'A', T: '2020-01-02' }, { N: 'B' }] }, [{ nama: 'A', lahir: '2020-01-02' }, { nama: 'B', lahir: null }]],
    [{ from: 'ANAK', each: { nama: 'N' }, default: [] }, {}, []],
  ];
  test.each(cases)('%j of %j', async (mapping, source, output) => {
    expect(await map({ x: mapping }, source)).toEqual({ x: output });
  });

  test('a Date becomes ISO text', async () => {
    expect(await map({ a: 'T', b: { from: 'T', as: 'date' } }, { T: new Date('2026-11-24T17:00:00Z') } as unknown as JsonObject)).toEqual({ a: '2026-11-24T17:00:00.000Z', b: '2026-11-25' });
  });
});

describe('outcomes', () => {
  const spec = {
    where: 'record.KEC == "01"',
    mapping: { nik: 'NIK', nama: 'NAMA', tanggal_lahir: { from: 'TGL', as: 'date', formats: ['dd-MM-yyyy'] } },
    require: [{ that: 'record.tanggal_lahir <= today', message: 'lahir sesudah hari ini', field: 'tanggal_lahir' }],
  };

  test('one per record, in order', async () => {
    const pipeline = compile(spec, { contract });
    const outcomes = await pipeline.run([
      { value: { KEC: '01', NIK, NAMA: 'Ana', TGL: '01-01-1990' } },
      { value: { KEC: '02', NIK } },
      { value: { KEC: '01', NIK: '537101', NAMA: 'Ana', TGL: '1990' } },
      { value: { KEC: '01', NIK, NAMA: 'X', TGL: '01-01-1990' } },
      { value: { KEC: '01', NIK, NAMA: 'Ana', TGL: '01-01-2030' } },
      { value: { KEC: '01', NAMA: 'Ana', TGL: '01-01-1990' } },
      { value: { baris: 'rusak' }, faults: [{ path: '', rule: 'syntax', message: 'tanda kutip tidak ditutup', severity: 'reject' }] },
      { value: { NIK }, deleted: true },
      { value: {}, deleted: true },
      { value: { KEC: '01', NIK: '\0', NAMA: 'Ana', TGL: '01-01-1990' } },
    ]);
    expect(outcomes).toEqual([
      { kind: 'record', key: NIK, value: { nik: NIK, nama: 'Ana', tanggal_lahir: '1990-01-01' }, warnings: [] },
      { kind: 'filtered' },
      {
        kind: 'rejected', key: '537101', faults: [
          { path: 'tanggal_lahir', rule: 'mapping', message: '"TGL" bukan tanggal yang dikenal (berbentuk "9999", yang diterima dd-MM-yyyy)', repair: 'Tulis tanggal seperti dd-MM-yyyy, atau tambahkan formatnya pada "formats"', severity: 'reject' },
          { path: 'nik', rule: 'format.nik', message: '6 angka, seharusnya 16', severity: 'reject' },
        ],
      },
      { kind: 'record', key: NIK, value: { nik: NIK, nama: 'X', tanggal_lahir: '1990-01-01' }, warnings: [{ path: 'nama', rule: 'short', message: 'sangat pendek', severity: 'warn' }] },
      { kind: 'rejected', key: NIK, faults: [{ path: 'tanggal_lahir', rule: 'require', message: 'lahir sesudah hari ini', severity: 'reject' }] },
      { kind: 'rejected', faults: [{ path: 'nik', rule: 'key', message: 'kunci (nik) kosong', repair: 'Isi field kunci di sumbernya', severity: 'reject' }] },
      { kind: 'rejected', faults: [{ path: '', rule: 'syntax', message: 'tanda kutip tidak ditutup', severity: 'reject' }] },
      { kind: 'record', key: NIK, value: null, warnings: [] },
      { kind: 'rejected', faults: [{ path: 'nik', rule: 'key', message: 'kunci (nik) kosong', repair: 'Isi field kunci di sumbernya', severity: 'reject' }] },
      {
        kind: 'rejected', faults: [
          { path: 'nik', rule: 'format.nik', message: '1 angka, seharusnya 16', severity: 'reject' },
          { path: 'nik', rule: 'key', message: 'kunci berisi karakter kosong (U+0000)', repair: 'Hapus karakter itu di sumbernya', severity: 'reject' },
        ],
      },
    ]);
  });

  test('a key that no index takes is a fault, of a record and of a deletion', async () => {
    const outcomes = await compile({}, { contract }).run([{ value: { nik: 'é'.repeat(501), nama: 'Ana' } }, { value: { nik: 'é'.repeat(501) }, deleted: true }]);
    const fault = { path: 'nik', rule: 'key', message: 'kunci lebih panjang dari 1000 byte', repair: 'Periksa isi field kunci di sumbernya', severity: 'reject' };
    expect(outcomes.map((outcome) => ('faults' in outcome ? { faults: outcome.faults.filter(({ rule }) => rule === 'key'), key: (outcome as { key?: string }).key } : outcome))).toEqual([{ faults: [fault] }, { faults: [fault] }]);
  });

  test('a fault inside an array says which element', async () => {
    const [outcome] = await compile({ mapping: { anak: { from: 'ANAK', each: { lahir: { from: 'T', as: 'date', formats: ['dd-MM-yyyy'] } } } } }).run([{ value: { ANAK: [{ T: '01-02-2020' }, { T: '?' }, 5] } }]);
    expect(outcome).toMatchObject({ kind: 'rejected', faults: [{ path: 'anak[1].lahir' }, { path: 'anak[2]', message: '"ANAK" bukan objek (berupa angka bulat)' }] });
  });

  test('money is checked to the last digit', async () => {
    const pipeline = compile({
      mapping: { bersih: { from: 'B', as: 'decimal', decimal: 'comma', scale: 2 }, kotor: { from: 'K', as: 'decimal', decimal: 'comma', scale: 2 }, potongan: { from: 'P', as: 'decimal', decimal: 'comma', scale: 2 } },
      require: [{ that: 'record.bersih == record.kotor - record.potongan', message: 'bersih tidak sama dengan kotor dikurangi potongan', field: 'bersih' }, { that: 'record.kotor < 10000000', message: 'gaji besar', field: 'kotor', severity: 'warn' }],
    });
    expect(await pipeline.run([{ value: { B: '4.200.000,10', K: '4.500.000,20', P: '300.000,10' } }, { value: { B: '4.200.000,11', K: '4.500.000,20', P: '300.000,10' } }, { value: { B: '10.000.000', K: '10.000.000', P: '0' } }])).toEqual([
      { kind: 'record', key: '', value: { bersih: '4200000.10', kotor: '4500000.20', potongan: '300000.10' }, warnings: [] },
      { kind: 'rejected', key: '', faults: [{ path: 'bersih', rule: 'require', message: 'bersih tidak sama dengan kotor dikurangi potongan', severity: 'reject' }] },
      { kind: 'record', key: '', value: { bersih: '10000000.00', kotor: '10000000.00', potongan: '0.00' }, warnings: [{ path: 'kotor', rule: 'require', message: 'gaji besar', severity: 'warn' }] },
    ]);
  });
});

describe('lookup', () => {
  const shelf: Record<string, Record<string, JsonObject>> = { 'kependudukan.penduduk': { [NIK]: { nama: 'Ana', alamat: { rt: '01' }, kelurahan: 'Alak' } } };
  const asked: [string, readonly string[]][] = [];
  const latest = {
    get: async (topic: string, keys: readonly string[]) => {
      asked.push([topic, keys]);
      return new Map(keys.flatMap((key) => (shelf[topic]?.[key] ? [[key, shelf[topic][key]] as const] : [])));
    },
  };
  const penduduk = (more: object) => ({ lookup: { topic: 'kependudukan.penduduk', key: { from: 'NIK', trim: true }, ...more } });

  test('asks once per topic and batch, and takes a field, several, or the record', async () => {
    asked.length = 0;
    const pipeline = compile({ mapping: { nama: { ...penduduk({ field: 'nama' }), upper: true }, rt: penduduk({ field: 'alamat.rt' }), orang: penduduk({ fields: { n: 'nama', k: 'kelurahan' } }) } }, { latest });
    const outcomes = await pipeline.run([{ value: { NIK } }, { value: { NIK: ` ${NIK}` } }, { value: {} }]);
    expect(asked).toEqual([['kependudukan.penduduk', [NIK]]]);
    const whole = { kind: 'record', key: '', value: { nama: 'ANA', rt: '01', orang: { n: 'Ana', k: 'Alak' } }, warnings: [] };
    expect(outcomes).toEqual([whole, whole, { kind: 'record', key: '', value: { nama: null, rt: null, orang: null }, warnings: [] }]);
  });

  test.each([
    ['reject', { kind: 'rejected', key: '', faults: [{ path: 'nama', rule: 'lookup', message: 'hasil pencarian di kependudukan.penduduk tidak ditemukan', repair: 'Pastikan data itu sudah ada pada topik kependudukan.penduduk, lalu ulangi', severity: 'reject' }] }],
    ['null', { kind: 'record', key: '', value: { nama: null }, warnings: [] }],
    ['wait', { kind: 'wait', for: { topic: 'kependudukan.penduduk', key: '5371999999999999' } }],
  ])('missing: %s', async (missing, outcome) => {
    expect(await compile({ mapping: { nama: penduduk({ field: 'nama', missing }) } }, { latest }).run([{ value: { NIK: '5371999999999999' } }])).toEqual([outcome]);
  });

  test.each([
    [599_999, 'reject', 'wait'],
    [600_000, 'reject', 'rejected'],
    [599_999, 'null', 'wait'],
    [600_000, 'null', 'record'],
  ])('a wait of at most ten minutes, after %d ms and then: %s, is a %s', async (waited, then, kind) => {
    const pipeline = compile({ mapping: { nama: penduduk({ field: 'nama', missing: 'wait', atMost: '10m', then }) } }, { latest });
    expect(await pipeline.run([{ value: { NIK: '5371999999999999' } }], waited)).toMatchObject([{ kind }]);
  });

  test('a wait that is no span of time is refused with an example', () => {
    expect(() => compile({ mapping: { nama: penduduk({ missing: 'wait', atMost: 'sebentar' }) } }, { latest })).toThrow('mapping.nama.lookup.atMost: jangka "sebentar" tidak dikenal; contoh yang benar: 10s, 5m, 1h');
  });

  test('a record that waits and is wrong besides is rejected now', async () => {
    const pipeline = compile({ mapping: { nama: penduduk({ field: 'nama', missing: 'wait' }), lahir: { from: 'T', as: 'date' } } }, { latest });
    expect(await pipeline.run([{ value: { NIK: '5371999999999999', T: '?' } }])).toMatchObject([{ kind: 'rejected', faults: [{ path: 'lahir' }] }]);
  });
});

describe('expr', () => {
  test('computes over the record, beside other fields', async () => {
    const pipeline = compile({ mapping: { total: { expr: '$sum(rincian.nilai)', as: 'integer' }, nama: 'NAMA', anak: { expr: 'rincian.{"n": nama}', each: { nama: 'n' } } } });
    expect(await pipeline.run([{ value: { NAMA: 'Ana', rincian: [{ nilai: 1, nama: 'a' }, { nilai: 2, nama: 'b' }] } }, { value: { NAMA: 'Budi' } }])).toEqual([
      { kind: 'record', key: '', value: { total: 3, nama: 'Ana', anak: [{ nama: 'a' }, { nama: 'b' }] }, warnings: [] },
      { kind: 'record', key: '', value: { total: null, nama: 'Budi', anak: null }, warnings: [] },
    ]);
  });

  test('an endless expression and a hanging pattern cost their record only', async () => {
    const pipeline = compile({ mapping: { x: { expr: 'putar ? ($f := function($n) { $f($n + 1) }; $f(0)) : sulit ? $contains(sulit, /^(a+)+$/) : n' } } });
    const records: SourceRecord[] = [{ value: { n: 1 } }, { value: { putar: true } }, { value: { sulit: `${'a'.repeat(50)}!` } }, ...Array.from({ length: 200 }, (_, n) => ({ value: { n } }))];
    const outcomes = await pipeline.run(records);
    const stuck = (why: string): Outcome => ({ kind: 'rejected', key: '', faults: [{ path: 'x', rule: 'expression', message: `hasil expr tidak dapat dihitung (${why})`, repair: 'Periksa ekspresi pada berkas konektor', severity: 'reject' }] });
    expect(outcomes.slice(0, 3)).toEqual([{ kind: 'record', key: '', value: { x: 1 }, warnings: [] }, stuck('terlalu lama'), stuck('terlalu lama atau terlalu besar')]);
    expect(outcomes.slice(3)).toEqual(Array.from({ length: 200 }, (_, x) => ({ kind: 'record', key: '', value: { x }, warnings: [] })));
  });

  test('batch after batch, also at the same time', async () => {
    const pipeline = compile({ mapping: { x: { expr: 'n * 2' } } });
    const batch = (from: number): SourceRecord[] => Array.from({ length: 300 }, (_, i) => ({ value: { n: from + i } }));
    const outcomes = [...(await pipeline.run(batch(0))), ...(await Promise.all([pipeline.run(batch(300)), pipeline.run(batch(600))])).flat(), ...(await pipeline.run([]))];
    expect(outcomes).toEqual(Array.from({ length: 900 }, (_, n) => ({ kind: 'record', key: '', value: { x: n * 2 }, warnings: [] })));
  });

  test('a record that would fill the memory costs itself only', async () => {
    const pipeline = compile({ mapping: { x: { expr: 'panjang ? $count([1..9000000]) : besar ? $length($pad("", 100000000)) : n' } } });
    const outcomes = await pipeline.run([{ value: { n: 1 } }, { value: { besar: true } }, { value: { panjang: true } }, { value: { n: 3 } }]);
    expect(outcomes.map((outcome) => (outcome.kind === 'rejected' ? outcome.faults[0]!.message : outcome.kind))).toEqual(['record', 'hasil expr tidak dapat dihitung (terlalu lama atau terlalu besar)', 'hasil expr tidak dapat dihitung (hasilnya terlalu besar)', 'record']);
  });

  test('an error names its code and no value', async () => {
    const [outcome] = await compile({ mapping: { x: { expr: '$number(a)' } } }).run([{ value: { a: 'rahasia' } }]);
    expect(outcome).toMatchObject({ kind: 'rejected', faults: [{ path: 'x', message: 'hasil expr tidak dapat dihitung (D3030)' }] });
  });
});

test('every fault of a spec is named with file and line', () => {
  const lines: Record<string, number> = { 'mapping.a.as': 3, 'where': 9 };
  const spec = JSON.parse('{"where":"record.x ==","mapping":{"a":{"from":"A","as":"tanggal"},"b":{"from":"B","formts":[]},"__proto__":"C","c":{"from":"C","as":"date","formats":["dd-MM"]},"d":{"expr":"$("},"e":5},"reqire":[]}');
  const locate = (path: string) => ({ file: 'config/connectors/dispenduk/penduduk.yaml', ...(lines[path] ? { line: lines[path] } : {}) });
  let error: unknown;
  try {
    compilePipeline(spec, { locate });
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(SettingsError);
  const faults = (error as SettingsError).faults;
  expect(faults.map((fault) => fault.path).sort()).toEqual(['mapping."__proto__"', 'mapping.a.as', 'mapping.b.formts', 'mapping.c.formats.0', 'mapping.d.expr', 'mapping.e', 'reqire', 'where']);
  expect(faults.find((fault) => fault.path === 'mapping.a.as')).toMatchObject({ file: 'config/connectors/dispenduk/penduduk.yaml', line: 3 });
});

test.each<[object, string]>([
  [{ mapping: { a: { codes: 'x', from: 'A' } } }, 'mapping.a.codes: daftar kode "x" tidak ada; buat config/reference/x.csv dengan kolom kode,nama'],
  [{ mapping: { a: {} } }, 'mapping.a: tidak menyebut asal nilai: tulis from, constant, expr, lookup atau object'],
  [{ mapping: { a: { from: 'A', constant: 1 } } }, 'mapping.a.from: tidak dapat bersama constant; pilih satu asal nilai'],
  [{ mapping: { a: { from: 'A', scale: 2 } } }, 'mapping.a.scale: hanya untuk as: decimal'],
  [{ mapping: { a: { from: 'A', each: { b: { expr: 'x' } } } } }, 'mapping.a.each.b.expr: tidak dapat dipakai di dalam each; tulis expr yang menghasilkan seluruh larik'],
  [{ mapping: { a: { lookup: { topic: 't', key: 'A' } } } }, 'mapping: memakai lookup, tetapi hub tidak menyediakan topik untuk dicari'],
])('%j is refused', (spec, message) => {
  expect(() => compilePipeline(spec)).toThrow(message);
});
