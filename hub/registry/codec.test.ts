import { describe, expect, test } from '@jest/globals';
import avsc from 'avsc';
import fc from 'fast-check';
import { RejectedRecord } from '../errors.js';
import type { JsonObject } from '../record.js';
import { parseContract, type Contract } from './contract.js';
import { decoder, encode } from './codec.js';

const date = { type: 'int', logicalType: 'date' };
const moment = { type: 'long', logicalType: 'timestamp-millis' };
const decimal = (precision: number, scale: number): object => ({ type: 'bytes', logicalType: 'decimal', precision, scale });

function contractOf(fields: Record<string, unknown>[], more: object = {}): Contract {
  return parseContract(JSON.stringify({
    type: 'record', name: 'Uji', namespace: 'id.go.kupangkota.uji', doc: 'Uji.', hub: { topic: 'uji.uji', key: 'id', owner: 'kominfo', steward: 'kominfo', classification: 'open' }, ...more,
    fields: [{ name: 'id', type: 'string', doc: 'Kunci' }, ...fields.map((field) => ({ doc: 'x', ...(Array.isArray(field.type) ? { default: null } : {}), ...field }))],
  }));
}
/** What a reader gets back of a record that was written with `writer`. */
async function through(writer: Contract, value: JsonObject, reader?: Contract): Promise<unknown> {
  const bytes = Buffer.from(encode(writer, 7, value));
  const [decoded] = await decoder((id) => (id === 7 ? writer.text : undefined)).decodeAll([bytes], reader);
  return JSON.parse(JSON.stringify(decoded));
}

describe('the wire format', () => {
  test('is byte 0, the id in four bytes, then Avro', () => {
    const contract = contractOf([{ name: 'n', type: ['null', 'int'] }, { name: 'tanggal', type: date }, { name: 'gaji', type: decimal(12, 2) }]);
    // "ab" is 04 61 62; branch 1 of the union is 02, 3 is 06; 1970-01-02 is 02; 4200000.00 is 420000000 = 19 08 B1 00 in four bytes (08).
    expect(encode(contract, 0x01020304, { id: 'ab', n: 3, tanggal: '1970-01-02', gaji: '4200000.00' }).toString('hex')).toBe('0001020304' + '046162' + '0206' + '02' + '081908b100');
  });

  test('what is left out gets its default', async () => {
    const contract = contractOf([{ name: 'a', type: ['null', 'string'] }, { name: 'b', type: 'int', default: 5 }, { name: 'c', type: { type: 'array', items: 'string' }, default: ['x'] }]);
    expect(await through(contract, { id: '1' })).toEqual({ id: '1', a: null, b: 5, c: ['x'] });
  });

  test('a record that was not validated is refused with its field, and the next one is whole', async () => {
    const contract = contractOf([{ name: 'n', type: 'int' }, { name: 'dalam', type: { type: 'record', name: 'Dalam', fields: [{ name: 'tanggal', type: date, doc: 'x' }] } }]);
    expect(() => encode(contract, 7, { id: '1', n: '5', dalam: { tanggal: '2026-01-01' } })).toThrow('n is not an int');
    expect(() => encode(contract, 7, { id: '1', n: 5, dalam: { tanggal: '2026-02-30' } })).toThrow('dalam.tanggal is not a date');
    expect(() => encode(contract, 7, { n: 5 })).toThrow('id is not a string');
    expect(await through(contract, { id: '1', n: 5, dalam: { tanggal: '2026-02-28' } })).toEqual({ id: '1', n: 5, dalam: { tanggal: '2026-02-28' } });
  });

  test('buffers of many records, small and large, stay as they were', async () => {
    const contract = contractOf([]);
    const texts = Array.from({ length: 3000 }, (_, i) => (i % 500 === 499 ? 'é'.repeat(50_000 + i) : `${i}-${'x'.repeat(i % 300)}`));
    const values = texts.map((id) => encode(contract, 7, { id }));
    const decoded = await decoder(() => contract.text).decodeAll(values);
    expect(decoded.map((record) => record!.id)).toEqual(texts);
  });
});

