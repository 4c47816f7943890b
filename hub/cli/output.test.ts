import { describe, expect, test } from '@jest/globals';
import { jsonText, oneLine, printable, table } from './output.js';

/** A record that hides what follows, moves the cursor, opens a link, speaks with the one-byte controls of a terminal and turns the direction. */
const HOSTILE = 'a\u001b[8mb\u001b[2Jc\u001b]8;;http://x\u0007d\u009b31me\u202ef\rg';

describe('text of others', () => {
  test('changes neither colour nor cursor nor direction', () => expect(printable(HOSTILE)).toBe('a?[8mb?[2Jc?]8;;http://x?d?31me?f?g'));
  test('keeps its lines where a sentence may have several', () => expect(printable('satu\n\tdua')).toBe('satu\n\tdua'));
  test('adds no line where one is expected', () => expect(oneLine('W1\n✓ kasus ditutup')).toBe('W1 ✓ kasus ditutup'));
  test('is harmless in a table, where only our own colours stay', () => {
    expect(table(['A', 'B'], [[HOSTILE, { ours: '\u001b[32mberjalan\u001b[39m' }]]).split('\n')[1]).toBe('a?[8mb?[2Jc?]8;;http://x?d?31me?f?g  \u001b[32mberjalan\u001b[39m');
  });
  test('is harmless as JSON and still the same', () => {
    const text = jsonText({ nama: HOSTILE });
    expect(text).toBe('{"nama":"a\\u001b[8mb\\u001b[2Jc\\u001b]8;;http://x\\u0007d\\u009b31me\\u202ef\\rg"}');
    expect(JSON.parse(text)).toEqual({ nama: HOSTILE });
  });
});
