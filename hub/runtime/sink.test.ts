import { describe, expect, test } from '@jest/globals';
import { type Agency, counts, createAgency, declare, person, source, startHub, type TestHub, until } from '../../test/runtime.js';
import { RetriableError } from '../errors.js';
import type { JsonObject } from '../record.js';

describe('a sink', () => {
  const sink = (agency: Agency, more: JsonObject = {}) =>
    declare({ connector: 'penerima', topics: ['uji.balasan'], mapping: { NIK: 'nik', NAMA: 'nama' }, where: "record.nama != 'BUANG'", ...more }, agency);

  const feed = async (hub: TestHub, rows: JsonObject[]) => {
    const feeder = source(createAgency(rows), {}, { topic: 'uji.balasan', where: 'true' });
    await hub.runtime.apply([feeder]);
    await until(() => hub.status(feeder.name).recordsIn === rows.length);
    await hub.runtime.apply([]);
  };

  test('delivers what passes, rejects become cases of the topic\'s owner, replies become records; nothing twice after a restart; a mended case is delivered', async () => {
    const hub = await startHub();
    await feed(hub, [person('SATU'), person('BUANG'), person('TOLAK'), person('DUA')]);
    const before = (await hub.records('uji.orang')).length;
    const agency = createAgency();
    const instance = sink(agency, { reply: { topic: 'uji.orang' } });
    await hub.runtime.apply([instance]);
    await until(() => hub.status(instance.name).recordsIn === 4);
    expect(counts(hub.status(instance.name))).toEqual({ recordsIn: 4, recordsOut: 2, filtered: 1, cases: 1, written: 2 });
    expect(agency.received.map(({ value }) => value!.NAMA).sort()).toEqual(['DUA', 'SATU']);
    expect((await hub.records('uji.orang')).length - before).toBe(2);
    const one = (await hub.cases(instance.name, 'open'))[0]!;
    expect(one).toMatchObject({ faults: [{ path: 'NAMA', message: 'ditolak OPD' }] });
    await hub.runtime.restart(instance.name);
    await until(() => hub.status(instance.name).state === 'RUNNING');
    expect(await hub.runtime.replay(one.id, { by: 'rina' })).toMatchObject({ outcome: 'rejected' });
    expect(await hub.runtime.replay(one.id, { by: 'rina', payload: { nik: 'P9999', nama: 'TIGA' } })).toEqual({ outcome: 'accepted' });
    expect(counts(hub.status(instance.name))).toEqual({ recordsIn: 4, recordsOut: 3, filtered: 1, cases: 0, written: 3 });
    expect(agency.received).toHaveLength(3);
    expect(agency.partitions.has(-1)).toBe(true);
    const offsets = (await hub.runtime.position(instance.name)) as { 'uji.balasan': Record<string, number> };
    expect(Object.values(offsets['uji.balasan']).reduce((sum, next) => sum + next, 0)).toBe(4);
    await hub.close();
  });

  test('an agency that is away is waited for and gets each record once', async () => {
    const hub = await startHub();
    const agency = createAgency();
    agency.failure = new RetriableError('SIMPEG 503', { retryAfter: 90 });
    const instance = sink(agency);
    await hub.runtime.apply([instance]);
    await until(() => hub.status(instance.name).state === 'WAITING');
    delete agency.failure;
    await until(() => {
      hub.clock.advance(30_000);
      return agency.received.length > 0;
    });
    const total = (await hub.records('uji.balasan')).length;
    await until(() => hub.status(instance.name).recordsIn === total);
    agency.failure = new RetriableError('SIMPEG 503');
    await feedBeside(hub, instance, person('TERAKHIR'));
    await until(() => hub.status(instance.name).state === 'WAITING');
    delete agency.failure;
    await until(() => {
      hub.clock.advance(30_000);
      return agency.received.some(({ value }) => value!.NAMA === 'TERAKHIR');
    });
    await until(() => hub.status(instance.name).recordsIn === total + 1);
    expect(new Set(agency.received.map(({ key }) => key)).size).toBe(agency.received.length);
    await hub.close();
  });

  const feedBeside = async (hub: TestHub, instance: ReturnType<typeof sink>, row: JsonObject) => {
    const feeder = source(createAgency([row]), {}, { topic: 'uji.balasan', where: 'true' });
    await hub.runtime.apply([instance, feeder]);
    await until(() => hub.status(feeder.name).recordsIn === 1);
  };

  test('a target restored from an older backup is caught up without changing the counts', async () => {
    const hub = await startHub();
    const agency = createAgency();
    const instance = sink(agency, { connector: 'basisdata' });
    await hub.runtime.apply([instance]);
    const total = (await hub.records('uji.balasan')).length;
    await until(() => hub.status(instance.name).recordsIn === total);
    const seen = counts(hub.status(instance.name));
    const delivered = agency.received.length;
    await hub.runtime.stop(instance.name);
    agency.received.length = 0;
    agency.start = 0;
    await hub.runtime.resume(instance.name);
    await until(() => agency.received.length === delivered);
    await until(() => hub.status(instance.name).state === 'RUNNING');
    expect(counts(hub.status(instance.name))).toEqual(seen);
    await hub.close();
  });
});
