/** What must hold for every source. A connector's test calls this with the other side it talks to. */
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Connector, ConnectorContext, SourceBatch } from '../../hub/connector.js';
import { CredentialError, messageOf, RetriableError } from '../../hub/errors.js';
import type { Json, JsonObject, SourceRecord } from '../../hub/record.js';
import { parseSettings } from '../../hub/settings.js';
import { testContext } from './context.js';
import { type Faulty, testDeclaration } from './declaration.js';

/** The other side, with `count` good records in it. */
export interface SourceSide {
  /** As in an instance file, secrets filled in. Batches should be smaller than `count`. */
  readonly settings: JsonObject;
  /** Folder for file settings. */
  readonly files?: string;
  /** Keys of a topic, for connectors that ask about each of them. */
  readonly keys?: ConnectorContext['keys'];
  /** Identities of the records in the order in which they must be read. */
  readonly expected: readonly string[];
  identity(record: SourceRecord): string;
  /** Breaks one record in a way that its bytes cannot be taken apart, and tells how many good ones remain. Absent where the format has no such thing (a database row). */
  breakOne?(): Promise<number>;
  /** From now on the credential is refused. Absent where there is none (a folder). */
  refuse?(): Promise<void>;
  /** From now on the other side answers that it is busy, with the number of seconds to wait where its protocol can say so. Absent where it cannot be busy. */
  overload?(): Promise<{ retryAfter?: number }>;
  /** From now on the other side takes requests and never answers. Absent where nothing can hang. */
  stall?(): Promise<void>;
  /** Goes away in the middle of an answer: the next reading breaks. Absent where nothing can. */
  breakOff?(): Promise<void>;
  close(): Promise<void>;
}

export interface SourceTrial {
  readonly connector: Connector;
  open(count: number): Promise<SourceSide>;
  readonly faulty: Faulty;
  /** Sources that begin from the start at each run (no position at the end): the second run gives everything again. */
  readonly rereads?: boolean;
}

