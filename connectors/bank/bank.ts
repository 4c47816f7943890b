/**
 * Writes the batch file for the bank. Records are first stored on disk, then, once a batch is complete and equal to its SP2D, one file is written whose name follows from
 * the SP2D. A file is issued once: the same batch again, after a crash or by a person, has no second effect.
 */
import { createHash } from 'node:crypto';
import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connector, ConnectorContext, Receipt, SinkBatch } from '../../hub/connector.js';
import { diskOutcome, inside, proveFolder, textIfThere, writeWhole } from '../../hub/folder.js';
import type { Fault, SinkRecord } from '../../hub/record.js';
import { add, bankFile, type Batch, type BatchHeader, type BatchLine, type Complete, differences, isComplete, refusal, tooLate } from './batch.js';
import { bankSettings, type BankSettings } from './settings.js';

export const bank: Connector<BankSettings> = {
  name: 'bank',
  version: '1.0.0',
  summary: 'Berkas batch untuk bank: satu berkas per SP2D, hanya bila jumlah dan totalnya sama, dan hanya sekali.',
  settings: bankSettings,
  idempotent: 'key',
  check: (settings, context) => proveFolder(context.files, settings.folder),
  async write(settings, batch, context) {
    try {
      return await write(settings, batch, context);
    } catch (error) {
      throw diskOutcome(error, settings.folder);
    }
  },
};

async function write(settings: BankSettings, sent: SinkBatch, context: ConnectorContext): Promise<Receipt[]> {
  const folder = inside(context.files, settings.folder);
  context.signal.throwIfAborted();
  await mkdir(join(folder, STORED), { recursive: true });
  const receipts: Receipt[] = sent.records.map(() => ({ outcome: 'delivered' }));
  for (const [id, records] of byBatch(sent.records)) {
    context.signal.throwIfAborted();
    const faults = await take(folder, settings.prefix, id, records.map(({ record }) => record.value as unknown as BatchHeader | BatchLine));
    // The batch is one thing: its last record carries the refusal, so that there is one case for it.
    if (faults.length > 0) receipts[records.at(-1)!.index] = { outcome: 'rejected', faults };
  }
  return receipts;
}

function byBatch(records: readonly SinkRecord[]): Map<string, { record: SinkRecord; index: number }[]> {
  const batches = new Map<string, { record: SinkRecord; index: number }[]>();
  records.forEach((record, index) => {
    if (record.value === null) return;
    const id = String(record.value.id_batch);
    batches.set(id, [...(batches.get(id) ?? []), { record, index }]);
  });
  return batches;
}

/** Where records of batches wait until all are there. */
const STORED = '.batch';

async function take(folder: string, prefix: string, id: string, values: readonly (BatchHeader | BatchLine)[]): Promise<Fault[]> {
  const store = join(folder, STORED, `${nameOf(id)}.jsonl`);
  let batch: Batch = { lines: new Map() };
  for (const line of ((await textIfThere(store)) ?? '').split('\n')) {
    const value = whole(line);
    if (!value) continue;
    if (value.jenis === 'DITOLAK') return value.faults;
    batch = add(batch, value).batch;
  }
  if (isComplete(batch)) {
    const faults = await conclude(store, folder, prefix, batch);
    return faults.length > 0 ? faults : late(batch, values);
  }
  const fresh: string[] = [];
  for (const value of values) {
    const { batch: next, fault } = add(batch, value);
    if (fault) return refuse(store, [fault]);
    if (next.lines.size !== batch.lines.size || next.header !== batch.header) fresh.push(JSON.stringify(value));
    batch = next;
  }
  if (fresh.length > 0) await append(store, `\n${fresh.join('\n')}\n`);
  return isComplete(batch) ? conclude(store, folder, prefix, batch) : [];
}

async function conclude(store: string, folder: string, prefix: string, batch: Complete): Promise<Fault[]> {
  const faults = differences(batch);
  return faults.length > 0 ? refuse(store, faults) : issue(folder, prefix, batch);
}

/** The file is out: whatever else comes for the batch changes nothing, and is told. */
function late(batch: Batch, values: readonly (BatchHeader | BatchLine)[]): Fault[] {
  return values.flatMap((value) => {
    const { batch: next, fault } = add(batch, value);
    if (fault) return [tooLate(fault)];
    return value.jenis === 'BARIS' && next.lines.size !== batch.lines.size ? [tooLate(refusal('nomor_urut', `baris nomor ${value.nomor_urut} tidak ada di dalamnya`))] : [];
  });
}

/** Undefined for a line cut short by a crash or a full disk: it was not acknowledged and comes again. */
function whole(line: string): BatchHeader | BatchLine | Refused | undefined {
  try {
    return line === '' ? undefined : (JSON.parse(line) as BatchHeader | BatchLine | Refused);
  } catch {
    return undefined;
  }
}

/** Kept with the records: a batch that was refused once stays refused, whatever else arrives for it. */
interface Refused {
  readonly jenis: 'DITOLAK';
  readonly faults: Fault[];
}

async function refuse(store: string, faults: Fault[]): Promise<Fault[]> {
  const refused: Refused = { jenis: 'DITOLAK', faults };
  await append(store, `\n${JSON.stringify(refused)}\n`);
  return faults;
}

/**
 * Writes the file, then the hub's own note of it in `.batch/`, then the control file, with which the bank may take it. Once the note is there the file is never written again, also when
 * the bank has taken both away or the hub was killed in between; before it the same bytes are written again under the same name.
 */
async function issue(folder: string, prefix: string, batch: Complete): Promise<Fault[]> {
  const { header } = batch;
  const name = `${prefix}-${header.nomor_sp2d.replace(/[^\w.]+/g, '-')}.csv`;
  const body = bankFile(batch);
  const sha256 = createHash('sha256').update(body).digest('hex');
  const control = join(folder, `${name}.kontrol.json`);
  const note = join(folder, STORED, `sp2d-${nameOf(header.nomor_sp2d)}.json`);
  const noted = await textIfThere(note);
  const issued = noted ?? (await textIfThere(control));
  if (issued === undefined) {
    const text = `${JSON.stringify({ id_batch: header.id_batch, nomor_sp2d: header.nomor_sp2d, jumlah_baris: header.jumlah_baris, total: header.total, sha256 }, null, 2)}\n`;
    await writeWhole(join(folder, name), body);
    await writeWhole(note, text);
    await writeWhole(control, text);
    return [];
  }
  const former = JSON.parse(issued) as { id_batch: string; nomor_sp2d: string; sha256: string };
  if (former.nomor_sp2d !== header.nomor_sp2d) return [refusal('nomor_sp2d', `berkas ${name} sudah dipakai untuk SP2D ${former.nomor_sp2d}`)];
  if (former.sha256 !== sha256) return [refusal('nomor_sp2d', `SP2D ${header.nomor_sp2d} sudah dikirim ke bank dengan batch ${former.id_batch}`)];
  if (noted === undefined) await writeWhole(note, issued);
  // Without its file the bank has taken both.
  else if ((await textIfThere(control)) === undefined && (await textIfThere(join(folder, name))) !== undefined) await writeWhole(control, issued);
  return [];
}

function nameOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

async function append(path: string, text: string): Promise<void> {
  await appendFile(path, text, { flush: true, mode: 0o640 } as Parameters<typeof appendFile>[2]);
}
