/** The log: topics of records, written atomically together with the position of their source. Two engines hold this one contract (`test/contract/log.ts`). */
import type { Json, NewRecord, Rejection, StoredRecord } from '../record.js';

/** Largest value a topic takes, in bytes. */
export const MAX_RECORD_BYTES = 1_000_000;
/** Rejected records, JSON values: see `rejection.ts`. */
export const CASE_TOPIC = '_kasus';

export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  /** `compact`: the latest record of each key stays for ever (tombstones go after a day); `time`: records go after `retention`. */
  readonly cleanup: 'compact' | 'time';
  /** Milliseconds; only with `time`. Absent: kept for ever. */
  readonly retention?: number;
}

export interface TopicInfo extends TopicSpec {
  /**
   * Committed records between start and end of all partitions, never fewer than there are. PostgreSQL: exact. Kafka: ends of transactions and aborted records are not counted, but
   * records that compaction has removed may still be, after retention up to some 10,000 per partition, and of a long log not yet counted its offsets stand for its records.
   */
  readonly records: number;
}

export interface PartitionRange {
  readonly partition: number;
  /** Offset of the first record that is still there. */
  readonly start: number;
  /** Offset that the next record will get, or more. */
  readonly end: number;
}

/** The one who may write under a name. Holds a lease that is renewed while it is open. */
export interface Writer {
  readonly name: string;
  /** Position of the last commit under this name, by whichever process. Known when `log.writer()` resolves, and after each own commit. */
  position(): Json | undefined;
  /** Gives the lease back. */
  close(): Promise<void>;
}

export interface CommitBatch {
  readonly records: readonly NewRecord[];
  readonly rejections?: readonly Rejection[];
  /** Absent: the position stays as it is. */
  readonly position?: Json;
}

export interface CommitReceipt {
  /** Offsets given to `records`, in their order. */
  readonly offsets: readonly number[];
}

export interface RecordBatch {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly StoredRecord[];
  /** Where reading goes on: after the last record, past offsets without records (compaction, transaction markers). */
  readonly nextOffset: number;
}

export interface ConsumeOptions {
  /**
   * Asked when a partition is assigned, before any of its records is handed over: the offset to begin with. Absent, or answering undefined: the group's stored offset, and
   * without one the start of the log. When given, the reader keeps its own offsets and the log stores none for it.
   */
  readonly start?: (topic: string, partition: number) => Promise<number | undefined>;
  /**
   * Records of one partition in offset order. Resolving acknowledges them (the group's offset is stored unless `start` is given); rejecting ends `consume` with that error.
   * `signal` is aborted when the partition is taken away: stop, and write nothing more.
   */
  readonly handle: (batch: RecordBatch, signal: AbortSignal) => Promise<void>;
  /** Ends `consume` normally, after the running `handle` calls. */
  readonly signal: AbortSignal;
  /** Most records of one `handle` call; 4,000 unless said. */
  readonly limit?: number;
}

export interface GroupOffset {
  readonly topic: string;
  readonly partition: number;
  /** Next offset the group reads. */
  readonly offset: number;
  /** Records between it and the end. */
  readonly lag: number;
}

export interface Log {
  readonly engine: 'postgres' | 'kafka';

  /** Creates the topic, or adds partitions and changes cleanup to match. Fewer partitions than there are is refused: keys would move. */
  ensureTopic(spec: TopicSpec): Promise<void>;
  topics(): Promise<TopicInfo[]>;

  /**
   * Takes the lease `name`, fences any former holder, and knows the position when it resolves. Waits while another living process holds the lease, unless `takeOver`.
   * A lease not renewed for 4 s is free. Waiting ends with the reason of `signal` when that is aborted. `held` is called each time another was seen to hold it.
   */
  writer(name: string, options?: { signal?: AbortSignal; takeOver?: boolean; held?: () => void }): Promise<Writer>;

  /**
   * All of it durable and visible together. FencedError: nothing was written. RecordTooLargeError: nothing was written, the writer goes on. Any other error: the outcome is
   * unknown; close this writer, open it again and go on from its position; never send again. Concurrent commits of several writers are allowed and small ones coalesced;
   * commits of one writer are done in the order of the calls.
   */
  commit(writer: Writer, batch: CommitBatch): Promise<CommitReceipt>;

  /** Reads as a member of `group`; members share partitions, also across processes. Ends only by `signal` or with an error. Order per key is kept. */
  consume(group: string, topics: readonly string[], options: ConsumeOptions): Promise<void>;
  /** Stored offsets of a group with their lag. */
  groupOffsets(group: string): Promise<GroupOffset[]>;
  /** Moves a group. Refused while a member is reading. `offset` undefined: forget it, so that the group begins at the start. */
  resetGroup(group: string, topic: string, partition: number, offset: number | undefined): Promise<void>;

  /** Committed records from an offset on, at most `limit`, without waiting. @throws OffsetOutOfRangeError below the start. */
  read(topic: string, partition: number, fromOffset: number, limit: number): Promise<RecordBatch>;
  offsets(topic: string): Promise<PartitionRange[]>;
  /** First offset per partition whose record is not older than `time` (ms since 1970); the end where there is none. */
  offsetsAt(topic: string, time: number): Promise<{ partition: number; offset: number }[]>;

  /** Makes every value of a key unreadable. PostgreSQL: values become null at once; Kafka: a tombstone, and compaction within the topic's lag. */
  erase(topic: string, key: string): Promise<void>;
  /** Applies retention and compaction now, as far as the engine lets us; the runtime calls it by schedule. */
  clean(): Promise<void>;

  close(): Promise<void>;
}
