import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openLogger } from './logger.js';

test('a line never carries a full NIK, a password or the password of a connection string', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'sasando-log-')), 'sub/hub.log');
  const logger = openLogger(file);
  logger.warn({ key: '5371010101900001', settings: { password: 'sangat-rahasia' }, err: new Error('postgres://siak:sangat-rahasia@10.1.1.2/siak menolak') }, 'penduduk 5371010101900001 ditolak');
  const line = readFileSync(file, 'utf8');
  expect(line).not.toContain('5371010101900001');
  expect(line).not.toContain('sangat-rahasia');
  expect(JSON.parse(line)).toMatchObject({ level: 'warn', key: '************0001', settings: { password: '***' }, msg: 'penduduk ************0001 ditolak' });
});

// A device of Linux that is always full.
(process.platform === 'linux' ? test : test.skip)('a full disk does not end whoever has something to say', () => {
  const logger = openLogger('/dev/full');
  for (let line = 0; line < 1_000; line++) expect(() => logger.error({ line }, 'disk penuh')).not.toThrow();
});
