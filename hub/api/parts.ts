/** What the API translates to HTTP: the parts of a built hub, each with the few methods that are used here. */
import type { Cases } from '../cases/cases.js';
import type { Log } from '../log/log.js';
import type { Payroll } from '../payroll/payroll.js';
import type { Json, JsonObject, StoredRecord } from '../record.js';
import type { Runtime } from '../runtime/runtime.js';

export interface Parts {
  readonly engine: 'postgres' | 'kafka';
  readonly startedAt: Date;
  /** Sentences about what could not be applied or started, for the status. */
  faults(): readonly string[];
  /** The database and the log answer. */
  ready(): Promise<boolean>;
  readonly log: Pick<Log, 'topics' | 'read' | 'offsets' | 'offsetsAt'>;
  /** Value of a record in words of its contract; JSON for internal topics. */
  decode(record: StoredRecord): Promise<Json>;
  readonly runtime: Pick<Runtime, 'instances' | 'pause' | 'resume' | 'stop' | 'restart' | 'position' | 'setPosition' | 'receive' | 'replay' | 'closeCase'>;
  readonly cases: Pick<Cases, 'list' | 'show'>;
  readonly payroll: Pick<Payroll, 'findings' | 'decide'>;
  /** Only with the simulated city. */
  readonly city?: CityPart;
  /** Applies files of instances and schemas; with `dryRun` only says what would change. */
  apply(files: readonly AppliedFile[], dryRun: boolean): Promise<readonly AppliedChange[]>;
}

export interface CityPart {
  simulators(): readonly { readonly name: string; readonly url?: string; readonly faults: JsonObject }[];
  setFaults(name: string, faults: JsonObject): JsonObject | undefined;
  stories(): readonly { readonly name: string; readonly summary: string; readonly state?: string }[];
  tell(name: string): Promise<string | undefined>;
}

export interface AppliedFile {
  readonly path: string;
  readonly text: string;
}

export interface AppliedChange {
  readonly kind: 'instance' | 'schema';
  readonly name: string;
  readonly change: 'new' | 'changed' | 'unchanged';
}
