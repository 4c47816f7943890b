import { createHmac } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import request from 'supertest';
import { testDatabase } from '../../test/database.js';
import { INSTANCE, SCHEMA, testProject } from '../../test/project.js';
import { until } from '../../test/until.js';
import { readEnvironment } from '../environment.js';
import { type Hub, startHub } from '../main.js';

const PASSWORD = 'kata-sandi-uji';
const project = testProject();
let hub: Hub;

const get = (path: string) => request(hub.url).get(path).auth('admin', PASSWORD);
const post = (path: string, body: object = {}) => request(hub.url).post(path).auth('admin', PASSWORD).send(body);
const put = (path: string, body: object) => request(hub.url).put(path).auth('admin', PASSWORD).send(body);
const wifi = async () => (await get('/api/v1/instances/kominfo-wifi')).body as { state: string; recordsIn: number; recordsOut: number; filtered: number; cases: number };

beforeAll(async () => {
  const environment = readEnvironment({ SASANDO_PORT: '0', SASANDO_DATA_DIR: project.data, SASANDO_PROJECT_DIR: project.folder, DATABASE_URL: await testDatabase(), SASANDO_ADMIN_PASSWORD: PASSWORD });
  writeFileSync(join(project.data, 'berkas/wifi/satu.csv'), 'KODE,NAMA,NIK\nW1,Taman Nostalgia,5371010101900001\nW2,Pasar Oeba,\nW3,Pantai Kelapa Lima,537101010190\n');
  hub = await startHub({ environment, logFile: true });
  await until(async () => (await wifi()).recordsIn === 3);
});
afterAll(() => hub?.close());

test('health needs no credential, everything else does', async () => {
  expect((await request(hub.url).get('/health/live')).body).toEqual({ status: 'up' });
  expect((await request(hub.url).get('/health/ready')).status).toBe(200);
  for (const path of ['/', '/metrics', '/api/v1/status', '/api/v1/instances', '/api/v1/topics', '/api/v1/cases', '/api/v1/city', '/tidak-ada']) {
    const refused = await request(hub.url).get(path).auth('admin', 'salah');
    expect([path, refused.status]).toEqual([path, 401]);
    expect(refused.headers['www-authenticate']).toContain('Basic');
    expect(refused.headers['content-type']).toContain('application/problem+json');
  }
});

test('status, instances and topics say how the hub fares, to the record', async () => {
  expect((await get('/api/v1/status')).body).toMatchObject({ name: 'sasando', engine: 'postgres', city: false, cases: 1, faults: [] });
  const rows = (await get('/api/v1/instances')).body as object[];
  expect(rows).toHaveLength(2);
  expect(rows[0]).toMatchObject({ name: 'kominfo-wifi', owner: 'kominfo', connector: 'file', recordsIn: 3, recordsOut: 2, filtered: 0, cases: 1, error: null });
  expect((await get('/api/v1/topics')).body).toEqual(
    expect.arrayContaining([
      { name: 'infrastruktur.titik_wifi', partitions: 3, records: 2, cleanup: 'compact' },
      { name: '_kasus', partitions: 1, records: 1, cleanup: 'compact' },
    ]),
  );
});

test('records are read decoded, page after page', async () => {
  const path = '/api/v1/topics/infrastruktur.titik_wifi/records';
  const first = (await get(`${path}?limit=1`)).body as { records: { value: object }[]; next: string; end: boolean };
  expect(first.records.map(({ value }) => value)).toHaveLength(1);
  expect(first.end).toBe(false);
  const rest = (await get(`${path}?limit=10&cursor=${first.next}`)).body as typeof first;
  expect(rest.end).toBe(true);
  expect([...first.records, ...rest.records].map(({ value }) => value)).toEqual(
    expect.arrayContaining([
      { kode: 'W1', nama: 'Taman Nostalgia', penanggung_jawab: '5371010101900001' },
      { kode: 'W2', nama: 'Pasar Oeba', penanggung_jawab: null },
    ]),
  );
  expect((await get(`${path}?from=end`)).body).toMatchObject({ records: [], end: true });
  expect((await get(`${path}?from=2000-01-01`)).body.records).toHaveLength(2);
  expect((await get(`${path}?from=kemarin`)).body).toMatchObject({ status: 400, detail: 'Parameter "from" harus start, end, atau waktu seperti 2026-11-24T08:00:00Z.' });
  expect((await get(`${path}?offset=0`)).body).toMatchObject({ status: 400 });
  expect((await get(`${path}?offset=0&partition=7`)).body).toMatchObject({ detail: 'Topik itu tidak punya partisi 7; yang ada 0 sampai 2.' });
  expect((await get('/api/v1/topics/tidak.ada/records')).status).toBe(404);
});

