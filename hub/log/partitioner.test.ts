import { expect, test } from '@jest/globals';
import { murmur2, partitionOf } from './partitioner.js';

// From Kafka's own UtilsTest.testMurmur2.
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('murmur2 of %s', (key, hash) => {
  expect(murmur2(key)).toBe(hash);
});

test('one partition takes every key', () => {
  expect(partitionOf('5371010101010001', 1)).toBe(0);
});