describe('values', () => {
  test.each<[string, unknown, unknown, unknown?]>([
    ['date', date, '1990-07-14'], ['date', date, '1969-12-31'], ['date', date, '0001-01-01'],
    ['moment', moment, '2026-11-24T01:02:03.004Z'], ['moment', moment, '1901-01-01T00:00:00.000Z'], ['moment without fraction', moment, '2026-11-24T01:02:03Z', '2026-11-24T01:02:03.000Z'],
    ['decimal', decimal(12, 2), '4200000.00'], ['decimal', decimal(12, 2), '-0.01'], ['decimal', decimal(12, 2), '0.00'], ['decimal filled up', decimal(12, 2), '5', '5.00'], ['decimal filled up', decimal(12, 2), '-5.1', '-5.10'],
    ['decimal', decimal(12, 2), '1.28'], ['decimal', decimal(12, 2), '-1.28'], ['decimal', decimal(12, 2), '327.68'], ['decimal', decimal(5, 0), '-129'],
    ['large decimal', decimal(38, 6), '12345678901234567890123456789012.345678'], ['large decimal', decimal(38, 6), '-99999999999999999999999999999999.999999'],
    ['fixed decimal', { type: 'fixed', name: 'F', size: 9, logicalType: 'decimal', precision: 20, scale: 3 }, '-12345.678'],
    ['long', 'long', 9007199254740991], ['long', 'long', -9007199254740991], ['long as text', 'long', '9223372036854775807'], ['long as text', 'long', '-9223372036854775808'], ['long as text that is small', 'long', '5', 5],
    ['int', 'int', 2147483647], ['int', 'int', -2147483648], ['int', 'int', 1073741824], ['int', 'int', -1073741825],
    ['double', 'double', -10.260_123], ['float', 'float', 0.5], ['boolean', 'boolean', true],
    ['text', 'string', 'Jl. Frans Séda № 5 🏝'], ['long text', 'string', 'ñ'.repeat(100)], ['text of 63', 'string', 'a'.repeat(63)], ['text of 64', 'string', 'a'.repeat(64)],
    ['bytes', 'bytes', 'AAH/gA=='], ['fixed', { type: 'fixed', name: 'S', size: 3 }, 'AAH/'], ['enum', { type: 'enum', name: 'E', symbols: ['A', 'B'] }, 'B'],
    ['list', { type: 'array', items: ['null', 'string'] }, ['a', null]], ['empty list', { type: 'array', items: 'int' }, []], ['map', { type: 'map', values: 'int' }, { a: 1, b: 2 }],
    ['uuid', { type: 'string', logicalType: 'uuid' }, '0b5f0f5e-7c1a-4c47-9d0b-0a4b1f5f1f11'],
  ])('%s %j %j', async (_name, type, value, expected = value) => {
    const record = { id: '1', wajib: value, boleh: value, kosong: null } as JsonObject;
    const named = typeof type === 'object' && type !== null && 'name' in type ? (type as { name: string }).name : undefined;
    const fields = [{ name: 'wajib', type }, { name: 'boleh', type: ['null', named ?? type] }, { name: 'kosong', type: ['null', named ?? type] }];
    expect(await through(contractOf(fields), record)).toEqual({ id: '1', wajib: expected, boleh: expected, kosong: null });
  });

  test('a type inside itself', async () => {
    const contract = contractOf([{ name: 'anak', type: { type: 'array', items: 'Uji' }, default: [] }]);
    const tree = { id: '1', anak: [{ id: '2', anak: [{ id: '3', anak: [] }] }, { id: '4', anak: [] }] };
    expect(await through(contract, tree)).toEqual(tree);
  });

  test('records are plain objects, also inside others', async () => {
    const contract = contractOf([{ name: 'anak', type: { type: 'array', items: 'Uji' }, default: [] }]);
    const [decoded] = await decoder(() => contract.text).decodeAll([encode(contract, 7, { id: '1', anak: [{ id: '2', anak: [] }] })]);
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
    expect(Object.getPrototypeOf((decoded!.anak as JsonObject[])[0])).toBe(Object.prototype);
  });

  test('any long comes back, as a number where that is exact', () => {
    const contract = contractOf([{ name: 'l', type: 'long' }]);
    const reading = decoder(() => contract.text);
    return fc.assert(fc.asyncProperty(fc.oneof(fc.maxSafeInteger(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })), async (l) => {
      const [record] = await reading.decodeAll([encode(contract, 7, { id: '', l: typeof l === 'bigint' ? l.toString() : l })]);
      expect(record!.l).toBe(l >= -(2n ** 53n) + 1n && l <= 2n ** 53n - 1n ? Number(l) : l.toString());
    }), { numRuns: 300 });
  });

  // avsc's own long is exact up to 2^52.
  test('any text, int, long and decimal is written as avsc and the number itself say', () => {
    const contract = contractOf([{ name: 'n', type: 'int' }, { name: 'l', type: 'long' }, { name: 'd', type: decimal(30, 3) }]);
    const plain = avsc.Type.forSchema({ type: 'record', name: 'Uji', fields: [{ name: 'id', type: 'string' }, { name: 'n', type: 'int' }, { name: 'l', type: 'long' }, { name: 'd', type: 'bytes' }] });
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.integer(), fc.integer({ min: -(2 ** 52), max: 2 ** 52 }), fc.bigInt({ min: -(10n ** 29n), max: 10n ** 29n }), (id, n, l, d) => {
      const digits = (d < 0n ? -d : d).toString().padStart(4, '0');
      const text = `${d < 0n ? '-' : ''}${digits.slice(0, -3)}.${digits.slice(-3)}`;
      const read = plain.fromBuffer(Buffer.from(encode(contract, 7, { id, n, l, d: text })).subarray(5)) as { id: string; n: number; l: number; d: Buffer };
      expect([read.id, read.n, read.l]).toEqual([id, n, l]);
      expect(BigInt.asIntN(read.d.length * 8, BigInt(`0x${read.d.toString('hex')}`))).toBe(d);
    }), { numRuns: 300 });
  });
});

