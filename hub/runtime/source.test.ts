import { describe, expect, test } from '@jest/globals';
import { createTestClock } from '../../test/clock.js';
import { broken, counts, createAgency, person, source, startHub, until } from '../../test/runtime.js';
import { createMovingClock } from '../../test/stories/moving-clock.js';
import { ContractError, CredentialError, RetriableError } from '../errors.js';
import type { JsonObject } from '../record.js';

describe('a source', () => {
  test('everything read is accepted, filtered or a case; the connector hears what was rejected', async () => {
    const hub = await startHub();
    const good = person('BUDI');
    const agency = createAgency([good, person('BUANG'), broken(), person()]);
    const instance = source(agency);
    await hub.runtime.apply([instance]);
    await until(() => hub.status(instance.name).recordsIn === 4 && agency.committed.length === 2);
    expect(hub.status(instance.name)).toMatchObject({ state: 'RUNNING', kind: 'source', owner: 'dispenduk', error: null, reason: null, lastActivity: '2026-11-24T00:00:00.000Z' });
    expect(counts(hub.status(instance.name))).toEqual({ recordsIn: 4, recordsOut: 2, filtered: 1, cases: 1, written: 2 });
    expect(agency.committed).toEqual([[], [0]]);
    expect((await hub.records('uji.orang')).find(({ key }) => key === good.NIK)).toEqual({ key: good.NIK, id: `${instance.name}:0`, value: { nik: good.NIK, nama: 'BUDI' } });
    expect(await hub.cases(instance.name, 'open')).toMatchObject([{ origin: 'baris 3', faults: [{ path: 'nik', severity: 'reject' }] }]);
    expect(await hub.runtime.position(instance.name)).toBe(4);
    await hub.close();
  });

  test.each(['daftar', 'depan'])('a hub that ends in the middle and another that goes on give every row once (%s)', async (connector) => {
    const name = `BERLANJUT ${connector}`;
    const rows = Array.from({ length: 40 }, () => person(name));
    const agency = createAgency(rows);
    const instance = source(agency, { connector });
    let commits = 0;
    const first = await startHub({ wrap: (log) => ({ ...log, commit: async (writer, batch) => {
      if (++commits === 5) void first.close();
      return log.commit(writer, batch);
    } }) });
    await first.runtime.apply([instance]);
    await until(() => commits >= 5);
    await first.close();
    const second = await startHub();
    await second.runtime.apply([instance]);
    await until(() => second.status(instance.name).recordsIn === 40);
    expect((await second.records('uji.orang')).filter(({ value }) => (value as JsonObject).nama === name).map(({ key }) => key)).toEqual(rows.map(({ NIK }) => NIK));
    expect(counts(second.status(instance.name))).toEqual({ recordsIn: 40, recordsOut: 40, filtered: 0, cases: 0, written: 40 });
    await second.close();
  });

  test.each(['daftar', 'depan'])('when the answer to a commit is lost, it goes on from what the log knows (%s)', async (connector) => {
    const name = `HILANG ${connector}`;
    const rows = Array.from({ length: 10 }, () => person(name));
    const instance = source(createAgency(rows), { connector });
    let commits = 0;
    const hub = await startHub({ wrap: (log) => ({ ...log, commit: async (writer, batch) => {
      const done = writer.name === instance.name && ++commits === 3 ? undefined : await log.commit(writer, batch);
      if (done) {
        if (commits === 2) throw new Error('jawaban hilang');
        return done;
      }
      throw new Error('tidak sampai');
    } }) });
    await hub.runtime.apply([instance]);
    await until(() => hub.status(instance.name).state === 'WAITING');
    expect(hub.status(instance.name).error).toBe('Hasil penyimpanan tidak diketahui (jawaban hilang); dilanjutkan dari posisi yang tersimpan');
    await until(() => {
      hub.clock.advance(1_000);
      return hub.status(instance.name).recordsIn === 10;
    });
    expect((await hub.records('uji.orang')).filter(({ value }) => (value as JsonObject).nama === name).map(({ key }) => key)).toEqual(rows.map(({ NIK }) => NIK));
    expect(counts(hub.status(instance.name))).toEqual({ recordsIn: 10, recordsOut: 10, filtered: 0, cases: 0, written: 10 });
    await hub.close();
  });

  test('of a source that may be asked ahead, one batch is read while the one before is being stored, and no more; of others none', async () => {
    for (const [connector, most] of [['depan', 2], ['daftar', 1]] as const) {
      const agency = createAgency(Array.from({ length: 10 }, () => person()));
      let answer = (): void => undefined;
      const answered = new Promise<void>((done) => (answer = done));
      const instance = source(agency, { connector });
      const hub = await startHub({ wrap: (log) => ({ ...log, commit: async (writer, batch) => {
        if (writer.name === instance.name) await answered;
        return log.commit(writer, batch);
      } }) });
      await hub.runtime.apply([instance]);
      await until(() => agency.batches >= most);
      for (let turn = 0; turn < 200; turn++) await new Promise((done) => setImmediate(done));
      expect(agency.batches).toBe(most);
      expect(hub.status(instance.name).recordsIn).toBe(0);
      answer();
      await until(() => hub.status(instance.name).recordsIn === 10);
      expect(counts(hub.status(instance.name))).toEqual({ recordsIn: 10, recordsOut: 10, filtered: 0, cases: 0, written: 10 });
      await until(() => agency.committed.length === 5);
      await hub.close();
    }
  });

  test('an agency that is down for an hour is waited for; then nothing is lost or repeated', async () => {
    const hub = await startHub();
    const agency = createAgency([person(), person()]);
    const instance = source(agency);
    await hub.runtime.apply([instance]);
    await until(() => hub.status(instance.name).recordsIn === 2);
    agency.failure = new RetriableError('SIAK tidak menjawab');
    await until(() => {
      hub.clock.advance(10_000);
      return hub.status(instance.name).state === 'WAITING';
    });
    expect(hub.status(instance.name)).toMatchObject({ reason: 'SIAK tidak menjawab', error: 'SIAK tidak menjawab' });
    for (let minute = 0; minute < 60; minute++) {
      hub.clock.advance(60_000);
      await new Promise((done) => setImmediate(done));
    }
    expect(hub.status(instance.name).state).toBe('WAITING');
    agency.rows.push({ value: person() });
    delete agency.failure;
    await until(() => {
      hub.clock.advance(60_000);
      return hub.status(instance.name).state === 'RUNNING' && hub.status(instance.name).recordsIn === 3;
    });
    expect(hub.status(instance.name)).toMatchObject({ error: null, reason: null });
    expect(hub.lines).toEqual([]);
    await hub.close();
  });

  test.each([
    ['refused credentials stop it', new CredentialError('SIAK menolak kata sandi sangat-rahasia.'), 'STOPPED', 'SIAK menolak kata sandi ***. Rahasia yang dipakai: SANDI (di secrets/dispenduk/ atau SASANDO_SECRET_…).'],
    ['data that does not fit as a whole pauses it', new ContractError('Kolom NIK hilang untuk 5371010101900001'), 'PAUSED', 'Kolom NIK hilang untuk ************0001'],
    ['a bug fails it', new TypeError('x is undefined'), 'FAILED', 'x is undefined'],
  ])('%s, and resuming starts it again', async (_, failure, state, reason) => {
    const hub = await startHub();
    const agency = createAgency([person()]);
    agency.failure = failure;
    const instance = source(agency, { settings: { password: '${secret:SANDI}' } });
    await hub.runtime.apply([instance]);
    await until(() => hub.status(instance.name).state === state);
    expect(hub.status(instance.name)).toMatchObject({ reason, error: reason });
    expect(hub.lines).toEqual([`${instance.name} ${state}: ${reason}`]);
    delete agency.failure;
    await hub.runtime.resume(instance.name);
    await until(() => hub.status(instance.name).recordsIn === 1);
    expect(hub.status(instance.name)).toMatchObject({ state: 'RUNNING', error: null });
    await hub.close();
  });

  test('a missing secret stops only the instance that names it', async () => {
    const hub = await startHub();
    const lacking = source(createAgency([person()]), { settings: { password: '${secret:TIDAK_ADA}' } });
    const fine = source(createAgency([person()]));
    await hub.runtime.apply([lacking, fine]);
    await until(() => hub.status(fine.name).recordsIn === 1 && hub.status(lacking.name).state === 'STOPPED');
    expect(hub.status(lacking.name).error).toBe('settings.password: rahasia TIDAK_ADA belum ada; tulis ke berkas secrets/dispenduk/TIDAK_ADA atau ke variabel SASANDO_SECRET_TIDAK_ADA');
    await hub.close();
  });

  test('goes on after the clock was set back an hour', async () => {
    const clock = createMovingClock();
    const agency = createAgency([person()]);
    const hub = await startHub({ clock });
    await hub.runtime.apply([source(agency, { every: '500ms' })]);
    await until(() => agency.reads > 1);
    const { reads } = agency;
    clock.advance(-3_600_000);
    await until(() => agency.reads > reads + 2);
    await hub.close();
  });

  test('runs by its schedule, and once after a downtime in which it missed runs', async () => {
    const clock = createTestClock('2026-11-24T01:30:00.000Z');
    const agency = createAgency();
    const instance = source(agency, { every: undefined as never, schedule: '0 * * * *' });
    const first = await startHub({ clock });
    await first.runtime.apply([instance]);
    await until(() => agency.reads === 1 && first.status(instance.name).nextRun === '2026-11-24T02:00:00.000Z');
    clock.advance(29 * 60_000);
    await first.runtime.exchange();
    expect(agency.reads).toBe(1);
    clock.advance(60_000);
    await until(() => agency.reads === 2 && first.status(instance.name).nextRun === '2026-11-24T03:00:00.000Z');
    await first.close();
    clock.advance(5 * 3_600_000);
    const second = await startHub({ clock });
    await second.runtime.apply([instance]);
    await until(() => agency.reads === 3 && second.status(instance.name).nextRun === '2026-11-24T08:00:00.000Z');
    await second.close();
  });

  test('a pause outlives the hub; the position moves only then', async () => {
    const agency = createAgency([person(), person(), person()]);
    const instance = source(agency);
    const first = await startHub();
    await first.runtime.apply([instance]);
    await until(() => first.status(instance.name).recordsIn === 3);
    await expect(first.runtime.setPosition(instance.name, 1)).rejects.toThrow(/sedang berjalan. Jeda dahulu/);
    await first.runtime.pause(instance.name, 'rina');
    await first.close();
    const second = await startHub();
    await second.runtime.apply([instance]);
    expect(second.status(instance.name)).toMatchObject({ state: 'PAUSED', reason: 'oleh rina', recordsIn: 3, error: null });
    await second.runtime.setPosition(instance.name, 1, 'rina');
    expect(second.lines).toContain(`posisi ${instance.name} dipindahkan oleh rina`);
    expect(await second.runtime.position(instance.name)).toBe(1);
    await second.runtime.resume(instance.name, 'rina');
    await until(() => second.status(instance.name).recordsIn === 5);
    expect(counts(second.status(instance.name))).toEqual({ recordsIn: 5, recordsOut: 5, filtered: 0, cases: 0, written: 5 });
    await second.close();
  });

  test('restart starts what a person paused or stopped and what had to stop by itself, and says who asked', async () => {
    const agency = createAgency([person()]);
    const instance = source(agency);
    const [one, two] = [await startHub(), await startHub()];
    await one.runtime.apply([instance]);
    await until(() => one.status(instance.name).recordsIn === 1);
    for (const rest of ['stop', 'pause'] as const) {
      await one.runtime[rest](instance.name, 'rina');
      agency.rows.push({ value: person() });
      await one.runtime.restart(instance.name, 'yohanis');
      await until(() => one.status(instance.name).state === 'RUNNING' && one.status(instance.name).recordsIn === agency.rows.length);
      expect(one.status(instance.name)).toMatchObject({ reason: null, error: null });
    }
    for (const failure of [new CredentialError('kata sandi ditolak'), new ContractError('kolom hilang'), new TypeError('cacat')]) {
      agency.failure = failure;
      one.runtime.runNow(instance.name);
      await until(() => ['STOPPED', 'PAUSED', 'FAILED'].includes(one.status(instance.name).state));
      delete agency.failure;
      agency.rows.push({ value: person() });
      await one.runtime.restart(instance.name, 'yohanis');
      await until(() => one.status(instance.name).recordsIn === agency.rows.length);
      expect(one.status(instance.name)).toMatchObject({ state: 'RUNNING', error: null });
    }
    // Asked of another hub, once the first has stopped it.
    await one.runtime.stop(instance.name, 'rina');
    await two.runtime.apply([instance]);
    expect(two.status(instance.name)).toMatchObject({ state: 'STOPPED', reason: 'oleh rina' });
    await two.runtime.restart(instance.name, 'yohanis');
    await until(() => two.status(instance.name).state === 'RUNNING');
    await one.runtime.exchange();
    expect(one.status(instance.name).state).toBe('STARTING');
    await expect(one.runtime.restart('tidak-ada')).rejects.toThrow('Tidak ada instans bernama "tidak-ada"');
    await Promise.all([one.close(), two.close()]);
  });

  test('one hub at a time: the other stands by, obeys the same wishes, and takes over', async () => {
    const instance = source(createAgency([person()]));
    const one = await startHub();
    await one.runtime.apply([instance]);
    await until(() => one.status(instance.name).recordsIn === 1);
    const two = await startHub();
    await two.runtime.apply([instance]);
    await until(() => two.status(instance.name).state === 'STANDBY');
    await one.runtime.exchange();
    await two.runtime.exchange();
    expect(two.status(instance.name)).toMatchObject({ recordsIn: 1, recordsOut: 1 });
    await two.runtime.pause(instance.name, 'rina');
    await one.runtime.exchange();
    expect(one.status(instance.name)).toMatchObject({ state: 'PAUSED', reason: 'oleh rina' });
    await two.runtime.resume(instance.name, 'rina');
    await until(() => two.status(instance.name).state === 'RUNNING');
    await one.close();
    await two.close();
  });
});
