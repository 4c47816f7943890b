import { describe, expect, test } from '@jest/globals';
import { counts, createAgency, person, source, startHub, until } from '../../test/runtime.js';

describe('the supervisor', () => {
  test('what should have run long ago but did not is not shown as running', async () => {
    const hub = await startHub();
    const agency = createAgency([person()]);
    const instance = source(agency);
    await hub.runtime.apply([instance]);
    await until(() => hub.status(instance.name).nextRun === '2026-11-24T00:00:10.000Z');
    agency.hangs = true;
    hub.clock.advance(10_000);
    await until(() => agency.reads === 2);
    expect(hub.status(instance.name).state).toBe('RUNNING');
    hub.clock.advance(121_000);
    expect(hub.status(instance.name)).toMatchObject({ state: 'STALLED', reason: 'tidak ada yang dibaca sejak 2026-11-24T00:00:00.000Z' });
    const began = performance.now();
    await hub.close();
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  test('a writer that opens slowly is not taken for one that another hub holds', async () => {
    let open = (): void => undefined;
    const opening = new Promise<void>((done) => (open = done));
    const hub = await startHub({ wrap: (log) => ({ ...log, writer: async (name, options) => (await opening, log.writer(name, options)) }) });
    const instance = source(createAgency([person()]));
    await hub.runtime.apply([instance]);
    const began = performance.now();
    await until(() => {
      expect(hub.status(instance.name)).toMatchObject({ state: 'STARTING', reason: null });
      return performance.now() - began > 2_500;
    });
    open();
    await until(() => hub.status(instance.name).recordsIn === 1);
    await hub.close();
  });

  test('a hub whose writer was taken over writes nothing more and stands by', async () => {
    const agency = createAgency([person()]);
    const instance = source(agency);
    const hub = await startHub();
    await hub.runtime.apply([instance]);
    await until(() => hub.status(instance.name).recordsIn === 1);
    const other = await hub.log.writer(instance.name, { takeOver: true });
    agency.rows.push({ value: person() });
    hub.runtime.runNow(instance.name);
    await until(() => hub.status(instance.name).state === 'STANDBY');
    expect(other.position()).toMatchObject({ source: 1, counts: { read: 1 } });
    await other.close();
    await until(() => {
      hub.clock.advance(1_000);
      return hub.status(instance.name).recordsIn === 2;
    });
    expect(counts(hub.status(instance.name))).toEqual({ recordsIn: 2, recordsOut: 2, filtered: 0, cases: 0, written: 2 });
    await hub.close();
  });

  test('a record that refers to one that is not there yet waits for it', async () => {
    const hub = await startHub();
    const pointing = person();
    const target = person('DITUNGGU');
    const waiting = source(createAgency([{ ...pointing, RUJUK: target.NIK }]), {}, { mapping: { nik: 'NIK', nama: { lookup: { topic: 'uji.orang', key: 'RUJUK', field: 'nama', missing: 'wait' } } }, where: 'true' });
    await hub.runtime.apply([waiting]);
    await until(() => hub.status(waiting.name).state === 'WAITING');
    expect(hub.status(waiting.name)).toMatchObject({ reason: '1 catatan menunggu data yang dirujuknya pada topik uji.orang', recordsIn: 0 });
    await hub.runtime.apply([waiting, source(createAgency([target]))]);
    await until(() => {
      hub.clock.advance(2_000);
      return hub.status(waiting.name).recordsIn === 1;
    });
    expect((await hub.records('uji.orang')).find(({ key }) => key === pointing.NIK)!.value).toEqual({ nik: pointing.NIK, nama: 'DITUNGGU' });
    await hub.close();
  });

  test('a record whose reference never comes is a case after its wait, and the next ones pass', async () => {
    const hub = await startHub();
    const lookup = { topic: 'uji.orang', key: 'RUJUK', field: 'nama', missing: 'wait', atMost: '10m' };
    const agency = createAgency([{ ...person(), RUJUK: person().NIK }]);
    const waiting = source(agency, {}, { mapping: { nik: 'NIK', nama: { lookup } }, where: 'true' });
    await hub.runtime.apply([waiting]);
    await until(() => hub.status(waiting.name).state === 'WAITING');
    await until(() => {
      hub.clock.advance(60_000);
      return hub.status(waiting.name).cases === 1;
    });
    expect(counts(hub.status(waiting.name))).toEqual({ recordsIn: 1, recordsOut: 0, filtered: 0, cases: 1, written: 0 });
    await hub.close();
  });

  test('a changed declaration starts again from its position; one that is gone ends', async () => {
    const hub = await startHub();
    const agency = createAgency([person(), person('BUANG')]);
    const instance = source(agency);
    await hub.runtime.apply([instance]);
    await until(() => hub.status(instance.name).recordsIn === 2);
    agency.rows.push({ value: person('BUANG') });
    const { streams } = instance;
    const changed = { ...instance, summary: 'Diubah.', streams: [{ ...streams![0]!, where: 'true' }] };
    await hub.runtime.apply([changed]);
    hub.runtime.runNow(instance.name);
    await until(() => hub.status(instance.name).recordsIn === 3);
    expect(hub.status(instance.name)).toMatchObject({ summary: 'Diubah.', filtered: 1, recordsOut: 2 });
    await hub.runtime.apply([]);
    expect(hub.runtime.instances()).toEqual([]);
    await hub.close();
  });
});
