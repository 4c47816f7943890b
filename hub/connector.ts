/**
 * What a connector is: data about itself plus one function per direction. A connector knows one outside system or protocol and nothing of the hub.
 *
 * It throws by outcome: RetriableError (network, 429, 503), CredentialError, ContractError, SettingsError. A single bad record is never thrown: a source hands it
 * over with `faults`, a sink answers `rejected` for it. Anything else that is thrown is a bug and makes the instance FAILED.
 * Retry, sleep, schedule, dead letters and positions belong to the runtime alone. The caller sets a time limit through `context.signal`.
 */
import type { z } from 'zod';
import type { Fault, Json, JsonObject, SinkRecord, SourceRecord } from './record.js';

export interface Connector<S = any> {
  /** Kind, as written in `connector:` of an instance file: `postgres`, `bkn`. */
  readonly name: string;
  readonly version: string;
  /** One sentence in Bahasa Indonesia. */
  readonly summary: string;
  /** `z.strictObject`, each setting with `.meta({ title, description })`. */
  readonly settings: z.ZodType<S>;

  /** Reaches the other side and proves that the settings work, without changing anything there. Called by `validate --connect` and before an instance starts. */
  check(settings: S, context: ConnectorContext): Promise<void>;

  /**
   * Source. Called at each run with the position of the last committed batch (undefined at the very first). Yields batches in order, of at most a few thousand records;
   * ends when the source has nothing more for now. When the runtime asks for the next batch, the one before is durable; until then nothing may be acknowledged or moved
   * in the source. Reading again from an older position yields the same records again (the runtime drops unchanged ones of an overlap). `finally` closes what was opened.
   * An empty `records` with a new position is allowed; a run that yields nothing proves that the source was reachable and empty.
   */
  read?(settings: S, position: Json | undefined, context: ConnectorContext): AsyncIterable<SourceBatch>;
  /** Being asked for the next batch changes nothing in the source and costs the agency nothing: the runtime may ask while the batch before is being stored, which is faster. */
  readonly readsAhead?: true;

  /** Receiver. Takes one HTTP request of the agency apart; it is answered 2xx only once the records are durable. Has no position: at least once, with a stable `id`. */
  receive?(settings: S, request: ReceivedRequest, context: ConnectorContext): Promise<SourceRecord[]>;

  /**
   * Sink. Takes records of one topic partition in offset order and answers one receipt each, in the same order. After a crash the same records come again, perhaps cut
   * into other batches: where the other side can tell (own offset row, idempotency key) the second time has no second effect.
   * A thrown error means that nothing is known of the batch: it is sent again later.
   */
  write?(settings: S, batch: SinkBatch, context: ConnectorContext): Promise<Receipt[]>;
  /** Sinks that keep their own offset (a database): the next offset they expect, so that a target restored from an older backup is caught up. */
  start?(settings: S, partition: { topic: string; partition: number }, context: ConnectorContext): Promise<number | undefined>;
  /**
   * The same batch twice has one effect, by `transaction` (offset in the same transaction), `key` (idempotency key or upsert) or not at all.
   */
  readonly idempotent?: 'transaction' | 'key';

  /** What can be connected: tables, files, sheets, with their fields. */
  discover?(settings: S, context: ConnectorContext): Promise<Discovered[]>;
  /** The first n records as they would be read, without moving any position. */
  preview?(settings: S, n: number, context: ConnectorContext): Promise<SourceRecord[]>;
}

export interface ConnectorContext {
  /** Name of the instance. */
  readonly instance: string;
  /** OPD that runs the system on the other side. */
  readonly owner: string;
  /** Aborted when the instance is paused, stopped or the hub drains: return within a second. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** The time, so that tests can move it. */
  now(): Date;
  /** Absolute path of the one folder below which file settings may point. Use `inside()` of `hub/folder.ts`. */
  readonly files: string;
  /**
   * Keys that a topic holds at present, ascending, at most `limit`, after `after`: whom to ask an agency about that answers only per NIP or NIK.
   * Keys of personal topics are personal data: never log them.
   */
  keys(topic: string, after: string | undefined, limit: number): Promise<string[]>;
}

/** Normal operation emits no lines above debug. Fields named like identities are masked by the logger. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface SourceBatch {
  readonly records: readonly SourceRecord[];
  /** Where to go on after these records: JSON that this connector understands later, also after an upgrade. */
  readonly position: Json;
  /**
   * Called by the runtime after the batch is durable, with the case of each record that was rejected (by index into `records`). Files use it to write the sheet of
   * rejected rows and to move a finished file. An error here is retried with the next run; the records are not read again.
   */
  readonly committed?: (rejected: ReadonlyMap<number, { readonly caseId: string; readonly faults: readonly Fault[] }>) => Promise<void>;
}

export interface ReceivedRequest {
  readonly method: string;
  /** Path below `/ingest/<instance>`, beginning with `/`. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Exactly the bytes that were sent (signatures cover them). At most 1 MB. */
  readonly body: Buffer;
  readonly remoteAddress: string;
}

export interface SinkBatch {
  readonly topic: string;
  readonly partition: number;
  /** At least one, ascending offsets. */
  readonly records: readonly SinkRecord[];
  /** Next offset after everything read for this batch, filtered records included. */
  readonly nextOffset: number;
}

/** What became of one record. `reply` is a record in the agency's words for the instance's `reply:` stream, such as a receipt number. */
export type Receipt =
  | { readonly outcome: 'delivered'; readonly reply?: SourceRecord }
  | { readonly outcome: 'rejected'; readonly faults: readonly Fault[]; readonly reply?: SourceRecord };

export interface Discovered {
  /** As the settings would name it: `public.penduduk`, `gaji.csv#Sheet1`. */
  readonly name: string;
  readonly fields: readonly { readonly name: string; readonly type: string; readonly key?: boolean; readonly description?: string }[];
  /** Estimated number of records, where it costs nothing to know. */
  readonly records?: number;
  /** Settings that would read it. */
  readonly settings?: JsonObject;
}
