import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SinkBatch } from '../../hub/connector.js';
import { ContractError, RetriableError } from '../../hub/errors.js';
import type { JsonObject } from '../../hub/record.js';
import { parseSettings } from '../../hub/settings.js';
import { testContext } from '../../test/contract/context.js';
import { testSink } from '../../test/contract/sink.js';
import { rest } from './rest.js';
import { type RestSimulator, startRestSimulator, twoTokens } from './simulator.js';

testSink('rest', {
  connector: rest,
  faulty: { settings: { baseUrl: 'x', write: { path: 5, method: 'GET', batch: 0 } }, paths: ['settings.baseUrl', 'settings.write.path', 'settings.write.method', 'settings.write.batch'] },
  async open() {
    const simulator = await startRestSimulator({ tokens: true });
    const { faults } = simulator;
    return {
      settings: { baseUrl: simulator.url, auth: twoTokens(simulator.url), errorsPath: 'errors', write: { method: 'PUT', path: '/catatan/{kunci}', delete: { path: '/catatan/{key}' } } },
      value: (n) => ({ kunci: `k${n}`, jumlah: n }),
      bad: (n) => ({ kunci: `k${n}`, jumlah: 'dua' }),
      badPath: 'jumlah',
      deletes: true,
      async stored() {
        const keys: string[] = [];
        for (const { method, key } of simulator.written) {
          if (method === 'DELETE') keys.splice(keys.indexOf(key), 1);
          else keys.push(key);
        }
        return keys;
      },
      refuse: async () => void (faults.refuse = true),
      async overload() {
        faults.retryAfter = '7';
        return { retryAfter: 7 };
      },
      stall: async () => void (faults.silent = true),
      breakOff: async () => void (faults.breakOff = true),
      close: simulator.close,
    };
  },
});

let simulator: RestSimulator;
beforeEach(async () => {
  simulator = await startRestSimulator();
});
afterEach(() => simulator.close());

const settingsOf = (raw: JsonObject) => parseSettings(rest.settings, { baseUrl: simulator.url, ...raw });

describe('rest sink', () => {
  const batch = (values: JsonObject[], from = 0): SinkBatch => ({
    topic: 'uji.sink',
    partition: 0,
    nextOffset: from + values.length,
    records: values.map((value, index) => ({ topic: 'uji.sink', partition: 0, offset: from + index, key: String(value.kunci), value, id: `id-${from + index}`, time: 0 })),
  });

  test('a key that would lead to another path of the service is refused; the others pass', async () => {
    const settings = settingsOf({ write: { method: 'PUT', path: '/catatan/{kunci}', delete: { path: '/catatan/{key}' } } });
    const values = [{ kunci: '..', jumlah: 1 }, { kunci: '.', jumlah: 1 }, { kunci: 'a/../b', jumlah: 1 }, { kunci: '..', jumlah: 1 }];
    const { records, ...more } = batch(values);
    const receipts = await rest.write!(settings, { ...more, records: records.map((record, index) => (index === 3 ? { ...record, value: null } : record)) }, testContext({}));
    expect(receipts.map(({ outcome }) => outcome)).toEqual(['rejected', 'rejected', 'delivered', 'rejected']);
    expect(simulator.written.map(({ key }) => key)).toEqual(['a/../b']);
  });

  test('success by a value in the body, and the reply becomes a record', async () => {
    const settings = settingsOf({ success: { path: 'code', values: [1] }, write: { path: '/kode', reply: { path: 'data', keep: ['kunci'] } } });
    expect(await rest.write!(settings, batch([{ kunci: 'a', jumlah: 1 }, { kunci: 'b', jumlah: 'x' }]), testContext())).toEqual([
      { outcome: 'delivered', reply: { value: { kunci: 'a', nomor: 'T-1' }, id: 'id-0:balasan', time: Date.UTC(2026, 10, 24, 2) } },
      { outcome: 'rejected', faults: [expect.objectContaining({ path: '', rule: 'http.200', message: 'ditolak layanan tujuan: jumlah harus angka' })] },
    ]);
  });

  test('groups: refused as a whole they are sent one by one; with results each has its own', async () => {
    const values = [{ kunci: 'a', jumlah: 1 }, { kunci: 'b', jumlah: 'x' }, { kunci: 'c', jumlah: 3 }];
    const whole = await rest.write!(settingsOf({ write: { path: '/catatan', batch: 10, idField: 'id_hub' } }), batch(values), testContext());
    expect(whole.map((receipt) => receipt.outcome)).toEqual(['delivered', 'rejected', 'delivered']);
    expect(simulator.written.map((entry) => entry.body)).toEqual([{ kunci: 'a', jumlah: 1, id_hub: 'id-0' }, { kunci: 'c', jumlah: 3, id_hub: 'id-2' }]);
    const each = await rest.write!(settingsOf({ success: { path: 'code', values: [1] }, write: { path: '/hasil', batch: 10, results: 'hasil' } }), batch(values, 10), testContext());
    expect(each.map((receipt) => receipt.outcome)).toEqual(['delivered', 'rejected', 'delivered']);
  });

  test('a quota smaller than the batch still gets through, and nothing is sent twice', async () => {
    const settings = settingsOf({ write: { path: '/catatan', idempotencyHeader: 'X-Tidak-Dikenal' } });
    const values = Array.from({ length: 5 }, (_, i) => ({ kunci: `k${i}`, jumlah: i }));
    const unknown = batch(values.map((value) => ({ ...value })));
    simulator.faults.quota = 2;
    // Without an idempotency key that the service knows, only the connector's own memory prevents a second effect.
    await expect(rest.write!(settings, unknown, testContext())).rejects.toBeInstanceOf(RetriableError);
    simulator.faults.quota = 10;
    expect(await rest.write!(settings, unknown, testContext())).toHaveLength(5);
    expect(simulator.written.map((entry) => entry.key)).toEqual(['k0', 'k1', 'k2', 'k3', 'k4']);
  });

  test('a status that means "already there" counts as delivered; one that means a wrong address stops the instance', async () => {
    const settings = settingsOf({ write: { path: '/catatan', accept: [422] } });
    expect(await rest.write!(settings, batch([{ kunci: 'a', jumlah: 'x' }]), testContext())).toEqual([{ outcome: 'delivered' }]);
    await expect(rest.write!(settingsOf({ write: { path: '/catatan', reject: [400] } }), batch([{ kunci: 'b', jumlah: 'x' }], 5), testContext())).rejects.toBeInstanceOf(ContractError);
  });
});
