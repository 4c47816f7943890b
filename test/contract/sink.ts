/** What must hold for every sink. A connector's test calls this with the other side it writes to. */
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Connector, SinkBatch } from '../../hub/connector.js';
import { CredentialError, messageOf, RetriableError } from '../../hub/errors.js';
import type { JsonObject, SinkRecord } from '../../hub/record.js';
import { parseSettings } from '../../hub/settings.js';
import { testContext } from './context.js';
import { type Faulty, testDeclaration } from './declaration.js';

export interface SinkSide {
  readonly settings: JsonObject;
  readonly files?: string;
  /** The value of record n in the agency's words. The suite writes it under the key `k<n>`. */
  value(n: number): JsonObject;
  /** A value that the other side refuses as data. Absent where every value is taken (a file). */
  bad?(n: number): JsonObject;
  /** The field that a refusal of `bad` names; empty where the other side does not say. */
  readonly badPath?: string;
  /** Keys (`k<n>`) the other side has now, in the order it got them or sorted by number; a key twice stands here twice. */
  stored(): Promise<string[]>;
  refuse?(): Promise<void>;
  overload?(): Promise<{ retryAfter?: number }>;
  stall?(): Promise<void>;
  /** Goes away while it is being written to. */
  breakOff?(): Promise<void>;
  /** Deletions are carried out. */
  readonly deletes?: boolean;
  close(): Promise<void>;
}

export interface SinkTrial {
  readonly connector: Connector;
  open(): Promise<SinkSide>;
  readonly faulty: Faulty;
}