test('a case shows the record as it was, is mended and replayed', async () => {
  const { cases } = (await get('/api/v1/cases?instance=kominfo-wifi')).body as { cases: { id: string; key: string }[] };
  expect(cases).toHaveLength(1);
  expect(cases[0]).toMatchObject({ owner: 'kominfo', topic: 'infrastruktur.titik_wifi', state: 'open', faults: [{ path: 'penanggung_jawab', rule: 'format.nik', message: '12 angka, seharusnya 16' }] });
  const { id } = cases[0]!;
  expect((await get(`/api/v1/cases/${id}`)).body).toMatchObject({ payload: { KODE: 'W3', NAMA: 'Pantai Kelapa Lima', NIK: '537101010190' } });
  expect((await post(`/api/v1/cases/${id}/replay`)).body).toMatchObject({ outcome: 'rejected' });
  const payload = { KODE: 'W3', NAMA: 'Pantai Kelapa Lima', NIK: '5371010101900003' };
  expect((await post(`/api/v1/cases/${id}/replay`, { payload })).body).toEqual({ outcome: 'accepted' });
  expect(await wifi()).toMatchObject({ recordsIn: 3, recordsOut: 3, cases: 0 });
  expect((await get('/api/v1/cases/tidak-ada')).body).toMatchObject({ status: 404, code: 'not_found' });
});

test('an instance is paused, its position moved, and resumed', async () => {
  const moved = await put('/api/v1/instances/kominfo-wifi/position', { position: null });
  expect(moved.body).toMatchObject({ status: 409, detail: 'kominfo-wifi sedang berjalan. Jeda dahulu: sasando instances pause kominfo-wifi' });
  expect((await post('/api/v1/instances/kominfo-wifi/pause')).body).toMatchObject({ state: 'PAUSED' });
  const { position } = (await get('/api/v1/instances/kominfo-wifi/position')).body as { position: object };
  expect(position).not.toBeNull();
  expect((await put('/api/v1/instances/kominfo-wifi/position', { position })).body).toEqual({ position });
  await post('/api/v1/instances/kominfo-wifi/resume').expect(200);
  await until(async () => (await wifi()).state === 'RUNNING');
  expect((await post('/api/v1/instances/tidak-ada/pause')).status).toBe(404);
  expect((await post('/api/v1/instances/kominfo-wifi/hapus')).status).toBe(404);
});

test('a receiver answers once its records are durable, and refuses a wrong signature', async () => {
  const body = JSON.stringify({ kode: 'W9', nama: 'Bundaran Tirosa' });
  const send = (signature: string, text = body) => request(hub.url).post('/ingest/wifi-lapor').set('content-type', 'application/json').set('x-signature', signature).send(text);
  const sign = (text: string) => createHmac('sha256', 'rahasia-penerima-wifi').update(text).digest('hex');
  await until(async () => (await send(sign(body))).status === 200);
  expect((await get('/api/v1/instances/wifi-lapor')).body).toMatchObject({ recordsIn: 1, recordsOut: 1 });
  expect((await send('00')).body).toMatchObject({ status: 401 });
  expect((await send(sign('{"kode":'), '{"kode":')).body).toMatchObject({ status: 400, code: 'rejected' });
  expect((await request(hub.url).get('/ingest/wifi-lapor').set('x-signature', sign(''))).status).toBe(405);
  expect((await request(hub.url).post('/ingest/tidak-ada').send('{}')).status).toBe(404);
});

