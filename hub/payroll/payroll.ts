/**
 * The check of a payroll before its SPM. It follows `keuangan.gaji`; once every line of a batch has come (or has become a case), each line is compared with what the other
 * agencies say, and findings go to the officer of BKAD, who holds or releases each with a reason. Until the SP2D is out, a death that becomes known later is looked at, too.
 * Lines themselves are never changed.
 */
import type { Logger } from '../connector.js';
import { ContractError, FencedError, messageOf, RejectedRecord, RetriableError } from '../errors.js';
import type { Latest } from '../latest/latest.js';
import { CASE_TOPIC, type Log, type RecordBatch, type Writer } from '../log/log.js';
import { pause } from '../log/outage.js';
import type { Json, JsonObject, NewRecord, StoredRecord } from '../record.js';
import { type Arrival, caseArrival, countArrivals, lineArrival, LINES, type Progress } from './arrivals.js';
import { all, type Decode, readable, readFacts, SOURCES } from './facts.js';
import { findingsOf, type PayLine } from './findings.js';
import { linesToCheck, type Wanted } from './lines.js';
import { verdict } from './verdict.js';

const EVENTS = 'kependudukan.peristiwa';
const FINDINGS = 'keuangan.temuan_gaji';
const WRITER = '_payroll';
/** Held while findings are written, so that no decision and no check overlooks the other. */
const PEN = `${WRITER}-decision`;
/** How long a person who decides waits for a check that is under way, in milliseconds. */
const PATIENCE = 30_000;
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
  /**
   * Undefined when there is no such finding.
   * @throws RejectedRecord without a reason or without an officer, ContractError for a finding that no longer holds, RetriableError while a check takes too long.
   */
  decide(id: string, decision: Decision): Promise<JsonObject | undefined>;
}

export interface Decision {
  readonly keputusan: 'DITAHAN' | 'DILEPAS';
  readonly alasan: string;
  /** Who decides; the office that is responsible unless said. */
  readonly petugas?: string;
}

