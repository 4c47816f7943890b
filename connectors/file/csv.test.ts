import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readCsv } from './csv.js';

test('reading that is broken off in the middle of a file ends quietly, and the file can be read again', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'sasando-csv-')), 'besar.csv');
  writeFileSync(path, `KODE,NAMA\n${Array.from({ length: 60_000 }, (_, n) => `W${n},Titik ${n}\n`).join('')}`);
  const options = { delimiter: 'auto', encoding: 'auto', headers: ['KODE'] };
  for (let round = 0; round < 3; round++) {
    for await (const { cells } of readCsv(path, options)) {
      expect(cells).toEqual({ KODE: 'W0', NAMA: 'Titik 0' });
      break;
    }
  }
  // An error that nobody listens to would end this process meanwhile.
  let rows = 0;
  for await (const row of readCsv(path, options)) rows += row.broken ? 0 : 1;
  expect(rows).toBe(60_000);
});
