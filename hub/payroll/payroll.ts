/**
 * The check of a payroll before its SPM. It follows `keuangan.gaji`; once every line of a batch has come (or has become a case), each line is compared with what the other
 * agencies say, and findings go to the officer of BKAD, who holds or releases each with a reason. Lines themselves are never changed.
 */
import { createHash } from 'node:crypto';
import type { Logger } from '../connector.js';
import { messageOf } from '../errors.js';
import type { Latest } from '../latest/latest.js';
import { CASE_TOPIC, type Log, type RecordBatch, type Writer } from '../log/log.js';
import { pause } from '../log/outage.js';
import { readRejection } from '../log/rejection.js';
import type { Json, JsonObject, NewRecord } from '../record.js';
import { all, readFacts, SOURCES, type Decode } from './facts.js';
import { findingsOf, type PayLine } from './findings.js';

const LINES = 'keuangan.gaji';
const FINDINGS = 'keuangan.temuan_gaji';
const WRITER = '_payroll';
/** Topics that the check reads and writes. */
export const PAYROLL_TOPICS: readonly string[] = [...SOURCES, FINDINGS];

export interface PayrollContracts extends Decode {
  of(topic: string): { key(value: JsonObject): string | undefined; encode(value: JsonObject): Buffer };
}

export interface Payroll {
  /** Checks batches until the signal is aborted; one hub at a time does. Waits through outages. */
  follow(signal: AbortSignal): Promise<void>;
  /** Findings, those that wait for a decision first. */
  findings(): Promise<JsonObject[]>;
  /** Undefined when there is no such finding. */
  decide(id: string, decision: Decision): Promise<JsonObject | undefined>;
}

export interface Decision {
  readonly keputusan: 'DITAHAN' | 'DILEPAS';
  readonly alasan: string;
}

/** How far the check is: next offsets, and how many lines of each batch have come. */
interface Position {
  readonly offsets: { readonly [place: string]: number };
  readonly batches: { readonly [file: string]: { readonly expected: number; readonly seen: number; readonly checked: boolean } };
}

export interface PayrollOptions {
  readonly log: Log;
  readonly latest: Latest;
  readonly contracts: PayrollContracts;
  /** Office or name of the BKAD officer who decides. */
  readonly officer: string;
  readonly logger: Logger;
  readonly now?: () => Date;
}

