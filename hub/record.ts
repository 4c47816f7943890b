/** The shared words for data on its way: what a source reads, what lies in a topic, what a sink is handed. */

/** Anything JSON can say. Identities (NIK, NIP, account numbers) and money are always text, never numbers. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

/** One thing wrong with a record. `reject` keeps the record out of its topic; `warn` is noted beside it. */
export interface Fault {
  /** Where in the record: `nik`, `alamat.rt`, `anggota[2].nik`; empty for the record as a whole. */
  readonly path: string;
  /** Stable word for programs: `required`, `type`, `format.nik`, `code`, `mapping`, `syntax` … */
  readonly rule: string;
  /** One sentence in Bahasa Indonesia without the field's name and without personal data: `15 angka, seharusnya 16`. */
  readonly message: string;
  /** What the person who owns the data can do, in Bahasa Indonesia. */
  readonly repair?: string;
  readonly severity: 'reject' | 'warn';
}

/** A record as the agency has it, before mapping. */
export interface SourceRecord {
  /** Fields under the agency's names. Values are JSON or Date; bigint is not used. */
  readonly value: JsonObject;
  /** Which of the connector's streams (`asn`, `riwayat_jabatan`); empty for connectors with one. */
  readonly stream?: string;
  /** Where a person finds it in the source, shown in a case: `sheet Alak, baris 17`, `halaman 3`. */
  readonly origin?: string;
  /** The record was deleted there: `value` needs only the fields of the key. */
  readonly deleted?: boolean;
  /** Set when the connector could not even take it apart (a broken CSV line): it becomes a case as it is. */
  readonly faults?: readonly Fault[];
  /** Id of the case that this record mends (a row of a sheet of rejected rows, uploaded again): once accepted, that case is closed in the same commit. */
  readonly mends?: string;
  /** Stable identity of the event at the source, if it has one; becomes `ce_id`. */
  readonly id?: string;
  /** When it happened at the source, in milliseconds since 1970. */
  readonly time?: number;
}

/** A record about to be committed to a topic. */
export interface NewRecord {
  readonly topic: string;
  /** UTF-8 text; decides the partition (murmur2 as in Kafka, on both engines). */
  readonly key: string;
  /** Confluent wire format: 0, schema id (4 bytes big-endian), Avro binary. `null` is a tombstone. At most 1 MB. */
  readonly value: Buffer | null;
  /** `ce_id`: unique per topic and stable over re-reads of the same event. */
  readonly id: string;
  /** Milliseconds since 1970; the commit's time if absent. */
  readonly time?: number;
  /** W3C trace context, when sampled. */
  readonly traceparent?: string;
}

/** A record as it lies in a topic. Offsets are dense per partition on PostgreSQL and may have gaps on Kafka. */
export interface StoredRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly value: Buffer | null;
  readonly id: string;
  readonly time: number;
  readonly traceparent?: string;
}

/** A record that could not pass. It is committed to `_kasus` together with those that did; the table of cases is its projection. */
export interface Rejection {
  /** Stable over re-reads: same instance, origin and content give the same id, so that a case is not opened twice. */
  readonly id: string;
  readonly instance: string;
  /** OPD that produced the record and owns the case. */
  readonly owner: string;
  readonly topic: string;
  /** Key in the topic, where it could be told. */
  readonly key?: string;
  /** The record exactly as it was read. */
  readonly payload: JsonObject;
  readonly stream?: string;
  readonly deleted?: boolean;
  readonly faults: readonly Fault[];
  readonly origin?: string;
  /** The connector's position when it was read. */
  readonly position?: Json;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** A record as a sink is handed it: decoded, filtered and mapped to the agency's names. */
export interface SinkRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  /** `null`: the key was deleted. */
  readonly value: JsonObject | null;
  readonly id: string;
  readonly time: number;
}
