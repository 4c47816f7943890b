import { expect, test } from '@jest/globals';
import { maskIdentities } from './mask.js';

test.each([
  ['nik 5371010101900001 ganda', 'nik ************0001 ganda'],
  ['{"nip":"199001012015031002"}', '{"nip":"**************1002"}'],
  ['5371010101900001|2026-11', '************0001|2026-11'],
  // Times in milliseconds, offsets and amounts stay readable.
  ['{"time":1795500000000,"jumlah":"4200000.00"}', '{"time":1795500000000,"jumlah":"4200000.00"}'],
])('%s', (text, masked) => {
  expect(maskIdentities(text)).toBe(masked);
});
