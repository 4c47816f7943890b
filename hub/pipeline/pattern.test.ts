import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compilePattern } from './pattern.js';

test.each<[pattern: string, yes: string[], no: string[]]>([
  ['^\\d{16}$', ['5371010101010001'], ['537101', 'x5371010101010001']],
  ['abc', ['xabcx'], ['ab', '']],
  ['^(ab|cd)+$', ['ab', 'abcdab'], ['', 'abc']],
  ['^a{2,3}$', ['aa', 'aaa'], ['a', 'aaaa']],
  ['^a{2,}$', ['aa', 'aaaaa'], ['a']],
  ['^[A-Z][^0-9_]*\\.$', ['Jl.', 'K.'], ['jl.', 'J1.']],
  ['(?i)^lurah [a-z]+$', ['LURAH ALAK'], ['camat alak']],
  ['\\bkel\\b', ['di kel alak'], ['kelurahan']],
  ['^[\\d\\-/]+$', ['01-02/03'], ['a']],
  ['^$', [''], ['a']],
  ['^(?:a*)*b$', ['aaab', 'b'], ['a']],
  ['^.é$', ['né'], ['n']],
  ['^[]a]+$', [']a]'], ['b']],
])('%s', (pattern, yes, no) => {
  const matches = compilePattern(pattern);
  for (const text of yes) expect([text, matches(text)]).toEqual([text, true]);
  for (const text of no) expect([text, matches(text)]).toEqual([text, false]);
});

describe('no pattern can hang', () => {
  test.each([['(a+)+$'], ['(a|a)*$'], ['(.*)*x'], ['a*a*a*a*a*b'], ['(a?){50}a{50}$']])('%s', (pattern) => {
    const started = Date.now();
    compilePattern(pattern)(`${'a'.repeat(5000)}!`);
    expect(Date.now() - started).toBeLessThan(3000);
  });

  test('a pattern or a text without measure is refused', () => {
    expect(() => compilePattern('((a{100}){100}){100}')).toThrow('pola terlalu besar');
    expect(() => compilePattern('a')('b'.repeat(20_001))).toThrow('lebih panjang');
  });
});

test.each(['(', 'a)', '[a', '*a', 'a**+', '\\1', '(?=a)', '\\', '[z-a]', 'a{3,2}'])('%s is refused with a sentence', (pattern) => {
  expect(() => compilePattern(pattern)).toThrow(/^pola tidak dapat dipakai: /);
});

test('it agrees with JavaScript on random patterns of its language', () => {
  const leaf = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '^', '$', '\\b');
  const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
    pattern: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.tuple(tie('pattern'), tie('pattern')).map(([x, y]) => x + y),
      fc.tuple(tie('pattern'), tie('pattern')).map(([x, y]) => `(${x}|${y})`),
      fc.tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{0,2}')).map(([x, q]) => `(?:${x})${q}`),
    ),
  }));
  fc.assert(
    fc.property(pattern, fc.string({ unit: fc.constantFrom('a', 'b', '1', ' '), maxLength: 8 }), (source, text) => {
      expect([source, text, compilePattern(source)(text)]).toEqual([source, text, new RegExp(source).test(text)]);
    }),
    { numRuns: 2000 },
  );
});
