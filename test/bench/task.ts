/** What one measuring process is asked, and what it answers. */

export interface Task {
  readonly kind: 'source' | 'sink' | 'commits';
  readonly engine: Engine;
  readonly hubUrl: string;
  readonly agencyUrl: string;
  readonly brokers: readonly string[];
  /** Before the topics of this run, where runs share a broker. */
  readonly prefix: string;
  readonly rows: number;
  /** With `commits`: how many instances share the 200 commits of a second, and for how long. */
  readonly writers: number;
  readonly seconds: number;
}

export type Engine = 'postgres' | 'kafka';

export interface Moved {
  /** From the instance's start until the last record was committed. */
  readonly seconds: number;
  /** Of the whole process from its start, in bytes. */
  readonly peakRss: number;
  /** CPU time of the process, in seconds. */
  readonly cpu: number;
  /** From the start of the process until the instance could begin. */
  readonly ready: number;
  readonly cases: number;
}

export interface Latencies {
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
  readonly commits: number;
  readonly peakRss: number;
}
