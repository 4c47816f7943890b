/** The file connector: CSV and XLSX, in both directions. */
import { access, mkdir, readdir } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Connector, ConnectorContext, SourceBatch } from '../../hub/connector.js';
import { diskOutcome, inside, proveFolder } from '../../hub/folder.js';
import type { Json, SourceRecord } from '../../hub/record.js';
import { fileSettings, type FileSettings } from './settings.js';
import { writeFiles } from './sink.js';
import { FILE_FIELDS, READABLE, readFiles } from './source.js';

export const file: Connector<FileSettings> = {
  name: 'file',
  version: '1.0.0',
  summary: 'Berkas CSV dan XLSX di sebuah folder: dibaca saat selesai disalin, atau ditulis lengkap dengan jumlah dan total.',
  settings: fileSettings,
  idempotent: 'key',
  check: (settings, context) => proveFolder(context.files, settings.folder),
  read,
  write: writeFiles,
  async discover(settings, context) {
    const folder = inside(context.files, settings.folder);
    const names = (await readdir(folder).catch(() => [])).filter((name) => READABLE.includes(extname(name).toLowerCase())).sort();
    return Promise.all(
      names.map(async (name) => {
        const [first] = await preview({ ...settings, pattern: name, settle: 0 }, 1, context);
        // A file that would be refused as a whole shows no columns.
        const columns = first && FILE_FIELDS.hash in first.value ? [] : Object.keys(first?.value ?? {});
        return { name, fields: columns.map((field) => ({ name: field, type: 'text' })), settings: { folder: settings.folder, pattern: name } };
      }),
    );
  },
  preview,
};

/** Reading waits for a disk that is full or away, also where what was refused is noted beside the file. */
async function* read(settings: FileSettings, position: Json | undefined, context: ConnectorContext): AsyncGenerator<SourceBatch> {
  const byOutcome = (error: unknown): never => {
    throw diskOutcome(error, settings.folder);
  };
  try {
    await mkdir(inside(context.files, settings.folder), { recursive: true });
    for await (const batch of readFiles(settings, position, context)) {
      yield { ...batch, committed: async (rejected) => batch.committed?.(rejected).catch(byOutcome) };
    }
  } catch (error) {
    byOutcome(error);
  }
}

/** Looks only: no folder is made, no file is moved, nothing is noted. */
async function preview(settings: FileSettings, n: number, context: ConnectorContext): Promise<SourceRecord[]> {
  const there = await access(inside(context.files, settings.folder)).then(() => true, () => false);
  if (!there) return [];
  for await (const batch of readFiles({ ...settings, batch: Math.min(n, settings.batch) }, undefined, context)) return batch.records.slice(0, n);
  return [];
}
