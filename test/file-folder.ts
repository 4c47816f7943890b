/** A folder for tests of the file connector, in which files lie that were last changed a minute before noon. */
import { mkdir, mkdtemp, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import exceljs from 'exceljs';
import { beforeEach } from '@jest/globals';
import type { ConnectorContext, SourceBatch } from '../hub/connector.js';
import type { Json } from '../hub/record.js';
import { file } from '../connectors/file/file.js';
import { fileSettings, type FileSettings } from '../connectors/file/settings.js';

export const NOON = new Date('2026-11-24T04:00:00Z');

export type TestFolder = Awaited<ReturnType<typeof openTestFolder>>;

export const settings = (more: object = {}): FileSettings => fileSettings.parse({ folder: 'masuk', ...more });

/** A new folder for each test of the file that calls this. */
export function folderPerTest(): TestFolder {
  let folder: TestFolder;
  beforeEach(async () => void (folder = await openTestFolder()));
  return {
    get files() {
      return folder.files;
    },
    get context() {
      return folder.context;
    },
    put: (...given) => folder.put(...given),
    putSheets: (...given) => folder.putSheets(...given),
    readAll: (...given) => folder.readAll(...given),
    advance: (milliseconds) => folder.advance(milliseconds),
  };
}

async function openTestFolder() {
  const files = await mkdtemp(join(tmpdir(), 'sasando-berkas-'));
  let now = NOON;
  const context: ConnectorContext = {
    instance: 'uji', owner: 'dispenduk', signal: new AbortController().signal, now: () => now, files, keys: async () => [],
    logger: { debug() {}, info() {}, warn() {}, error() {} },
  };

  async function put(name: string, content: string | Buffer): Promise<void> {
    await mkdir(join(files, 'masuk'), { recursive: true });
    await writeFile(join(files, 'masuk', name), content);
    const before = new Date(NOON.getTime() - 60_000);
    await utimes(join(files, 'masuk', name), before, before);
  }

  return {
    files,
    context,
    put,
    /** Moves the clock. */
    advance(milliseconds: number): void {
      now = new Date(now.getTime() + milliseconds);
    },
    async putSheets(name: string, sheets: Record<string, unknown[][]>, merge: Record<string, string[]> = {}): Promise<void> {
      const workbook = new exceljs.Workbook();
      for (const [title, rows] of Object.entries(sheets)) {
        const sheet = workbook.addWorksheet(title);
        sheet.addRows(rows);
        for (const range of merge[title] ?? []) sheet.mergeCells(range);
      }
      await put(name, Buffer.from(await workbook.xlsx.writeBuffer()));
    },
    /** Reads to the end as the runtime does: the next batch is asked for after the former is durable. */
    async readAll(more: object = {}, position?: Json, stopAfter = Infinity): Promise<{ values: object[]; batches: SourceBatch[]; position: Json | undefined }> {
      const batches: SourceBatch[] = [];
      for await (const batch of file.read!(settings(more), position, context)) {
        batches.push(batch);
        if (batches.length >= stopAfter) break;
        await batch.committed?.(new Map());
      }
      const values = batches.flatMap((batch) => batch.records.map(({ value: { _berkas, _jumlah_baris, ...columns } }) => columns));
      return { values, batches, position: batches.at(-1)?.position ?? position };
    },
  };
}
