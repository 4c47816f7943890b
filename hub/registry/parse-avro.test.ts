import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Json } from '../record.js';
import { canonicalText } from './canonical.js';
import { checkReader } from './compatibility.js';
import { parseAvro } from './parse-avro.js';

/** Messages with the JSON path in front. */
function faults(schema: Json): string[] {
  return parseAvro(schema).faults.map((fault) => `${fault.path.join('/')}: ${fault.message}`);
}

test.each<[Json, string[]]>([
  [null, [': tipe harus berupa nama, objek atau daftar']],
  [{}, ['type: tipe (type) belum ditulis']],
  ['toString', [': tipe "toString" tidak dikenal; periksa ejaannya atau tulis definisinya lebih dulu']],
  [[], [': union kosong']],
  [['int', 'int'], ['1: union memuat "int" dua kali']],
  [['int', ['string']], ['1: union tidak boleh berisi union']],
  [{ type: 'array' }, ['items: tipe (type) belum ditulis']],
  [{ type: 'enum', name: 'E', symbols: ['A', 'A', '1x'], default: 'Z' }, ['symbols/1: pilihan "A" ditulis dua kali', 'symbols/2: pilihan "1x" tidak sah: huruf, angka dan garis bawah saja', 'default: nilai default bukan salah satu pilihan']],
  [{ type: 'fixed', name: 'F', size: 0 }, ['size: ukuran (size) harus bilangan bulat di atas nol']],
  [{ type: 'fixed', name: 'F', size: 2, logicalType: 'decimal', precision: 5 }, [': decimal memerlukan precision di atas nol dan scale antara nol dan precision']],
  [{ type: 'record', name: '1R', namespace: 'a..b', fields: [1 as Json, { type: 'int' }, { name: 'a b', type: 'int' }] }, [
    'name: nama (name) "1R" tidak sah: huruf, angka dan garis bawah saja', 'namespace: namespace tidak sah', 'fields/0: kolom harus berupa objek dengan name dan type', 'fields/1: nama kolom (name) belum ditulis', 'fields/2: nama kolom "a b" tidak sah: huruf, angka dan garis bawah saja',
  ]],
  [{ type: 'record', name: 'R', fields: [{ name: 'a', type: { type: 'record', name: 'R', fields: [] } }] }, ['fields/0/type/name: nama "R" dipakai dua kali']],
  [{ type: 'record', name: 'R', fields: [{ name: 'a', type: ['null', 'int'], default: 5 }, { name: 'b', type: 'int', default: 2147483648 }] }, [
    'fields/0/default: nilai default tidak sesuai tipe kolom (pada union: tipe pertama)', 'fields/1/default: nilai default tidak sesuai tipe kolom (pada union: tipe pertama)',
  ]],
])('%j', (schema, expected) => expect(faults(schema)).toEqual(expected));

test('names are resolved against the namespace around them', () => {
  const { type } = parseAvro({ type: 'record', name: 'A', namespace: 'x', fields: [{ name: 'b', type: { type: 'fixed', name: 'y.B', size: 1 } }, { name: 'c', type: { type: 'enum', name: 'C', symbols: ['S'], aliases: ['D'] } }, { name: 'a', type: ['null', 'A'] }] });
  expect(canonicalText(type!)).toBe(
    '{"type":"record","name":"x.A","fields":[{"name":"b","type":{"type":"fixed","name":"y.B","size":1}},{"name":"c","type":{"type":"enum","name":"x.C","aliases":["x.D"],"symbols":["S"]}},{"name":"a","type":["null","x.A"]}]}',
  );
});

/** Schemas as a careless or hostile hand writes them: right words at wrong places, and names of JavaScript's own objects. */
const word = fc.constantFrom<Json>('null', 'int', 'long', 'string', 'bytes', 'record', 'enum', 'fixed', 'array', 'map', 'date', 'decimal', 'constructor', '__proto__', 'toString', 'R', 'a.b', '', 0, 1, -1, 1.5, null, true);
const key = fc.constantFrom('type', 'name', 'namespace', 'fields', 'items', 'values', 'symbols', 'size', 'default', 'aliases', 'logicalType', 'precision', 'scale', 'doc', 'hub', '__proto__', 'constructor');
const { schema: anySchema } = fc.letrec<{ schema: Json }>((tie) => ({
  schema: fc.oneof({ maxDepth: 5, depthIdentifier: 'schema' }, word, fc.array(tie('schema'), { maxLength: 4 }), fc.array(fc.tuple(key, tie('schema')), { maxLength: 6 }).map((entries) => Object.fromEntries(entries))),
}));

test('anything is either a schema or has faults; a schema reads itself, and its canonical text is a schema of the same meaning', () => {
  fc.assert(fc.property(anySchema, (schema) => {
    const { type, faults: found } = parseAvro(schema);
    expect(type === undefined).toBe(found.length > 0);
    if (!type) return;
    expect(checkReader(type, type)).toEqual([]);
    const text = canonicalText(type);
    expect(canonicalText(parseAvro(JSON.parse(text) as Json).type!)).toBe(text);
  }), { numRuns: 3000 });
});