/** How far the check is: next offsets, and how much of each file has come. */
interface Position {
  readonly offsets: { readonly [place: string]: number };
  readonly files: Progress;
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
      await log.consume(WRITER, [LINES, CASE_TOPIC, EVENTS], {
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
    const position = positionOf(writer);
    const { progress: files, wanted } = await look(batch, position.files);
    const next = { offsets: { ...position.offsets, [`${batch.topic}/${batch.partition}`]: batch.nextOffset }, files } as unknown as Json;
    try {
      if (wanted) await check(writer, wanted, files, next, signal);
      else await log.commit(writer, { records: [], position: next });
    } catch (error) {
      // To a group, being fenced means that the partition is somebody else's. Here the writer is: it has to be opened again.
      throw error instanceof FencedError ? new RetriableError(messageOf(error), { cause: error }) : error;
    }
  }

  /** What a batch of the log means for the check. */
  async function look(batch: RecordBatch, files: Progress): Promise<{ progress: Progress; wanted?: Wanted }> {
    const values = await decoded(batch);
    if (batch.topic === EVENTS) {
      const deaths = values.filter(({ value }) => value === undefined || value.jenis === 'MATI');
      const dead = new Set(deaths.flatMap(({ value }) => (typeof value?.nik === 'string' ? [value.nik] : [])));
      const any = deaths.length > 0 && Object.values(files).some(({ checked }) => checked);
      return { progress: files, ...(any && { wanted: { files: new Set<string>(), lines: new Set<string>(), dead } }) };
    }
    const lines = new Set<string>();
    const arrivals: Arrival[] = [];
    for (const { record, value } of values) {
      const arrival = batch.topic === CASE_TOPIC ? caseArrival(record) : value && lineArrival(record, value);
      if (arrival && arrival !== 'replayed') arrivals.push(arrival);
      else if (arrival && files[String(value!.berkas)]?.checked) lines.add(record.key);
    }
    const { progress, complete } = countArrivals(files, arrivals);
    return { progress, ...((complete.size > 0 || lines.size > 0) && { wanted: { files: complete, lines } }) };
  }

  /** Records of a batch; without a value where the key was deleted, where the bytes are no record, or where the topic is not one of contracts. */
  async function decoded(batch: RecordBatch): Promise<{ record: StoredRecord; value?: JsonObject }[]> {
    if (batch.topic === CASE_TOPIC) return batch.records.map((record) => ({ record }));
    await contracts.prepare(batch.records.flatMap(({ value }) => (value === null ? [] : [value])));
    return batch.records.map((record) => {
      const value = record.value === null ? undefined : readable(contracts, record.value);
      if (record.value !== null && !value) logger.warn({ topic: record.topic, partition: record.partition, offset: record.offset }, 'record cannot be read; the payroll check goes on without it');
      return value ? { record, value } : { record };
    });
  }

  /** Writes what is found now, in one snapshot that has everything the sources hold. */
  async function check(writer: Writer, wanted: Wanted, files: Progress, position: Json, signal: AbortSignal): Promise<void> {
    const there = new Set((await log.topics()).map(({ name }) => name));
    await latest.waitUntilReached(PAYROLL_TOPICS.filter((topic) => there.has(topic)), signal);
    const pen = await log.writer(PEN, { signal });
    try {
      await latest.waitUntilReached([FINDINGS], signal);
      const records = await latest.snapshot(async (view) => {
        const known = new Map<string, JsonObject>();
        for await (const { key, value } of all(view, FINDINGS, contracts)) known.set(key, value);
        const { rows, replaced } = await linesToCheck({ view, log, codec: contracts }, wanted, files, known);
        const facts = await readFacts(view, contracts, rows.map(lineOf));
        const lines = rows.map((line) => ({ line, findings: findingsOf(lineOf(line), facts(lineOf(line))) }));
        return verdict({ lines, replaced, known, officer, now: now() });
      });
      await log.commit(writer, { records: records.map(stored), position });
    } finally {
      await pen.close();
    }
  }

  const stored = (finding: JsonObject): NewRecord => ({
    topic: FINDINGS,
    key: String(finding.id_temuan),
    value: contracts.of(FINDINGS).encode(finding),
    id: `${String(finding.id_temuan)}:${String(finding.keputusan)}:${now().toISOString()}`,
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
      for await (const { value } of all(latest, FINDINGS, contracts)) found.push(value);
      const rank = (finding: JsonObject): number => (finding.keputusan === 'MENUNGGU' ? 0 : finding.keputusan === 'GUGUR' ? 2 : 1) + (finding.tingkat === 'TEMUAN' ? 0 : 3);
      return found.sort((a, b) => rank(a) - rank(b) || (String(a.nip) < String(b.nip) ? -1 : 1));
    },
    async decide(id, { keputusan, alasan, petugas = officer }) {
      if (alasan.trim() === '') throw new RejectedRecord([{ path: 'alasan', rule: 'required', message: 'setiap keputusan perlu alasan tertulis', severity: 'reject' }]);
      if (petugas.trim() === '') throw new RejectedRecord([{ path: 'petugas', rule: 'required', message: 'setiap keputusan perlu nama petugas yang bertanggung jawab', severity: 'reject' }]);
      if (!(await log.topics()).some(({ name }) => name === FINDINGS)) return undefined;
      const patience = AbortSignal.timeout(PATIENCE);
      const late = (cause: unknown): never => {
        throw patience.aborted ? new RetriableError('Daftar gaji sedang diperiksa; ulangi keputusan ini sebentar lagi.', { cause }) : cause;
      };
      const pen = await log.writer(PEN, { signal: patience }).catch(late);
      try {
        await latest.waitUntilReached([FINDINGS], patience).catch(late);
        const known = (await latest.get(FINDINGS, [id])).get(id);
        if (!known) return undefined;
        await contracts.prepare([known.value]);
        const finding = contracts.decode(known.value);
        if (finding.keputusan === 'GUGUR') throw new ContractError('Temuan ini sudah gugur: pada pemeriksaan terakhir tidak ada lagi, sehingga tidak perlu diputuskan.');
        const decided: JsonObject = { ...finding, keputusan, alasan: alasan.trim(), petugas: petugas.trim(), diputuskan: now().toISOString() };
        await log.commit(pen, { records: [stored(decided)] });
        return decided;
      } finally {
        await pen.close();
      }
    },
  };
}

function positionOf(writer: Writer): Position {
  const { offsets = {}, files = {} } = (writer.position() ?? {}) as unknown as Partial<Position>;
  return { offsets, files };
}

function lineOf(row: JsonObject): PayLine {
  return { nip: String(row.nip), nik: typeof row.nik === 'string' ? row.nik : null, periode: `${String(row.periode)}-01`, terusan: row.jenis_gaji === 'TERUSAN', rekening: typeof row.rekening === 'string' ? row.rekening : null };
}
