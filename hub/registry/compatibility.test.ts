import { describe, expect, test } from '@jest/globals';
import type { Json } from '../record.js';
import type { AvroType } from './avro.js';
import { checkLevel, checkReader, LEVELS } from './compatibility.js';
import { parseAvro } from './parse-avro.js';

function type(schema: Json): AvroType {
  const { type: parsed, faults } = parseAvro(schema);
  if (!parsed) throw new Error(JSON.stringify(faults));
  return parsed;
}
/** "TYPE path detail" */
function found(reader: Json, writer: Json): string[] {
  return checkReader(type(reader), type(writer)).map((one) => `${one.type} ${one.path} ${one.detail}`);
}
const record = (fields: Json[], name = 'R', more: Record<string, Json> = {}): Json => ({ type: 'record', name, fields, ...more });
const field = (name: string, fieldType: Json, more: Record<string, Json> = {}): Json => ({ name, type: fieldType, ...more });
const enumOf = (symbols: string[], more: Record<string, Json> = {}): Json => ({ type: 'enum', name: 'E', symbols, ...more });
const fixed = (size: number, name = 'F'): Json => ({ type: 'fixed', name, size });
const array = (items: Json): Json => ({ type: 'array', items });
const map = (values: Json): Json => ({ type: 'map', values });
const decimal = (precision: number, scale: number): Json => ({ type: 'bytes', logicalType: 'decimal', precision, scale });
const LIST: Json = record([field('head', 'int'), field('tail', ['null', 'L'], { default: null })], 'L');

describe('compatible pairs', () => {
  test.each<[Json, Json]>([
    ['boolean', 'boolean'], ['int', 'int'], ['null', 'null'],
    ['long', 'int'], ['float', 'int'], ['float', 'long'], ['double', 'int'], ['double', 'long'], ['double', 'float'], ['bytes', 'string'], ['string', 'bytes'],
    [array('int'), array('int')], [array('long'), array('int')], [map('long'), map('int')],
    [enumOf(['A', 'B']), enumOf(['A'])], [enumOf(['A', 'B'], { default: 'A' }), enumOf(['A', 'C'])],
    [fixed(4), fixed(4)],
    [['int'], ['int']], [['int', 'string'], ['string', 'int']], [['null', 'int'], 'int'], [['null', 'long'], 'int'], ['int', ['int']], ['float', ['int', 'long']], [['null', 'int'], ['null']],
    ['string', ['bytes', 'string']],
    [record([]), record([field('a', 'int')])],
    [record([field('a', 'int')]), record([field('a', 'int'), field('b', 'int')])],
    [record([field('a', 'int'), field('b', 'int', { default: 0 })]), record([field('a', 'int')])],
    [record([field('b', ['null', 'int'], { default: null })]), record([])],
    [record([field('g', enumOf(['A'], { default: 'A' }))]), record([])],
    [record([field('baru', 'int', { aliases: ['lama'] })]), record([field('lama', 'int')])],
    [record([], 'Baru', { aliases: ['R'] }), record([])],
    [record([], 'a.R'), { type: 'record', name: 'R', namespace: 'a', fields: [] }],
    [LIST, LIST],
    [decimal(12, 2), decimal(10, 2)], [decimal(10, 2), 'bytes'], ['long', { type: 'int', logicalType: 'date' }],
  ])('%j reads %j', (reader, writer) => expect(found(reader, writer)).toEqual([]));
});

