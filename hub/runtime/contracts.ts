/** What the runtime must know of the contract of a topic; `hub/main.ts` joins it from the registry. */
import type { PipelineContract } from '../pipeline/pipeline.js';
import type { JsonObject } from '../record.js';

export interface TopicContract extends PipelineContract {
  /** OPD that produces the topic's records: cases about them are its own. */
  readonly owner: string;
  /** Confluent wire format. */
  encode(value: JsonObject): Buffer;
}

export interface Contracts {
  /** @throws SettingsError where the topic has no contract. */
  of(topic: string): TopicContract;
  /** Fetches the schemas that these values were written with; await it once per batch before `decode`. */
  prepare(values: readonly (Buffer | null)[]): Promise<void>;
  /** The plain JSON of a record, of whichever version of the schema. @throws RejectedRecord when the bytes are no such record. */
  decode(value: Buffer): JsonObject;
}
