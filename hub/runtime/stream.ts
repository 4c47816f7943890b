/** One way from the agency's words into a topic: pipeline, then encoding. */
import { setImmediate } from 'node:timers/promises';
import { MAX_RECORD_BYTES } from '../log/log.js';
import { compilePipeline, type Outcome, type PipelineOptions } from '../pipeline/pipeline.js';
import type { Fault, JsonObject, SourceRecord } from '../record.js';
import type { TopicContract } from './contracts.js';

export interface Stream {
  /** `SourceRecord.stream` that it takes; empty for the only one. */
  readonly name: string;
  readonly topic: string;
  /** Drop records whose key and content are the latest already. */
  readonly overlap: boolean;
  readonly contract: TopicContract;
  /** What it makes of a record depends on records that are stored already. */
  readonly looksUp: boolean;
  prepare(records: readonly SourceRecord[], waited?: number): Promise<Prepared[]>;
  close(): Promise<void>;
}

const PART = 250;

/** As an outcome of the pipeline, but encoded. */
export type Prepared = { readonly kind: 'record'; readonly key: string; readonly value: Buffer | null; readonly warned: boolean } | Exclude<Outcome, { kind: 'record' }>;

export interface StreamSpec {
  readonly stream?: string;
  readonly topic: string;
  readonly overlap?: boolean;
  readonly mapping?: unknown;
  readonly where?: string;
  readonly require?: unknown;
}

/** The part of a stream, a sink or a reply that the pipeline compiles. */
export function pipelineOf({ mapping, where, require }: Pick<StreamSpec, 'mapping' | 'where' | 'require'>): object {
  return { mapping, where, require };
}

/** @throws SettingsError with every fault of mapping, `where` and `require`. */
export function compileStream(spec: StreamSpec, contract: TopicContract, options: Omit<PipelineOptions, 'contract'>): Stream {
  const pipeline = compilePipeline(pipelineOf(spec), { ...options, contract });
  return {
    name: spec.stream ?? '',
    topic: spec.topic,
    overlap: spec.overlap ?? false,
    contract,
    looksUp: pipeline.looksUp,
    async prepare(records, waited) {
      const all: Prepared[] = [];
      // In parts, so that of a large batch not every mapped value is in memory at once; each part costs one question for its lookups.
      for (let at = 0; at < records.length; at += PART) {
        // In between, what arrived is heard: requests, and the answers that the batch before waits for.
        if (at > 0) await setImmediate();
        for (const outcome of await pipeline.run(records.slice(at, at + PART), waited)) all.push(outcome.kind === 'record' ? encoded(outcome, contract) : outcome);
      }
      return all;
    },
    close: () => pipeline.close(),
  };
}

function encoded(outcome: Extract<Outcome, { kind: 'record' }>, contract: TopicContract): Prepared {
  const { key, warnings } = outcome;
  let value: Buffer | null;
  try {
    value = outcome.value === null ? null : contract.encode(outcome.value);
  } catch {
    return { kind: 'rejected', key, faults: [fault('encode', 'tidak dapat disimpan menurut kontraknya', 'Periksa jenis tiap kolom terhadap kontrak topik')] };
  }
  if (value && value.length > MAX_RECORD_BYTES) {
    return { kind: 'rejected', key, faults: [fault('size', `${value.length} byte, batasnya ${MAX_RECORD_BYTES} byte`, 'Kirim lampiran besar sebagai berkas, bukan di dalam catatan')] };
  }
  return { kind: 'record', key, value, warned: warnings.length > 0 };
}

function fault(rule: string, message: string, repair: string): Fault {
  return { path: '', rule, message, repair, severity: 'reject' };
}

/** Payloads above this are kept in part: a case must itself fit the log. */
const MAX_PAYLOAD = 800_000;

/** The record as a case keeps it: as it was read, Dates as text. */
export function payloadOf(value: JsonObject): JsonObject {
  const text = JSON.stringify(value);
  return text.length * 3 > MAX_PAYLOAD && Buffer.byteLength(text) > MAX_PAYLOAD ? { _terpotong: text.slice(0, 100_000) } : (JSON.parse(text) as JsonObject);
}
