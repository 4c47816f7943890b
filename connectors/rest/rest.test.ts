import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ContractError, CredentialError, RetriableError, SettingsError } from '../../hub/errors.js';
import type { JsonObject } from '../../hub/record.js';
import { parseSettings } from '../../hub/settings.js';
import { testContext } from '../../test/contract/context.js';
import { testReadme } from '../../test/contract/readme.js';
import { drain, testSource } from '../../test/contract/source.js';
import { retryAfterOf } from './exchange.js';
import { formatMoment, parseMoment } from './moment.js';
import { rest } from './rest.js';
import { type RestSimulator, startRestSimulator, twoTokens } from './simulator.js';

testReadme(rest, new URL('./README.md', import.meta.url));

const people = (count: number) => Array.from({ length: count }, (_, i) => ({ nik: `n${i}`, diubah: `2026-01-01 00:00:${String(i).padStart(2, '0')}` }));
const PAGING: Record<string, JsonObject> = {
  halaman: { kind: 'page', sizeParam: 'per_page', size: 4 },
  offset: { kind: 'offset', size: 4 },
  kursor: { kind: 'cursor', path: 'meta.next' },
  tautan: { kind: 'link' },
};

for (const [path, paging] of Object.entries(PAGING)) {
  testSource(`rest by ${path}`, {
    connector: rest,
    rereads: true,
    faulty: {
      settings: { baseUrl: 'ftp://x', auth: [{ kind: 'basic', username: 'a' }], rate: 0, read: { path: '/{siapa}', paging: { kind: 'buku' } } },
      paths: ['settings.baseUrl', 'settings.auth.0.password', 'settings.rate', 'settings.read.paging.kind'],
    },
    async open(count) {
      const simulator = await startRestSimulator({ records: people(count), tokens: true });
      const { faults } = simulator;
      return {
        settings: { baseUrl: simulator.url, auth: twoTokens(simulator.url), read: { path: `/${path}`, records: 'data.items', paging } },
        expected: people(count).map((person) => person.nik),
        identity: (record) => String(record.value.nik),
        async breakOne() {
          simulator.records[6] = 'bukan objek';
          return count - 1;
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
}

let simulator: RestSimulator;
beforeEach(async () => {
  simulator = await startRestSimulator();
});
afterEach(() => simulator.close());

const settingsOf = (raw: JsonObject) => parseSettings(rest.settings, { baseUrl: simulator.url, ...raw });
const readAs = (read: JsonObject, raw: JsonObject = {}) => settingsOf({ ...raw, read: { path: '/semua', records: 'data.items', ...read } });
const niks = (read: { records: { value: JsonObject }[] }) => read.records.map((record) => record.value.nik);

describe('rest source', () => {
  test('on 401 both tokens are forgotten and got anew, once', async () => {
    await simulator.close();
    simulator = await startRestSimulator({ records: people(2), tokens: true });
    const settings = readAs({}, { auth: twoTokens(simulator.url) });
    await drain(rest, settings, undefined, testContext());
    simulator.expireTokens();
    expect(niks(await drain(rest, settings, undefined, testContext()))).toEqual(['n0', 'n1']);
    expect(simulator.requests.map((path) => path.split('?')[0])).toEqual(['/token', '/sso', '/semua', '/semua', '/token', '/sso', '/semua']);
    simulator.faults.refuse = true;
    await expect(drain(rest, settings, undefined, testContext())).rejects.toBeInstanceOf(CredentialError);
  });

  test('a token is renewed before it ends', async () => {
    await simulator.close();
    simulator = await startRestSimulator({ records: people(1), tokens: true });
    const settings = readAs({}, { auth: twoTokens(simulator.url) });
    const at = (time: string) => testContext({ now: () => new Date(time) });
    await drain(rest, settings, undefined, at('2026-11-24T00:00:00Z'));
    await drain(rest, settings, undefined, at('2026-11-24T00:59:00Z'));
    await drain(rest, settings, undefined, at('2026-11-24T00:59:40Z'));
    expect(simulator.requests.filter((path) => path === '/token')).toHaveLength(2);
  });

  const KEYS: Record<string, { auth: JsonObject; keys: { headers?: Record<string, string>; query?: Record<string, string> }; secret: string; setting: string }> = {
    'HTTP Basic': { auth: { kind: 'basic', username: 'kupang', password: 'sandi:ñ-rahasia' }, keys: { headers: { Authorization: 'Basic a3VwYW5nOnNhbmRpOsOxLXJhaGFzaWE=' } }, secret: 'sandi:ñ-rahasia', setting: 'password' },
    'a fixed token': { auth: { kind: 'bearer', token: 'tok-rahasia-1' }, keys: { headers: { Authorization: 'Bearer tok-rahasia-1' } }, secret: 'tok-rahasia-1', setting: 'token' },
    'an API key in a header': { auth: { kind: 'header', header: 'X-API-Key', value: 'kunci-rahasia-2' }, keys: { headers: { 'X-API-Key': 'kunci-rahasia-2' } }, secret: 'kunci-rahasia-2', setting: 'value' },
    'an API key in the address': { auth: { kind: 'query', param: 'api_key', value: 'kunci & rahasia=3' }, keys: { query: { api_key: 'kunci & rahasia=3' } }, secret: 'kunci & rahasia=3', setting: 'value' },
  };
  test.each(Object.entries(KEYS))('%s opens every page, detail and write; a wrong one is told in one sentence without it', async (_, { auth, keys, secret, setting }) => {
    await simulator.close();
    simulator = await startRestSimulator({ records: people(6), keys });
    const read = { path: '/tautan', paging: { kind: 'link' }, detail: { path: '/rincian/{nik}', records: 'data' } };
    const context = testContext({ instance: 'sodamolek-dokumen' });
    const positions: string[] = [];
    const seen: string[] = [];
    for await (const { records, position } of rest.read!(readAs(read, { auth: [auth] }), undefined, context)) {
      seen.push(...records.map(({ value }) => String(value.alamat)));
      positions.push(JSON.stringify(position));
    }
    expect(seen).toEqual(people(6).map(({ nik }) => `Jalan ${nik}`));
    // The service repeats the key in its link; a position is shown to people.
    expect(positions).toEqual([expect.stringMatching(/"url":"http:[^"]*\?page=2"/), '{}']);
    await rest.write!(settingsOf({ auth: [auth], write: { path: '/catatan' } }), { topic: 'uji', partition: 0, nextOffset: 1, records: [{ topic: 'uji', partition: 0, offset: 0, key: 'a', value: { kunci: 'a', jumlah: 1 }, id: 'id-0', time: 0 }] }, context);
    expect(simulator.written.map(({ key }) => key)).toEqual(['a']);

    const { host } = new URL(simulator.url);
    const wrong = { ...auth, [setting]: `${secret}-lama` };
    const refused = drain(rest, readAs(read, { auth: [wrong] }), undefined, context);
    await expect(refused).rejects.toBeInstanceOf(CredentialError);
    await expect(refused).rejects.toThrow(`${host} menolak kredensial instans sodamolek-dokumen (401) pada GET /tautan; periksa rahasia di settings.auth.0.${setting}.`);
    await expect(rest.check(readAs(read, { auth: [wrong] }), context)).rejects.toThrow(`periksa rahasia di settings.auth.0.${setting}.`);
    await refused.catch((error: Error) => expect(`${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain('rahasia-'));
    await refused.catch((error: Error) => expect(`${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`).not.toMatch(/kunci.*rahasia.*lama|a3VwYW5n/));
    await expect(drain(rest, readAs(read), undefined, context)).rejects.toThrow(`${host} menolak kredensial instans sodamolek-dokumen (401) pada GET /tautan; layanan ini meminta kredensial, isi settings.auth.`);
    expect(context.lines.join(' ')).not.toContain(secret);
  });

  test('a token service that refuses is named with the settings to look at, and both tokens where either may be wrong', async () => {
    await simulator.close();
    simulator = await startRestSimulator({ records: people(1), tokens: true });
    const { host } = new URL(simulator.url);
    const context = testContext({ instance: 'bkn-unor' });
    const [apim, sso] = twoTokens(simulator.url) as [JsonObject, JsonObject];
    await expect(drain(rest, readAs({}, { auth: [{ ...apim, clientSecret: 'keliru' }, sso] }), undefined, context)).rejects.toThrow(`${host} menolak kredensial instans bkn-unor (400) pada POST /token; periksa clientId dan rahasia di settings.auth.0.clientSecret.`);
    await expect(drain(rest, readAs({}, { auth: [apim, { ...sso, password: 'keliru' }] }), undefined, context)).rejects.toThrow(`${host} menolak kredensial instans bkn-unor (400) pada POST /sso; periksa clientId, username dan rahasia di settings.auth.1.password.`);
    simulator.faults.raw = { status: 403, body: '{}' };
    await expect(drain(rest, readAs({}, { auth: [apim, sso] }), undefined, context)).rejects.toThrow(
      `${host} tidak mengizinkan instans bkn-unor (403) pada GET /semua; minta hak akses dari pemilik layanan, atau periksa rahasia di settings.auth.0.clientSecret dan settings.auth.1.password.`,
    );
  });

  test('reads what changed, with overlap, and never runs ahead of the clock', async () => {
    simulator.records.push(...people(3));
    const settings = readAs({ query: { sejak: '{since}' }, since: { field: 'diubah', format: 'yyyy-MM-dd HH:mm:ss', overlap: 1 } });
    const first = await drain(rest, settings, undefined, testContext());
    expect(niks(first)).toEqual(['n0', 'n1', 'n2']);
    expect(first.records[2]!.time).toBe(Date.UTC(2025, 11, 31, 16, 0, 2));
    simulator.records.push({ nik: 'masa depan', diubah: '2099-01-01 00:00:00' }, { nik: 'baru', diubah: '2026-01-01 00:00:05' });
    const second = await drain(rest, settings, first.position, testContext());
    expect(niks(second)).toEqual(['n1', 'n2', 'masa depan', 'baru']);
    expect(second.position).toEqual({ since: Date.UTC(2026, 10, 24, 2) });
    expect(simulator.requests).toEqual(['/semua', '/semua?sejak=2026-01-01+00%3A00%3A01']);
  });

  test('dates in the path and the query', async () => {
    const settings = readAs({ path: '/semua/{now:yyyy-MM-dd}', query: { mulai: '{now-7d:dd-MM-yyyy}', tetap: 1 } });
    await drain(rest, settings, undefined, testContext({ now: () => new Date('2026-11-23T17:30:00Z') }));
    expect(simulator.requests).toEqual(['/semua/2026-11-24?mulai=17-11-2026&tetap=1']);
  });

  test('a service that gives less than was asked for loses nothing', async () => {
    simulator.records.push(...people(11));
    simulator.faults.cap = 3;
    for (const [path, paging] of Object.entries(PAGING).slice(0, 2)) {
      const read = await drain(rest, readAs({ path: `/${path}`, paging: { ...paging, size: 100 } }), undefined, testContext());
      expect(niks(read)).toEqual(people(11).map((person) => person.nik));
    }
  });

  test('the total saves the last request', async () => {
    simulator.records.push(...people(8));
    const read = await drain(rest, readAs({ path: '/halaman', paging: { kind: 'page', sizeParam: 'per_page', size: 4, total: 'meta.total' } }), undefined, testContext());
    expect(read.records).toHaveLength(8);
    expect(simulator.requests).toHaveLength(2);
  });

  test('a very long answer is cut into batches and gone on with in its middle', async () => {
    simulator.records.push(...people(4500));
    const settings = readAs({});
    const first = (await rest.read!(settings, undefined, testContext())[Symbol.asyncIterator]().next()).value;
    expect(first.records).toHaveLength(2000);
    expect((await drain(rest, settings, first.position, testContext())).records.map((record) => record.value.nik)).toEqual(people(4500).slice(2000).map((person) => person.nik));
  });

  test('a cursor that expired between runs begins anew', async () => {
    simulator.records.push(...people(5));
    const settings = readAs({ path: '/kursor', paging: PAGING.kursor! });
    expect(niks(await drain(rest, settings, { page: { kind: 'cursor', cursor: 'usang' } }, testContext()))).toEqual(['n0', 'n1', 'n2', 'n3', 'n4']);
  });

  test('details per record, and a record whose detail is missing', async () => {
    simulator.records.push({ nik: '1' }, { nik: '2' }, { nama: 'tanpa nik' });
    const merged = await drain(rest, readAs({ detail: { path: '/rincian/{nik}', records: 'data' } }), undefined, testContext());
    expect(merged.records.map((record) => record.value)).toEqual([{ nik: '1', alamat: 'Jalan 1' }, { nik: '2', alamat: 'Jalan 2' }, { nama: 'tanpa nik' }]);
    expect(merged.records[2]!.faults).toEqual([expect.objectContaining({ rule: 'detail' })]);
    const nested = await drain(rest, readAs({ detail: { path: '/rincian/{nik}', records: 'data', as: 'rincian' } }), undefined, testContext());
    expect(nested.records[0]!.value).toEqual({ nik: '1', rincian: { alamat: 'Jalan 1' } });
  });

  test('keeps digits, understands 404 as empty, marks deletions and identities', async () => {
    simulator.faults.raw = { status: 200, body: '{"data":{"items":[{"nip":198503092010012001,"status":"H","id":9}]}}' };
    const settings = readAs({ id: 'id', deleted: { field: 'status', values: ['H'] }, emptyStatus: [404] }, {});
    expect((await drain(rest, settings, undefined, testContext())).records).toEqual([{ value: { nip: '198503092010012001', status: 'H', id: 9 }, origin: 'catatan 1', id: '9', deleted: true }]);
    simulator.faults.raw = { status: 404, body: '{"code":0,"data":"Data tidak ditemukan"}' };
    expect((await drain(rest, settings, undefined, testContext())).records).toEqual([]);
  });

  test('says by outcome what is wrong with an answer', async () => {
    const read = (raw: JsonObject = {}) => drain(rest, readAs({}, raw), undefined, testContext());
    const answer = (status: number, body: string, headers: Record<string, string> = {}) => void (simulator.faults.raw = { status, body, headers });
    answer(200, '['.repeat(10_000) + ']'.repeat(10_000));
    await expect(read()).rejects.toBeInstanceOf(ContractError);
    answer(200, '<html>Sedang pemeliharaan</html>');
    await expect(read()).rejects.toBeInstanceOf(RetriableError);
    answer(200, '{"data":{}}');
    await expect(read()).rejects.toThrow(/tidak memuat "data.items"/);
    answer(200, '{"code":0,"message":"NIK 5371010101900001 salah","data":{"items":[]}}');
    await expect(read({ success: { path: 'code', values: [1] } })).rejects.toThrow('GET /semua menjawab tidak berhasil: NIK … salah.');
    answer(200, JSON.stringify({ data: { items: ['x'.repeat(5000)] } }));
    await expect(read({ maxBytes: 2000 })).rejects.toThrow(/lebih besar dari 2000 byte/);
    answer(400, '{"message":"parameter salah"}');
    await expect(read()).rejects.toThrow('GET /semua menjawab 400: parameter salah; periksa jalur dan parameter.');
    answer(302, '', { Location: 'https://lain.example/masuk?kunci=1' });
    await expect(read()).rejects.toThrow(/mengalihkan ke https:\/\/lain.example; tulis/);
    answer(403, '{}');
    await expect(read()).rejects.toBeInstanceOf(CredentialError);
    answer(500, '{}');
    await expect(read()).rejects.toBeInstanceOf(RetriableError);
    await simulator.close();
    await expect(read()).rejects.toBeInstanceOf(RetriableError);
  });

  test('keys are not carried to another host by a link', async () => {
    simulator.faults.raw = { status: 200, body: '{"data":{"items":[]}}', headers: { Link: '<https://lain.example/2>; rel=next' } };
    await expect(drain(rest, readAs({ paging: { kind: 'link' } }), undefined, testContext())).rejects.toThrow(/menunjuk ke https:\/\/lain.example/);
  });

  test('keeps to the pace', async () => {
    simulator.records.push(...people(9));
    const started = performance.now();
    await drain(rest, readAs({ path: '/kursor', paging: PAGING.kursor! }, { rate: 20 }), undefined, testContext());
    expect(simulator.requests).toHaveLength(3);
    expect(performance.now() - started).toBeGreaterThanOrEqual(99);
  });

  test('faults that need each other are all named', () => {
    expect(() => readAs({ path: '/{siapa}', query: { a: '{since}' } }, { auth: [{ kind: 'oauth2', grant: 'password', tokenUrl: 'http://x', clientId: 'a' }] })).toThrow(SettingsError);
    expect(() => readAs({ path: '/{siapa}', query: { a: '{since}' } }, { auth: [{ kind: 'oauth2', grant: 'password', tokenUrl: 'http://x', clientId: 'a' }] })).toThrow(
      /auth.0.username: wajib[^]*auth.0.password: wajib[^]*read.path: \{siapa\} tidak dikenal[^]*read.since: wajib/,
    );
  });
});

describe('times', () => {
  test.each([
    ['2026-11-24T01:02:03Z', 'iso', Date.UTC(2026, 10, 24, 1, 2, 3)],
    ['2026-11-24 09:02:03', 'iso', Date.UTC(2026, 10, 24, 1, 2, 3)],
    ['2026-11-24', 'iso', Date.UTC(2026, 10, 23, 16)],
    ['24-11-2026', 'dd-MM-yyyy', Date.UTC(2026, 10, 23, 16)],
    ['24/11/2026 09.02', 'dd/MM/yyyy HH.mm', Date.UTC(2026, 10, 24, 1, 2)],
    [1795482123, 'unix', 1795482123000],
    ['bukan', 'dd-MM-yyyy', undefined],
    ['', 'unix', undefined],
  ])('%s as %s', (text, format, time) => {
    expect(parseMoment(text, format, '+08:00')).toBe(time);
  });

  test('written', () => {
    expect(formatMoment(Date.UTC(2026, 10, 23, 17, 5), 'dd/MM/yyyy HH.mm', '+08:00')).toBe('24/11/2026 01.05');
  });

  test('Retry-After in seconds and as a date', () => {
    const now = new Date('2026-11-24T02:00:00Z');
    expect(retryAfterOf('120', now)).toBe(120);
    expect(retryAfterOf('Tue, 24 Nov 2026 02:00:30 GMT', now)).toBe(30);
    expect(retryAfterOf('Tue, 24 Nov 2026 01:00:00 GMT', now)).toBe(0);
    expect(retryAfterOf('nanti', now)).toBeUndefined();
  });
});