describe('reading with another contract', () => {
  const old = contractOf([{ name: 'nama', type: 'string' }, { name: 'n', type: 'int' }, { name: 'tanggal', type: date }, { name: 'gaji', type: decimal(10, 2) }, { name: 'lama', type: ['null', 'string'] }]);
  const record: JsonObject = { id: '1', nama: 'Uji', n: 5, tanggal: '2026-11-24', gaji: '10.50', lama: 'x' };

  test.each<[string, Record<string, unknown>[], object]>([
    ['the same fields', [{ name: 'nama', type: 'string' }], { id: '1', nama: 'Uji' }],
    ['a new optional field', [{ name: 'baru', type: ['null', date] }], { id: '1', baru: null }],
    ['a renamed field', [{ name: 'nama_lengkap', type: 'string', aliases: ['nama'] }], { id: '1', nama_lengkap: 'Uji' }],
    ['a promoted number', [{ name: 'n', type: 'long' }], { id: '1', n: 5 }],
    ['a number promoted to double', [{ name: 'n', type: 'double' }], { id: '1', n: 5 }],
    ['fields that became optional', [{ name: 'tanggal', type: ['null', date] }, { name: 'gaji', type: ['null', decimal(12, 2)] }], { id: '1', tanggal: '2026-11-24', gaji: '10.50' }],
    ['a date as its number', [{ name: 'tanggal', type: 'int' }], { id: '1', tanggal: 20781 }],
  ])('%s', async (_name, fields, expected) => expect(await through(old, record, contractOf(fields))).toEqual(expected));

  test('a symbol that the reader lacks becomes its default', async () => {
    const grade = (symbols: string[], more: object = {}): object => ({ name: 'gol', type: { type: 'enum', name: 'Gol', symbols, ...more } });
    const writer = contractOf([grade(['A', 'B']) as Record<string, unknown>]);
    expect(await through(writer, { id: '1', gol: 'B' }, contractOf([grade(['A', 'LAIN'], { default: 'LAIN' }) as Record<string, unknown>]))).toEqual({ id: '1', gol: 'LAIN' });
  });

  test('contracts that do not resolve reject the record', async () => {
    await expect(through(old, record, contractOf([{ name: 'nama', type: 'int' }]))).rejects.toThrow('isi catatan tidak sesuai skemanya');
  });
});

describe('bytes that are no record', () => {
  const contract = contractOf([{ name: 'n', type: 'int' }]);
  const good = Buffer.from(encode(contract, 7, { id: 'ab', n: 300 }));
  test.each<[string, Buffer, string]>([
    ['empty', Buffer.alloc(0), 'bukan catatan berformat Avro dengan nomor skema'],
    ['another first byte', Buffer.from('{"id":1}'), 'bukan catatan berformat Avro dengan nomor skema'],
    ['cut short', good.subarray(0, -1), 'catatan terpotong'],
    ['too long', Buffer.concat([good, Buffer.from([1])]), 'ada byte berlebih setelah catatan'],
  ])('%s', async (_name, bytes, message) => {
    const reading = decoder(() => contract.text).decodeAll([bytes]);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toBeInstanceOf(RejectedRecord);
  });

  test('an unknown schema is not the record\'s fault', async () => {
    await expect(decoder(() => undefined).decodeAll([good])).rejects.toThrow('Skema nomor 7 belum dikenal registri');
  });

  test('hostile bytes end with an error, never with a crash or a hang', async () => {
    const reading = decoder(() => contract.text);
    await reading.prepare([good]);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        expect(typeof reading.decode(Buffer.concat([good.subarray(0, 5), bytes])).n).toBe('number');
      } catch (error) {
        if (!(error instanceof RejectedRecord)) throw error;
      }
    }), { numRuns: 500 });
  });
});

test('tombstones stay null and each schema is asked for once', async () => {
  const contract = contractOf([]);
  const asked: number[] = [];
  const reading = decoder(async (id) => (asked.push(id), contract.text));
  const values = [null, encode(contract, 7, { id: 'a' }), encode(contract, 8, { id: 'b' }), encode(contract, 7, { id: 'c' })];
  expect((await reading.decodeAll(values)).map((record) => record?.id)).toEqual([undefined, 'a', 'b', 'c']);
  await reading.decodeAll(values);
  expect(asked).toEqual([7, 8]);
});
