/** How a rejected record lies in the internal topic `_kasus`: JSON, keyed by the case's id. */
import type { NewRecord, Rejection, StoredRecord } from '../record.js';
import { CASE_TOPIC } from './log.js';

export function rejectionRecord(rejection: Rejection): NewRecord {
  return { topic: CASE_TOPIC, key: rejection.id, value: Buffer.from(JSON.stringify(rejection)), id: rejection.id, time: rejection.time };
}

/** The inverse. `undefined` for a tombstone (an erased case). */
export function readRejection(record: StoredRecord): Rejection | undefined {
  return record.value === null ? undefined : (JSON.parse(record.value.toString('utf8')) as Rejection);
}