/** Declares the suite. What the other side cannot do is named in `without`. */
export function testSink(name: string, trial: SinkTrial, without: readonly (keyof SinkSide)[] = []): void {
  const { connector } = trial;
  let side: SinkSide | undefined;
  afterEach(async () => {
    await side?.close();
    side = undefined;
  });
  const open = async () => {
    side = await trial.open();
    const settings = parseSettings(connector.settings, side.settings);
    const context = testContext({ files: side.files });
    await connector.start?.(settings, { topic: 'uji.catatan', partition: 0 }, context);
    return { side, settings, context };
  };

  describe(`sink ${name}`, () => {
    testDeclaration(connector, 'write', trial.faulty);

    test('writes a batch, answers in order, quietly', async () => {
      const { side, settings, context } = await open();
      await connector.check(settings, context);
      const receipts = await connector.write!(settings, batchOf(side, 0, 10), context);
      expect(receipts).toHaveLength(10);
      expect(receipts.map((receipt) => receipt.outcome)).toEqual(Array(10).fill('delivered'));
      expect(await side.stored()).toEqual(keys(0, 10));
      expect(context.lines).toEqual([]);
    });

    test('the same batch twice has one effect', async () => {
      const { side, settings, context } = await open();
      await connector.write!(settings, batchOf(side, 0, 10), context);
      await connector.write!(settings, batchOf(side, 0, 10), context);
      if (connector.idempotent) expect(await side.stored()).toEqual(keys(0, 10));
      else expect(new Set(await side.stored())).toEqual(new Set(keys(0, 10)));
    });

    test('the same records cut into other batches have one effect, and new ones among them are written', async () => {
      const { side, settings, context } = await open();
      await connector.write!(settings, batchOf(side, 0, 10), context);
      expect(await connector.write!(settings, batchOf(side, 4, 8), context)).toHaveLength(4);
      expect(await connector.write!(settings, batchOf(side, 8, 14), context)).toHaveLength(6);
      if (connector.idempotent) expect(await side.stored()).toEqual(keys(0, 14));
      else expect(new Set(await side.stored())).toEqual(new Set(keys(0, 14)));
    });

    test('tells the next offset it expects, if it keeps one', async () => {
      const { side, settings, context } = await open();
      if (!connector.start) return expect(connector.idempotent).not.toBe('transaction');
      await connector.write!(settings, batchOf(side, 0, 10), context);
      expect(await connector.start(settings, { topic: 'uji.catatan', partition: 0 }, context)).toBe(10);
      return expect(await connector.start(settings, { topic: 'uji.catatan', partition: 1 }, context)).toBeUndefined();
    });

    test('stops when told to, and writes nothing more', async () => {
      const { side, settings } = await open();
      const stop = new AbortController();
      stop.abort(new Error('berhenti'));
      await expect(connector.write!(settings, batchOf(side, 0, 10), testContext({ files: side.files, signal: stop.signal }))).rejects.toThrow('berhenti');
      expect(await side.stored()).toEqual([]);
    });

    declared('bad', 'refused records are answered one by one with a reason, the others are written; again, the same', async ({ side, settings, context }) => {
      const batch = batchOf(side, 0, 10, [2, 7]);
      const receipts = await connector.write!(settings, batch, context);
      expect(receipts.map((receipt) => receipt.outcome === 'delivered')).toEqual([true, true, false, true, true, true, true, false, true, true]);
      for (const index of [2, 7]) {
        const receipt = receipts[index]!;
        const faults = receipt.outcome === 'rejected' ? receipt.faults : [];
        expect(faults).toEqual([expect.objectContaining({ path: side.badPath ?? '', severity: 'reject', message: expect.stringMatching(/\S/) })]);
      }
      expect(await side.stored()).toEqual(keys(0, 10).filter((key) => key !== 'k2' && key !== 'k7'));
      expect(await connector.write!(settings, batch, context)).toEqual(receipts);
    });

    declared('deletes', 'a deletion removes what was written, also within one batch', async ({ side, settings, context }) => {
      await connector.write!(settings, batchOf(side, 0, 4), context);
      const records = [deletion('k1', 4), record(side, 5, 5), deletion('k5', 6), deletion('k2', 7), record(side, 2, 8)];
      const receipts = await connector.write!(settings, { topic: 'uji.catatan', partition: 0, records, nextOffset: 9 }, context);
      expect(receipts.map((receipt) => receipt.outcome)).toEqual(Array(5).fill('delivered'));
      expect((await side.stored()).sort()).toEqual(['k0', 'k2', 'k3']);
    });

    declared('stall', 'stops within a second while the other side is silent', async ({ side, settings }) => {
      await side.stall!();
      const stop = new AbortController();
      const writing = connector.write!(settings, batchOf(side, 0, 10), testContext({ files: side.files, signal: stop.signal })).catch((error: unknown) => error);
      await new Promise((resolve) => setImmediate(resolve));
      const told = performance.now();
      stop.abort(new Error('berhenti'));
      expect(messageOf(await writing)).toBe('berhenti');
      expect(performance.now() - told).toBeLessThan(1000);
    });

    declared('refuse', 'a refused credential is a CredentialError', async ({ side, settings, context }) => {
      await side.refuse!();
      await expect(connector.write!(settings, batchOf(side, 0, 10), context)).rejects.toBeInstanceOf(CredentialError);
    });

    declared('overload', 'overload is a RetriableError with the wait that was asked for', async ({ side, settings, context }) => {
      const { retryAfter } = await side.overload!();
      const error = await connector.write!(settings, batchOf(side, 0, 10), context).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(RetriableError);
      expect((error as RetriableError).retryAfter).toBe(retryAfter);
    });

    declared('breakOff', 'a connection that breaks is a RetriableError; sent again, each record is there once', async ({ side, settings, context }) => {
      await side.breakOff!();
      await expect(connector.write!(settings, batchOf(side, 0, 10), context)).rejects.toBeInstanceOf(RetriableError);
      await connector.write!(settings, batchOf(side, 0, 10), context);
      if (connector.idempotent) expect(await side.stored()).toEqual(keys(0, 10));
    });
  });

  function declared(ability: keyof SinkSide, title: string, run: (opened: Awaited<ReturnType<typeof open>>) => Promise<void>): void {
    test(without.includes(ability) ? `has no "${ability}"` : title, async () => {
      const opened = await open();
      expect(Boolean(opened.side[ability])).toBe(!without.includes(ability));
      if (opened.side[ability]) await run(opened);
    });
  }
}

function batchOf(side: SinkSide, from: number, to: number, bad: readonly number[] = []): SinkBatch {
  const records = keys(from, to).map((_, index) => record(side, from + index, from + index, bad.includes(from + index)));
  return { topic: 'uji.catatan', partition: 0, records, nextOffset: to };
}

function record(side: SinkSide, n: number, offset: number, bad = false): SinkRecord {
  return { topic: 'uji.catatan', partition: 0, offset, key: `k${n}`, value: bad ? side.bad!(n) : side.value(n), id: `uji:${offset}`, time: 1_795_000_000_000 };
}

function deletion(key: string, offset: number): SinkRecord {
  return { topic: 'uji.catatan', partition: 0, offset, key, value: null, id: `uji:${offset}`, time: 1_795_000_000_000 };
}

function keys(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `k${from + index}`);
}