/** Declares the suite. Each optional ability of the other side must be there or be named in `without`, so that nothing is left out by mistake. */
export function testSource(name: string, trial: SourceTrial, without: readonly (keyof SourceSide | 'preview')[] = []): void {
  const { connector } = trial;
  let side: SourceSide | undefined;
  afterEach(async () => {
    await side?.close();
    side = undefined;
  });
  const open = async (count: number) => {
    side = await trial.open(count);
    return { side, settings: parseSettings(connector.settings, side.settings) };
  };
  const context = (of: SourceSide, signal?: AbortSignal) => testContext({ files: of.files, keys: of.keys, ...(signal && { signal }) });

  describe(`source ${name}`, () => {
    testDeclaration(connector, 'read', trial.faulty);

    test('reads all in order, quietly, and checks without changing anything', async () => {
      const { side, settings } = await open(25);
      const quiet = context(side);
      await connector.check(settings, quiet);
      const read = await drain(connector, settings, undefined, quiet);
      expect(read.records.map((record) => side.identity(record))).toEqual(side.expected);
      expect(quiet.lines).toEqual([]);
      expect(JSON.parse(JSON.stringify(read.position))).toEqual(read.position);
    });

    test('goes on after any acknowledged batch: nothing lost, nothing twice', async () => {
      const { side, settings } = await open(25);
      const whole = await batches(connector, settings, undefined, context(side));
      expect(whole.length).toBeGreaterThan(1);
      // After the last batch a source that rereads begins anew: that is the test below.
      const last = trial.rereads ? whole.length - 1 : whole.length;
      for (let acknowledged = 0; acknowledged <= last; acknowledged++) {
        const position = acknowledged === 0 ? undefined : whole[acknowledged - 1]!.position;
        const before = whole.slice(0, acknowledged).flatMap((batch) => batch.records);
        const after = (await batches(connector, settings, position, context(side))).flatMap((batch) => batch.records);
        expect([...before, ...after].map((record) => side.identity(record))).toEqual(side.expected);
      }
    });

    test('a batch that was handed over but not committed comes again', async () => {
      const { side, settings } = await open(25);
      const running = connector.read!(settings, undefined, context(side))[Symbol.asyncIterator]();
      const first = (await running.next()).value as SourceBatch;
      const second = (await running.next()).value as SourceBatch;
      await running.return!();
      const again = (await connector.read!(settings, first.position, context(side))[Symbol.asyncIterator]().next()).value as SourceBatch;
      expect(again.records.map((record) => side.identity(record))).toEqual(second.records.map((record) => side.identity(record)));
    });

    test(trial.rereads ? 'the next run reads everything again' : 'the next run has nothing new', async () => {
      const { side, settings } = await open(25);
      const { position } = await drain(connector, settings, undefined, context(side));
      const next = await drain(connector, settings, position, context(side));
      expect(next.records.map((record) => side.identity(record))).toEqual(trial.rereads ? side.expected : []);
    });

    test('shows the first records without moving anything', async () => {
      const { side, settings } = await open(25);
      if (!connector.preview) return expect(without).toContain('preview');
      const shown = await connector.preview(settings, 3, context(side));
      expect(shown.map((record) => side.identity(record))).toEqual(side.expected.slice(0, 3));
      return expect((await drain(connector, settings, undefined, context(side))).records).toHaveLength(25);
    });

    test('stops within a second when told to, between batches', async () => {
      const { side, settings } = await open(25);
      const stop = new AbortController();
      const running = connector.read!(settings, undefined, context(side, stop.signal))[Symbol.asyncIterator]();
      await running.next();
      const told = performance.now();
      stop.abort(new Error('berhenti'));
      await running.next().catch(() => undefined);
      await running.return!().catch(() => undefined);
      expect(performance.now() - told).toBeLessThan(1000);
    });

    declared('stall', 'stops within a second while the other side is silent', async (side, settings) => {
      await side.stall!();
      const stop = new AbortController();
      const running = drain(connector, settings, undefined, context(side, stop.signal)).catch((error: unknown) => error);
      await new Promise((resolve) => setImmediate(resolve));
      const told = performance.now();
      stop.abort(new Error('berhenti'));
      expect(messageOf(await running)).toBe('berhenti');
      expect(performance.now() - told).toBeLessThan(1000);
    });

    declared('refuse', 'a refused credential is a CredentialError', async (side, settings) => {
      await side.refuse!();
      await expect(drain(connector, settings, undefined, context(side))).rejects.toBeInstanceOf(CredentialError);
      await expect(connector.check(settings, context(side))).rejects.toBeInstanceOf(CredentialError);
    });

    declared('overload', 'overload is a RetriableError with the wait that was asked for', async (side, settings) => {
      const { retryAfter } = await side.overload!();
      const error = await drain(connector, settings, undefined, context(side)).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(RetriableError);
      expect((error as RetriableError).retryAfter).toBe(retryAfter);
    });

    declared('breakOff', 'a connection that breaks is a RetriableError, and what was committed stays', async (side, settings) => {
      await side.breakOff!();
      await expect(drain(connector, settings, undefined, context(side))).rejects.toBeInstanceOf(RetriableError);
    });

    declared('breakOne', 'one bad record is handed over with its faults and the rest pass', async (side, settings) => {
      const good = await side.breakOne!();
      const { records } = await drain(connector, settings, undefined, context(side));
      expect(records.filter((record) => !record.faults?.length)).toHaveLength(good);
      expect(records.filter((record) => record.faults?.length)).toHaveLength(1);
    });
  });

  function declared(ability: keyof SourceSide, title: string, run: (side: SourceSide, settings: unknown) => Promise<void>): void {
    test(without.includes(ability) ? `has no "${ability}"` : title, async () => {
      const { side, settings } = await open(25);
      expect(side[ability] === undefined).toBe(without.includes(ability));
      if (side[ability]) await run(side, settings);
    });
  }
}

/** Reads one run to its end as the runtime does, calling `committed` of each batch before the next is asked for. */
export async function drain(connector: Connector, settings: unknown, position: Json | undefined, context: ReturnType<typeof testContext>): Promise<{ records: SourceRecord[]; position: Json | undefined }> {
  const records: SourceRecord[] = [];
  let last = position;
  for await (const batch of connector.read!(settings, position, context)) {
    records.push(...batch.records);
    last = batch.position;
    await batch.committed?.(new Map());
  }
  return { records, position: last };
}

/** One run whose batches are all handed over and none committed, as when the hub dies each time after the commit and before `committed`. */
async function batches(connector: Connector, settings: unknown, position: Json | undefined, context: ReturnType<typeof testContext>): Promise<SourceBatch[]> {
  const all: SourceBatch[] = [];
  for await (const batch of connector.read!(settings, position, context)) all.push(batch);
  return all;
}
