import { expect, test } from '@jest/globals';
import { fieldReader, recordMaker } from './fields.js';

test('a record has the fields in their order, whatever they are called', () => {
  const record = recordMaker(['nik', 'Tgl. "Lahir"\n\u2028', 'constructor', 'a\\'])(['1', null, 3, true]);
  expect(JSON.stringify(record)).toBe('{"nik":"1","Tgl. \\"Lahir\\"\\n\u2028":null,"constructor":3,"a\\\\":true}');
  expect(Object.getPrototypeOf(record)).toBe(Object.prototype);
});

test('a name is never taken for code', () => {
  expect(recordMaker(['"]: process.exit(1), ["'])([5])).toEqual({ '"]: process.exit(1), ["': 5 });
  expect(fieldReader('"] ?? process.exit(1) ?? record["')({ x: 1 })).toBeUndefined();
  expect(() => recordMaker(['nik', '__proto__'])).toThrow('__proto__');
});

test('what every object inherits is no field of a record', () => {
  expect(fieldReader('toString')({})).toBeUndefined();
  expect(fieldReader('toString')({ toString: 'teks' })).toBe('teks');
  expect(fieldReader('__proto__')({})).toBeUndefined();
  expect(fieldReader('Tgl. Lahir')({ 'Tgl. Lahir': '1990-01-31' })).toBe('1990-01-31');
});
