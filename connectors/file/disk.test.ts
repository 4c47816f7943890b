/** What a full disk and a crash in the middle of a line leave behind. `/dev/full` is a device of Linux that takes nothing. */
import { createHash } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import exceljs from 'exceljs';
import type { ConnectorContext, SinkBatch } from '../../hub/connector.js';
import { RetriableError } from '../../hub/errors.js';
import type { JsonObject } from '../../hub/record.js';
import { parseSettings } from '../../hub/settings.js';
import { testContext } from '../../test/contract/context.js';
import { file } from './file.js';
import type { FileSettings } from './settings.js';

let files: string;
let context: ConnectorContext;
beforeEach(async () => {
  files = await mkdtemp(join(tmpdir(), 'sasando-disk-'));
  context = testContext({ files, now: () => new Date() });
});
const settings = (raw: JsonObject): FileSettings => parseSettings(file.settings, { folder: 'keluar', ...raw }) as FileSettings;
const batchOf = (...names: string[]): SinkBatch => ({
  topic: 'uji.surat', partition: 0, nextOffset: names.length,
  records: names.map((nama, offset) => ({ topic: 'uji.surat', partition: 0, offset, key: nama, id: `id-${offset}`, time: 0, value: { nama } })),
});

(process.platform === 'linux' ? test : test.skip)('a full disk is waited for, and then the file is whole', async () => {
  const path = join(files, 'keluar', 'surat.csv');
  await mkdir(join(files, 'keluar'));
  await symlink('/dev/full', join(files, 'keluar', `.${process.pid}-${createHash('sha256').update(path).digest('hex').slice(0, 12)}.tmp`));
  const failure = await file.write!(settings({ name: 'surat.csv' }), batchOf('Uji'), context).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(RetriableError);
  expect((failure as Error).message).toBe('Folder keluar: disk penuh; kosongkan ruang.');
  // Nothing half done is left to fill the disk further.
  expect(await readdir(join(files, 'keluar'))).toEqual([]);
  await file.write!(settings({ name: 'surat.csv' }), batchOf('Uji'), context);
  expect(await readFile(path, 'utf8')).toBe('nama\nUji\n');
});

test('whatever a record holds, its file stays in its folder and never takes the place of what the hub notes there', async () => {
  const names = ['..', '.terbit-uji.surat-0.json', '../../luar', 'x'.repeat(5_000), '/etc/passwd'];
  await file.write!(settings({ name: '{nama}/{nama}' }), batchOf(...names), context);
  expect((await readdir(join(files, 'keluar'))).sort()).toEqual(['-', '--..-luar', '-etc-passwd', '-terbit-uji.surat-0.json', '.terbit-uji.surat-0.json', 'x'.repeat(100)].sort());
  expect(await readdir(files)).toEqual(['keluar']);
  expect(JSON.parse(await readFile(join(files, 'keluar', '.terbit-uji.surat-0.json'), 'utf8'))).toEqual({ berikut: 5 });
});

test('a note that a crash cut short is left out, and those after it are kept', async () => {
  await mkdir(join(files, 'keluar'));
  await writeFile(join(files, 'keluar', 'a.csv'), 'NIK\nsatu\ndua\n');
  const rejected = (n: number) => new Map([[0, { caseId: `kasus-${n}`, faults: [{ path: 'nik', rule: 'format.nik', message: 'bukan angka', severity: 'reject' as const }] }]]);
  let n = 0;
  for await (const batch of file.read!(settings({ batch: 1, settle: 0 }), undefined, context)) {
    await batch.committed?.(batch.records.length > 0 ? rejected(++n) : new Map());
    const [notes] = (await readdir(join(files, 'keluar', 'ditolak'))).filter((name) => name.endsWith('.jsonl'));
    if (n === 1 && notes) await appendFile(join(files, 'keluar', 'ditolak', notes), '{"row":{"cells":{"NIK":"ti');
  }
  const workbook = new exceljs.Workbook();
  await workbook.xlsx.readFile(join(files, 'keluar', 'ditolak', 'a-perlu-diperbaiki.xlsx'));
  expect(workbook.worksheets[0]!.getColumn(1).values).toEqual([, 'NIK', 'satu', 'dua']);
  await rm(files, { recursive: true });
});
