import { describe, expect, test } from '@jest/globals';
import { broken, counts, createAgency, person, source, startHub, until } from '../../test/runtime.js';

describe('cases', () => {
  test('read again, a bad record opens no second case and an unchanged one is dropped', async () => {
    const hub = await startHub();
    const agency = createAgency([person(), broken()]);
    const instance = source(agency, { connector: 'ulang' }, { overlap: true });
    await hub.runtime.apply([instance]);
    await until(() => agency.reads === 1 && hub.status(instance.name).recordsIn === 2);
    const changed = { ...agency.rows[0]!, value: { ...agency.rows[0]!.value, NAMA: 'CITRA' } };
    agency.rows.push(changed);
    hub.runtime.runNow(instance.name);
    await until(() => hub.status(instance.name).recordsIn === 5);
    agency.rows.shift();
    hub.runtime.runNow(instance.name);
    await until(() => hub.status(instance.name).recordsIn === 7);
    expect(counts(hub.status(instance.name))).toEqual({ recordsIn: 7, recordsOut: 2, filtered: 4, cases: 1, written: 2 });
    await hub.close();
  });

  test('replayed as it is it stays; mended it moves from cases to accepted', async () => {
    const hub = await startHub();
    const instance = source(createAgency([broken(), person()]));
    await hub.runtime.apply([instance]);
    await until(() => hub.status(instance.name).recordsIn === 2);
    const one = (await hub.cases(instance.name, 'open'))[0]!;
    expect(await hub.runtime.replay(one.id, { by: 'rina' })).toMatchObject({ outcome: 'rejected', faults: [{ path: 'nik' }] });
    const mended = person('DIPERBAIKI');
    expect(await hub.runtime.replay(one.id, { by: 'rina', payload: mended })).toEqual({ outcome: 'accepted' });
    expect(counts(hub.status(instance.name))).toEqual({ recordsIn: 2, recordsOut: 2, filtered: 0, cases: 0, written: 2 });
    expect((await hub.records('uji.orang')).filter(({ key }) => key === mended.NIK)).toEqual([{ key: mended.NIK, id: `kasus:${one.id}:1`, value: { nik: mended.NIK, nama: 'DIPERBAIKI' } }]);
    await expect(hub.runtime.replay(one.id, { by: 'rina' })).rejects.toMatchObject({ code: 'conflict' });
    await expect(hub.runtime.replay('tidak-ada', { by: 'rina' })).rejects.toMatchObject({ code: 'not_found' });
    await hub.close();
  });

  test('a mended row closes its case, a later good record of the same key closes another; a person closes the third, also while paused', async () => {
    const hub = await startHub();
    const twice = person();
    const agency = createAgency([broken(), { ...twice, NAMA: 12 as never }, broken()]);
    const instance = source(agency, {}, { require: [{ that: "source.NAMA != 12", message: 'nama berupa angka', field: 'nama' }], mapping: { nik: 'NIK', nama: { from: 'NAMA', as: 'text' } }, where: 'true' });
    await hub.runtime.apply([instance]);
    await until(() => hub.status(instance.name).recordsIn === 3);
    expect(hub.status(instance.name).cases).toBe(3);
    const ids = new Map((await hub.cases(instance.name, 'open')).map(({ id, origin }) => [origin, id]));
    agency.rows.push({ value: person(), mends: ids.get('baris 1')! }, { value: twice });
    hub.runtime.runNow(instance.name);
    await until(() => hub.status(instance.name).recordsIn === 5);
    expect(counts(hub.status(instance.name))).toEqual({ recordsIn: 5, recordsOut: 2, filtered: 2, cases: 1, written: 2 });
    await hub.runtime.pause(instance.name);
    await hub.runtime.closeCase(ids.get('baris 3')!, { by: 'rina', note: 'bukan penduduk' });
    expect(counts(hub.status(instance.name))).toEqual({ recordsIn: 5, recordsOut: 2, filtered: 3, cases: 0, written: 2 });
    const ended = new Map((await hub.cases(instance.name, 'closed')).map(({ id, because }) => [id, because]));
    expect([...ids.values()].map((id) => ended.get(id)).sort()).toEqual(['accepted', 'mended', 'person']);
    await hub.close();
  });
});
