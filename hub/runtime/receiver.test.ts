import { describe, expect, test } from '@jest/globals';
import { broken, counts, createAgency, declare, person, source, startHub, until } from '../../test/runtime.js';
import { CredentialError, RetriableError } from '../errors.js';
import type { JsonObject } from '../record.js';

describe('a receiver', () => {
  test('answers once the records are durable', async () => {
    const hub = await startHub();
    const instance = declare({ connector: 'kotak', streams: [{ topic: 'uji.orang', mapping: { nik: 'NIK', nama: 'NAMA' }, overlap: true }] }, createAgency());
    await hub.runtime.apply([instance]);
    await until(() => hub.status(instance.name).state === 'RUNNING');
    const request = (rows: JsonObject[], authorization = 'benar') => ({ method: 'POST', path: '/', query: {}, headers: { authorization }, body: Buffer.from(JSON.stringify(rows)), remoteAddress: '127.0.0.1' });
    const row = { ...person('WEBHOOK'), id: 'peristiwa-1' };
    const answers = await Promise.all([hub.runtime.receive(instance.name, request([row])), hub.runtime.receive(instance.name, request([{ ...broken(), id: 'peristiwa-2' }, { ...person(), id: 'peristiwa-3' }]))]);
    expect(answers.map(({ accepted, rejected }) => ({ accepted, rejected }))).toEqual([{ accepted: 1, rejected: 0 }, { accepted: 1, rejected: 1 }]);
    expect((await hub.records('uji.orang')).filter(({ key }) => key === row.NIK)).toMatchObject([{ id: 'peristiwa-1' }]);
    await hub.runtime.receive(instance.name, request([row]));
    expect(counts(hub.status(instance.name))).toEqual({ recordsIn: 4, recordsOut: 2, filtered: 1, cases: 1, written: 2 });
    await expect(hub.runtime.receive(instance.name, request([row], 'salah'))).rejects.toBeInstanceOf(CredentialError);
    await hub.runtime.pause(instance.name);
    await expect(hub.runtime.receive(instance.name, request([row]))).rejects.toBeInstanceOf(RetriableError);
    await expect(hub.runtime.receive('tidak-ada', request([row]))).rejects.toMatchObject({ code: 'not_found', status: 404 });
    // Nobody may wait for a source to take something; a receiver that rests does so again later.
    const other = source(createAgency());
    await hub.runtime.apply([instance, other]);
    await expect(hub.runtime.receive(other.name, request([row]))).rejects.toMatchObject({ code: 'not_found', status: 404 });
    await hub.close();
    const later = await startHub();
    await later.runtime.apply([instance]);
    await expect(later.runtime.receive(instance.name, request([row]))).rejects.toBeInstanceOf(RetriableError);
    await later.close();
  });
});
