import { describe, expect, test } from '@jest/globals';
import { ContractError, CredentialError, FencedError, OffsetOutOfRangeError, RetriableError, SettingsError } from '../errors.js';
import { classify, createRetry } from './retry.js';

describe('retry', () => {
  test.each([
    [new RetriableError('x'), 'wait'],
    [new CredentialError('x'), 'stop'],
    [new SettingsError([]), 'stop'],
    [new ContractError('x'), 'pause'],
    [new OffsetOutOfRangeError('uji.orang', 0, 1, 5), 'pause'],
    [new FencedError('x'), 'fenced'],
    [new TypeError('x'), 'fail'],
    ['x', 'fail'],
  ])('%p: %s', (error, expected) => expect(classify(error)).toBe(expected));

  test('delays grow to a minute, the circuit opens at the fifth failure, and a success ends both', () => {
    const retry = createRetry();
    const delays = Array.from({ length: 10 }, (_, index) => {
      const delay = retry.failed(new RetriableError('x'));
      expect(retry.open).toBe(index >= 4);
      return delay;
    });
    expect(delays[0]).toBeGreaterThanOrEqual(500);
    expect(delays[0]).toBeLessThanOrEqual(1_000);
    expect(delays[9]).toBeGreaterThanOrEqual(30_000);
    expect(delays[9]).toBeLessThanOrEqual(60_000);
    retry.succeeded();
    expect(retry.open).toBe(false);
    expect(retry.failed(new RetriableError('x'))).toBeLessThanOrEqual(1_000);
  });

  test('what the other side asked for counts when it is longer', () => {
    expect(createRetry().failed(new RetriableError('429', { retryAfter: 300 }))).toBe(300_000);
  });
});
