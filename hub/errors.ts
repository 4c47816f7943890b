/** Errors are thrown by outcome: the class tells the runtime what to do next, the sentence tells people (what, where, what to do). */
import type { Fault } from './record.js';

/** Network, overload, a restart on the other side: the runtime waits and tries again for ever, quietly. */
export class RetriableError extends Error {
  readonly code: string = 'retriable';
  /** Seconds the other side asked us to wait (Retry-After), if it did. */
  readonly retryAfter?: number;
  constructor(message: string, options: { cause?: unknown; retryAfter?: number } = {}) {
    super(message, { cause: options.cause });
    if (options.retryAfter !== undefined) this.retryAfter = options.retryAfter;
  }
}

/** The other side refuses who we are: the runtime stops the instance and alerts its owner. */
export class CredentialError extends Error {
  readonly code = 'credential';
}

/** The data as a whole does not fit its contract (a column vanished, a schema does not parse): the runtime pauses that stream. */
export class ContractError extends Error {
  readonly code = 'contract';
  readonly faults: readonly Fault[];
  constructor(message: string, faults: readonly Fault[] = [], options: { cause?: unknown } = {}) {
    super(message, options);
    this.faults = faults;
  }
}

/** One record cannot be taken by the other side: only that record becomes a case. */
export class RejectedRecord extends Error {
  readonly code = 'rejected';
  readonly faults: readonly Fault[];
  constructor(faults: readonly Fault[], options: { cause?: unknown } = {}) {
    super(faults.map((fault) => (fault.path ? `${fault.path}: ${fault.message}` : fault.message)).join('; '), options);
    this.faults = faults;
  }
}

/** Settings or a configuration file are wrong; lists every fault, not the first. */
export class SettingsError extends Error {
  readonly code = 'settings';
  readonly faults: readonly SettingsFault[];
  constructor(faults: readonly SettingsFault[], options: { cause?: unknown } = {}) {
    super(faults.map(sentence).join('\n'), options);
    this.faults = faults;
  }
}

export interface SettingsFault {
  /** Dotted path of the setting: `settings.folder`. */
  readonly path: string;
  readonly message: string;
  readonly file?: string;
  /** Counted from 1. */
  readonly line?: number;
}

function sentence(fault: SettingsFault): string {
  const place = fault.file ? `${fault.file}${fault.line ? `:${fault.line}` : ''}` : '';
  return [place, fault.path, fault.message].filter(Boolean).join(': ');
}

/** Another holder took the writer's lease: nothing of this commit was written. Only the lease's holder may open it again. */
export class FencedError extends Error {
  readonly code = 'fenced';
}

/** A reader asks for an offset before the log's start: records in between were removed by retention. Never reset in silence. */
export class OffsetOutOfRangeError extends Error {
  readonly code = 'offset_out_of_range';
  constructor(readonly topic: string, readonly partition: number, readonly wanted: number, readonly start: number) {
    super(`Topik ${topic} partisi ${partition}: offset ${wanted} sudah tidak ada, yang tersedia mulai ${start} (${start - wanted} catatan hilang karena masa retensi). Pilih posisi baru dengan "sasando position set".`);
  }
}

/** A record is larger than the log takes. */
export class RecordTooLargeError extends Error {
  readonly code = 'record_too_large';
  constructor(readonly topic: string, readonly bytes: number, readonly limit: number) {
    super(`Catatan untuk topik ${topic} berukuran ${bytes} byte, batasnya ${limit} byte. Kirim lampiran besar sebagai berkas, bukan di dalam catatan.`);
  }
}

/** The message of anything thrown, for a log line or an API answer. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
