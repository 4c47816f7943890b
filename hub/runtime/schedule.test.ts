import { describe, expect, test } from '@jest/globals';
import { nextRun, parseCron, parseEvery } from './schedule.js';

const next = (expression: string, time: string) => parseCron(expression).next(new Date(time))?.toISOString();

describe('schedule', () => {
  test.each([
    ['*/5 * * * *', '2026-11-24T01:02:03.000Z', '2026-11-24T01:05:00.000Z'],
    ['*/5 * * * *', '2026-11-24T01:05:00.000Z', '2026-11-24T01:10:00.000Z'],
    // 06.00 WITA is 22.00 UTC of the day before.
    ['0 6 * * *', '2026-11-24T01:00:00.000Z', '2026-11-24T22:00:00.000Z'],
    ['0 6 * * *', '2026-11-24T22:00:00.000Z', '2026-11-25T22:00:00.000Z'],
    ['30 7 1 * *', '2026-11-24T00:00:00.000Z', '2026-11-30T23:30:00.000Z'],
    ['0 8 * * 1', '2026-11-24T00:00:00.000Z', '2026-11-30T00:00:00.000Z'],
    ['0 0 29 2 *', '2026-11-24T00:00:00.000Z', '2028-02-28T16:00:00.000Z'],
    ['*/20 * * * * *', '2026-11-24T01:02:21.000Z', '2026-11-24T01:02:40.000Z'],
  ])('%s after %s is %s', (expression, time, expected) => expect(next(expression, time)).toBe(expected));

  test('every', () => expect(parseEvery('10s').next(new Date('2026-11-24T01:00:00.000Z'))).toEqual(new Date('2026-11-24T01:00:10.000Z')));

  test.each([['x y'], ['61 * * * *'], ['* * * *'], ['0 0 31 2 *']])('%s is refused with an example', (expression) => expect(() => parseCron(expression)).toThrow(/^jadwal ".*" tidak dikenal \(.*\); contoh yang benar/));
  test('every is refused with an example', () => expect(() => parseEvery('sebentar')).toThrow('jangka "sebentar" tidak dikenal; contoh yang benar: 10s, 5m, 1h'));

  test('never run and missed runs are due at once, once', () => {
    const hourly = parseCron('0 * * * *');
    const now = new Date('2026-11-24T05:30:00.000Z');
    expect(nextRun(hourly, undefined, now)).toEqual(now);
    expect(nextRun(hourly, new Date('2026-11-24T01:00:00.000Z'), now)).toEqual(now);
    expect(nextRun(hourly, new Date('2026-11-24T05:30:00.000Z'), now)).toEqual(new Date('2026-11-24T06:00:00.000Z'));
  });

  test('after the clock was set back nothing waits for the old time to come again', () => {
    const now = new Date('2026-11-24T05:00:00.000Z');
    const before = new Date('2026-11-24T06:00:03.000Z');
    expect(nextRun(parseEvery('10s'), before, now)).toEqual(new Date('2026-11-24T05:00:10.000Z'));
    expect(nextRun(parseCron('*/5 * * * *'), before, now)).toEqual(new Date('2026-11-24T05:05:00.000Z'));
  });
});