describe('incompatible pairs', () => {
  test.each<[Json, Json, string[]]>([
    ['null', 'int', ['TYPE_MISMATCH / reader type: NULL not compatible with writer type: INT']],
    ['boolean', 'int', ['TYPE_MISMATCH / reader type: BOOLEAN not compatible with writer type: INT']],
    ['int', 'long', ['TYPE_MISMATCH / reader type: INT not compatible with writer type: LONG']],
    ['long', 'float', ['TYPE_MISMATCH / reader type: LONG not compatible with writer type: FLOAT']],
    ['float', 'double', ['TYPE_MISMATCH / reader type: FLOAT not compatible with writer type: DOUBLE']],
    ['string', 'int', ['TYPE_MISMATCH / reader type: STRING not compatible with writer type: INT']],
    [array('int'), array('long'), ['TYPE_MISMATCH /items reader type: INT not compatible with writer type: LONG']],
    [map('int'), map('long'), ['TYPE_MISMATCH /values reader type: INT not compatible with writer type: LONG']],
    [array('int'), map('int'), ['TYPE_MISMATCH / reader type: ARRAY not compatible with writer type: MAP']],
    [enumOf(['A']), 'string', ['TYPE_MISMATCH / reader type: ENUM not compatible with writer type: STRING']],
    [enumOf(['A']), enumOf(['A', 'B', 'C']), ['MISSING_ENUM_SYMBOLS /symbols [B, C]']],
    [enumOf(['A']), { type: 'enum', name: 'G', symbols: ['A', 'B'] }, ['NAME_MISMATCH /name expected: G', 'MISSING_ENUM_SYMBOLS /symbols [B]']],
    [fixed(8), fixed(4), ['FIXED_SIZE_MISMATCH /size expected: 4, found: 8']],
    [fixed(4, 'G'), fixed(4), ['NAME_MISMATCH /name expected: F']],
    [fixed(4), 'bytes', ['TYPE_MISMATCH / reader type: FIXED not compatible with writer type: BYTES']],
    [record([], 'a.R'), record([], 'b.R'), ['NAME_MISMATCH /name expected: b.R']],
    [record([field('a', 'int')]), record([]), ['READER_FIELD_MISSING_DEFAULT_VALUE /fields/0 a']],
    [record([field('a', 'int'), field('b', 'string')]), record([field('b', 'int')]), [
      'READER_FIELD_MISSING_DEFAULT_VALUE /fields/0 a', 'TYPE_MISMATCH /fields/1/type reader type: STRING not compatible with writer type: INT',
    ]],
    [record([field('x', array(record([field('g', enumOf(['A']))], 'S')))]), record([field('x', array(record([field('g', enumOf(['A', 'B']))], 'S')))]), ['MISSING_ENUM_SYMBOLS /fields/0/type/items/fields/0/type/symbols [B]']],
    [['int', 'string'], 'boolean', ['MISSING_UNION_BRANCH / reader union lacking writer type: BOOLEAN']],
    [['null', 'int'], ['null', 'string', 'boolean'], ['MISSING_UNION_BRANCH /1 reader union lacking writer type: STRING', 'MISSING_UNION_BRANCH /2 reader union lacking writer type: BOOLEAN']],
    [record([field('a', ['null', 'int'])]), record([field('a', ['null', 'string'])]), ['MISSING_UNION_BRANCH /fields/0/type/1 reader union lacking writer type: STRING']],
    ['int', ['null', 'int'], ['TYPE_MISMATCH / reader type: INT not compatible with writer type: NULL']],
    [record([field('head', 'int'), field('tail', ['null', 'L'], { default: null }), field('x', 'int')], 'L'), LIST, [
      'READER_FIELD_MISSING_DEFAULT_VALUE /fields/2 x',
    ]],
    [decimal(10, 0), decimal(10, 2), ['TYPE_MISMATCH / reader type: decimal(10,0) not compatible with writer type: decimal(10,2)']],
    [decimal(8, 2), decimal(10, 2), ['TYPE_MISMATCH / reader type: decimal(8,2) not compatible with writer type: decimal(10,2)']],
    [{ type: 'long', logicalType: 'timestamp-millis' }, { type: 'long', logicalType: 'timestamp-micros' }, [
      'TYPE_MISMATCH / reader logicalType: timestamp-millis not compatible with writer logicalType: timestamp-micros',
    ]],
  ])('%j does not read %j', (reader, writer, expected) => expect(found(reader, writer)).toEqual(expected));

  test('says for people which field, and why an optional record does not fit', () => {
    const inside = (fieldType: Json): Json => record([field('alamat', ['null', record([field('rt', fieldType)], 'Alamat')], { default: null })]);
    const [one] = checkReader(type(inside('int')), type(inside('string')));
    expect(one).toMatchObject({ type: 'MISSING_UNION_BRANCH', path: '/fields/0/type/1', field: 'alamat', causes: [{ type: 'TYPE_MISMATCH', path: '/fields/0/type', field: 'rt' }] });
    expect(one!.message).toBe('pilihan tipe pembaca tidak memuat record dari penulis (tipe string tidak dapat dibaca sebagai int; pertahankan tipenya atau tambahkan kolom baru)');
  });
});

describe('levels', () => {
  // v1 {a}; v2 {a, b optional}; v3 {b optional}: v3 reads all (a is dropped), v2 reads v3 not (a has no default), v1 reads v2.
  const b = field('b', ['null', 'int'], { default: null });
  const v1 = record([field('a', 'int')]);
  const v2 = record([field('a', 'int'), b]);
  const v3 = record([b]);
  const v1x = record([field('a', 'int'), field('c', 'int')]);
  const rows: [Json, Json[], Record<(typeof LEVELS)[number], string[]>][] = [
    [v2, [v1], { NONE: [], BACKWARD: [], BACKWARD_TRANSITIVE: [], FORWARD: [], FORWARD_TRANSITIVE: [], FULL: [], FULL_TRANSITIVE: [] }],
    [v3, [v1, v2], { NONE: [], BACKWARD: [], BACKWARD_TRANSITIVE: [], FORWARD: ['forward 2'], FORWARD_TRANSITIVE: ['forward 2', 'forward 1'], FULL: ['forward 2'], FULL_TRANSITIVE: ['forward 2', 'forward 1'] }],
    [v1x, [v1], { NONE: [], BACKWARD: ['backward 1'], BACKWARD_TRANSITIVE: ['backward 1'], FORWARD: [], FORWARD_TRANSITIVE: [], FULL: ['backward 1'], FULL_TRANSITIVE: ['backward 1'] }],
    [v1, [v3, v2], { NONE: [], BACKWARD: [], BACKWARD_TRANSITIVE: ['backward 1'], FORWARD: [], FORWARD_TRANSITIVE: [], FULL: [], FULL_TRANSITIVE: ['backward 1'] }],
    [v1x, [], { NONE: [], BACKWARD: [], BACKWARD_TRANSITIVE: [], FORWARD: [], FORWARD_TRANSITIVE: [], FULL: [], FULL_TRANSITIVE: [] }],
  ];
  const cases = rows.flatMap(([next, earlier, expected]) => LEVELS.map((level) => [level, next, earlier, expected[level]] as const));
  test.each(cases)('%s: %j after %j', (level, next, earlier, expected) => {
    const versions = earlier.map((schema, index) => ({ version: index + 1, type: type(schema) }));
    expect(checkLevel(level, type(next), versions).map((one) => `${one.direction} ${one.version}`)).toEqual(expected);
  });
});