describe('bad input', () => {
  test.each([
    ['text that is no JSON', '{"position":'],
    ['JSON nested 10,000 deep', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
    ['the wrong shape', '[]'],
  ])('%s gives one sentence and 400', async (_what, text) => {
    const answer = await request(hub.url).put('/api/v1/instances/kominfo-wifi/position').auth('admin', PASSWORD).set('content-type', 'application/json').send(text);
    expect(answer.status).toBe(400);
    expect(answer.body.detail).toMatch(/^Isi permintaan /);
  });

  test('a body above 1 MB gives 413', async () => {
    const answer = await post('/api/v1/apply').send(`{"files": [{"path": "a.yaml", "text": "${'x'.repeat(1_100_000)}"}]}`);
    expect(answer.body).toMatchObject({ status: 413, detail: 'Isi permintaan lebih dari 1 MB. Bagi menjadi beberapa permintaan.' });
  });

  test('an empty character in an address gives 400', async () => {
    for (const path of ['/api/v1/cases/%00', '/api/v1/cases?instance=%00', '/api/v1/cases?owner=a%00']) expect([path, (await get(path)).status]).toEqual([path, 400]);
    expect((await post('/api/v1/cases/%00/replay', {})).status).toBe(400);
  });

  test('what is sent to an instance that does not receive gives 404', async () => {
    expect((await request(hub.url).post('/ingest/kominfo-wifi').send({})).status).toBe(404);
  });

  test('an address with broken escapes gives 400', async () => {
    expect((await get('/api/v1/topics/%E0%A4%A/records')).status).toBe(400);
  });

  test('a form on another site cannot use the password that a browser remembers', async () => {
    expect((await post('/api/v1/instances/kominfo-wifi/stop').set('sec-fetch-site', 'cross-site')).body).toMatchObject({ status: 403 });
  });
});

test('files are planned, then applied: a new instance runs, a faulty one is refused with file and line', async () => {
  const changed = INSTANCE.replace('Titik wifi dari berkas CSV Kominfo.', 'Titik wifi dari berkas CSV.');
  const other = changed.replace('kominfo-wifi', 'kominfo-wifi-baru').replace('folder: wifi', 'folder: wifi-baru');
  const files = [
    { path: 'config/connectors/kominfo/wifi.yaml', text: changed },
    { path: 'config/connectors/kominfo/wifi-baru.yaml', text: other },
    { path: 'schemas/infrastruktur/titik_wifi.avsc', text: SCHEMA },
  ];
  const changes = [
    { kind: 'schema', name: 'infrastruktur.titik_wifi', change: 'unchanged' },
    { kind: 'instance', name: 'kominfo-wifi', change: 'changed' },
    { kind: 'instance', name: 'kominfo-wifi-baru', change: 'new' },
  ];
  expect((await post('/api/v1/plan', { files })).body).toEqual({ changes });
  expect(await (await get('/api/v1/instances')).body).toHaveLength(2);
  expect((await post('/api/v1/apply', { files })).body).toEqual({ changes });
  expect(await (await get('/api/v1/instances')).body).toHaveLength(3);

  const faulty = await post('/api/v1/plan', { files: [{ path: 'salah.yaml', text: INSTANCE.replace('owner: kominfo', 'owner: Kominfo!') }] });
  expect(faulty.body).toMatchObject({ status: 422, code: 'settings', faults: [{ file: 'salah.yaml', line: 2, path: 'owner' }] });
  const breaking = JSON.stringify({ ...JSON.parse(SCHEMA), fields: [...JSON.parse(SCHEMA).fields, { name: 'wajib', type: 'string', doc: 'Baru dan wajib' }] });
  const refused = await post('/api/v1/plan', { files: [{ path: 'titik_wifi.avsc', text: breaking }] });
  expect(refused.body).toMatchObject({ status: 422, faults: [{ file: 'titik_wifi.avsc', path: 'wajib' }] });
});

test('metrics carry Prometheus names with base units', async () => {
  const { text } = await get('/metrics');
  expect(text).toContain('sasando_instance_records_in_total{instance="wifi-lapor",owner="kominfo",connector="webhook"} 1');
  expect(text).toContain('sasando_topic_records{topic="_kasus"}');
  expect(text).toMatch(/sasando_http_request_duration_seconds_count\{method="GET",surface="api",status="200"\} \d+/);
  const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!);
  expect(names.filter((name) => !name.startsWith('sasando_'))).toEqual([]);
});

test('the start page says what runs and where to look, and needs no script', async () => {
  const { text, headers } = await get('/');
  expect(text).toContain('kominfo-wifi');
  expect(text).toContain('/api/v1/instances');
  expect(text).not.toContain('<script');
  expect(headers['content-security-policy']).toContain("default-src 'self'");
});

test('no log line carries a full NIK, the password or a secret', () => {
  const lines = readFileSync(join(project.data, 'hub.log'), 'utf8');
  for (const secret of ['5371010101900001', '5371010101900003', PASSWORD, 'rahasia-penerima-wifi']) expect(lines).not.toContain(secret);
});
