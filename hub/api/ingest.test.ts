import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testDatabase } from '../../test/database.js';
import { testProject } from '../../test/project.js';
import { until } from '../../test/until.js';
import { readEnvironment } from '../environment.js';
import { type Hub, startHub } from '../main.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const project = testProject();
let hub: Hub;

const receiver = (name: string, signature: string, overlap: boolean): string => `name: ${name}
owner: kominfo
connector: webhook
summary: Laporan titik wifi.
settings: { signature: ${signature}, maxRecords: 2 }
streams: [{ topic: infrastruktur.titik_wifi, mapping: { kode: kode, nama: nama }, overlap: ${overlap} }]
`;

beforeAll(async () => {
  project.write('config/connectors/kominfo/wifi-lapor.yaml', receiver('lapor', '{ kind: standard, secrets: ["${secret:LAPOR}"] }', true));
  project.write('config/connectors/kominfo/wifi-token.yaml', receiver('lapor-token', '{ kind: token, secrets: ["token-rahasia"] }', false));
  project.write('secrets/kominfo/LAPOR', SECRET);
  hub = await startHub({ environment: readEnvironment({ SASANDO_PORT: '0', SASANDO_DATA_DIR: project.data, SASANDO_PROJECT_DIR: project.folder, DATABASE_URL: await testDatabase(), SASANDO_ADMIN_PASSWORD: 'kata-sandi-uji' }), logFile: true });
  await until(async () => hub.instances().filter(({ kind, state }) => kind === 'receiver' && state === 'RUNNING').length === 2);
});
afterAll(() => hub?.close());

const sign = (body: string, id: string, seconds = Math.floor(Date.now() / 1000)): Record<string, string> => ({
  'webhook-id': id,
  'webhook-timestamp': String(seconds),
  'webhook-signature': `v1,${createHmac('sha256', Buffer.from(SECRET.slice(6), 'base64')).update(`${id}.${seconds}.${body}`).digest('base64')}`,
});

async function send(instance: string, body: string | undefined, headers: Record<string, string> = {}, method = 'POST'): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }> {
  const response = await fetch(`${hub.url}/ingest/${instance}`, { method, headers, ...(body !== undefined && { body }) });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: JSON.parse(text || '{}') as Record<string, unknown> };
}
const bearer = { authorization: 'Bearer token-rahasia' };

/** Status and the one sentence; nothing else is told but what every problem document has. */
async function refusal(answer: Promise<{ status: number; headers: Headers; body: Record<string, unknown> }>): Promise<[number, unknown]> {
  const { status, headers, body } = await answer;
  expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(Object.keys(body)).toEqual(['type', 'title', 'status', 'code', 'detail']);
  expect(body.status).toBe(status);
  return [status, body.detail];
}

test('a stranger hears 401 and the same sentence, whatever was wrong', async () => {
  const body = '{"kode":"W1","nama":"Taman Nostalgia"}';
  const sentence = 'Kiriman ditolak: tanda tangan tidak ada atau salah. Periksa rahasia bersama, tajuk (header), cara menandatangani dan jam server pengirim.';
  for (const headers of [{}, sign('lain', 'a'), { ...sign(body, 'a'), 'webhook-id': 'b' }, { ...sign(body, 'a'), 'webhook-timestamp': '1' }]) {
    expect(await refusal(send('lapor', body, headers))).toEqual([401, sentence]);
  }
  expect(await refusal(send('lapor', 'bukan JSON', {}))).toEqual([401, sentence]);
  expect((await refusal(send('lapor-token', body, { authorization: 'Bearer salah' })))[0]).toBe(401);
});

test('who signed rightly long ago hears that the time is wrong', async () => {
  const old = Math.floor(Date.now() / 1000) - 3_600;
  expect(await refusal(send('lapor', '{}', sign('{}', 'lama', old)))).toEqual([401, 'Kiriman ditolak: waktu kiriman berselisih lebih dari 300 detik dari waktu hub. Periksa rahasia bersama, tajuk (header), cara menandatangani dan jam server pengirim.']);
});

test('another method hears 405 and which are allowed', async () => {
  for (const method of ['GET', 'DELETE', 'PATCH', 'OPTIONS']) {
    const answer = await send('lapor-token', undefined, bearer, method);
    expect([method, answer.status, answer.headers.get('allow'), answer.body.detail]).toEqual([method, 405, 'POST, PUT', 'Kiriman ditolak: hanya POST yang diterima. Kirim dengan POST.']);
  }
});

test('too much hears 413, by bytes before anything is checked and by records', async () => {
  expect(await refusal(send('lapor', 'x'.repeat(1_048_577)))).toEqual([413, 'Isi permintaan lebih dari 1 MB. Bagi menjadi beberapa permintaan.']);
  expect(await refusal(send('lapor-token', '[{},{},{}]', bearer))).toEqual([413, 'Kiriman ditolak: 3 catatan dalam satu kiriman, paling banyak 2. Bagi menjadi beberapa kiriman.']);
});

test('what cannot be read hears 400', async () => {
  for (const body of ['{"kode":', '', '5', '['.repeat(1_000) + ']'.repeat(1_000)]) expect((await refusal(send('lapor-token', body, bearer)))[0]).toBe(400);
});

test('an unknown instance and one that does not receive hear the same 404', async () => {
  const sentence = 'Tidak ada penerima kiriman di alamat ini. Periksa nama instansnya.';
  for (const name of ['tidak-ada', 'kominfo-wifi', '..%2Flapor']) expect(await refusal(send(name, '{}', bearer))).toEqual([404, sentence]);
});

test('the same delivery again hears 200 again; with overlap it is recorded once', async () => {
  const body = '{"kode":"W7","nama":"Pasar Oeba"}';
  for (let round = 0; round < 2; round++) expect(await send('lapor', body, sign(body, 'msg_7'))).toMatchObject({ status: 200, body: { accepted: 1, rejected: 0, cases: [] } });
  expect(hub.instances().find(({ name }) => name === 'lapor')).toMatchObject({ recordsIn: 2, recordsOut: 1, filtered: 1, written: 1 });

  for (let round = 0; round < 2; round++) expect((await send('lapor-token', '{"kode":"W8","nama":"Alak"}', { ...bearer, 'webhook-id': 'msg_8' })).status).toBe(200);
  const read = await fetch(`${hub.url}/api/v1/topics/infrastruktur.titik_wifi/records`, { headers: { authorization: `Basic ${Buffer.from('admin:kata-sandi-uji').toString('base64')}` } });
  const { records } = (await read.json()) as { records: { id: string }[] };
  expect(records.map(({ id }) => id)).toEqual(['msg_7', 'msg_8', 'msg_8']);
});

test('a receiver at rest hears 503 and when to come again, not why', async () => {
  await fetch(`${hub.url}/api/v1/instances/lapor-token/pause`, { method: 'POST', headers: { authorization: `Basic ${Buffer.from('admin:kata-sandi-uji').toString('base64')}` } });
  const answer = await send('lapor-token', '{}', bearer);
  expect([answer.status, answer.headers.get('retry-after'), answer.body.detail]).toEqual([503, '30', 'Hub belum dapat menyimpan kiriman ini. Kirim lagi nanti.']);
});