export function openPayroll({ log, latest, contracts, officer, logger, now = () => new Date() }: PayrollOptions): Payroll {
  async function run(signal: AbortSignal): Promise<void> {
    const writer = await log.writer(WRITER, { signal });
    let queue: Promise<unknown> = Promise.resolve();
    try {
      await log.consume(WRITER, [LINES, CASE_TOPIC], {
        signal,
        start: async (topic, partition) => positionOf(writer).offsets[`${topic}/${partition}`],
        // Partitions come side by side, the position is one: one batch after another.
        handle: (batch, taken) => (queue = queue.then(() => handle(writer, batch, AbortSignal.any([signal, taken])))) as Promise<void>,
      });
    } finally {
      await writer.close();
    }
  }

  async function handle(writer: Writer, batch: RecordBatch, signal: AbortSignal): Promise<void> {
    const files = await filesOf(batch);
    const position = positionOf(writer);
    const batches = { ...position.batches };
    for (const { file, rows } of files) {
      const known = batches[file] ?? { expected: rows, seen: 0, checked: false };
      batches[file] = { ...known, seen: known.seen + 1 };
    }
    const complete = [...new Set(files.map(({ file }) => file))].filter((file) => batches[file]!.seen >= batches[file]!.expected);
    const records = complete.length > 0 ? await check(new Set(complete), signal) : [];
    for (const file of complete) batches[file] = { ...batches[file]!, checked: true };
    const offsets = { ...position.offsets, [`${batch.topic}/${batch.partition}`]: batch.nextOffset };
    await log.commit(writer, { records, position: { offsets, batches } as unknown as Json });
  }

  /** Of which file each line or rejected line is. */
  async function filesOf(batch: RecordBatch): Promise<{ file: string; rows: number }[]> {
    const values: JsonObject[] = [];
    if (batch.topic === CASE_TOPIC) {
      for (const record of batch.records) {
        const rejection = readRejection(record);
        if (rejection?.topic === LINES) values.push({ berkas: rejection.payload._berkas ?? null, jumlah_baris: rejection.payload._jumlah_baris ?? null });
      }
    } else {
      const stored = batch.records.flatMap(({ value }) => (value === null ? [] : [value]));
      await contracts.prepare(stored);
      values.push(...stored.map((value) => contracts.decode(value)));
    }
    return values.flatMap(({ berkas, jumlah_baris: rows }) => (typeof berkas === 'string' && typeof rows === 'number' ? [{ file: berkas, rows }] : []));
  }

  /** New findings about the lines of these files, in one snapshot that has everything the sources hold now. */
  async function check(files: ReadonlySet<string>, signal: AbortSignal): Promise<NewRecord[]> {
    await latest.waitUntilReached([...SOURCES, FINDINGS], signal);
    return latest.snapshot(async (view) => {
      const rows: JsonObject[] = [];
      for await (const row of all(view, LINES, contracts)) if (files.has(String(row.berkas))) rows.push(row);
      const facts = await readFacts(view, contracts, rows.map(lineOf));
      const time = now();
      const found = rows.flatMap((row) => findingsOf(lineOf(row), facts(lineOf(row))).map((finding) => findingRecord(row, finding, officer, time)));
      // A decision that somebody took stands when the same batch is checked again.
      const decided = await view.get(FINDINGS, found.map((finding) => String(finding.id_temuan)));
      return found.filter((finding) => !decided.has(String(finding.id_temuan))).map(stored);
    });
  }

  const stored = (finding: JsonObject): NewRecord => ({
    topic: FINDINGS,
    key: String(finding.id_temuan),
    value: contracts.of(FINDINGS).encode(finding),
    id: `${String(finding.id_temuan)}:${String(finding.keputusan)}:${String(finding.diputuskan ?? '')}`,
  });

  return {
    async follow(signal) {
      while (!signal.aborted) {
        await run(signal).catch((error: unknown) => {
          if (!signal.aborted) logger.warn({ err: error }, `Pemeriksaan gaji dimulai ulang: ${messageOf(error)}`);
        });
        if (!signal.aborted) await pause(1000, signal);
      }
    },
    async findings() {
      const found: JsonObject[] = [];
      for await (const finding of all(latest, FINDINGS, contracts)) found.push(finding);
      const rank = (finding: JsonObject): number => (finding.keputusan === 'MENUNGGU' ? 0 : 1) + (finding.tingkat === 'TEMUAN' ? 0 : 2);
      return found.sort((a, b) => rank(a) - rank(b) || (String(a.nip) < String(b.nip) ? -1 : 1));
    },
    async decide(id, decision) {
      const known = (await latest.get(FINDINGS, [id])).get(id);
      if (!known) return undefined;
      await contracts.prepare([known.value]);
      const decided: JsonObject = { ...contracts.decode(known.value), ...decision, diputuskan: now().toISOString() };
      const writer = await log.writer(`${WRITER}-decision`);
      try {
        await log.commit(writer, { records: [stored(decided)] });
      } finally {
        await writer.close();
      }
      return decided;
    },
  };
}

function positionOf(writer: Writer): Position {
  return (writer.position() as unknown as Position | undefined) ?? { offsets: {}, batches: {} };
}

function lineOf(row: JsonObject): PayLine {
  return { nip: String(row.nip), nik: typeof row.nik === 'string' ? row.nik : null, periode: `${String(row.periode)}-01`, terusan: row.jenis_gaji === 'TERUSAN', rekening: typeof row.rekening === 'string' ? row.rekening : null };
}

function findingRecord(row: JsonObject, finding: ReturnType<typeof findingsOf>[number], officer: string, time: Date): JsonObject {
  const { nip, periode, jenis_gaji, nama, kode_skpd, berkas } = row;
  const id = createHash('sha256').update([nip, periode, jenis_gaji, finding.kode].join('|')).digest('hex').slice(0, 32);
  return {
    id_temuan: id, nip: nip!, periode: periode!, jenis_gaji: jenis_gaji!, nama: nama ?? null, kode_skpd: kode_skpd ?? null, berkas: berkas ?? null,
    aturan: finding.kode, tingkat: finding.jenis, uraian: finding.uraian, nilai: row.bersih ?? null, keputusan: 'MENUNGGU', petugas: officer, ditemukan: time.toISOString(),
  };
}
