import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ReceivedRequest } from '../../hub/connector.js';
import { RejectedRecord, SettingsError } from '../../hub/errors.js';
import type { JsonObject, SourceRecord } from '../../hub/record.js';
import { parseSettings } from '../../hub/settings.js';
import { testContext } from '../../test/contract/context.js';
import { testReadme } from '../../test/contract/readme.js';
import type { WebhookSettings } from './settings.js';
import { webhook } from './webhook.js';

testReadme(webhook, new URL('./README.md', import.meta.url));

const NOW = new Date('2026-11-24T02:00:00Z');
const SECONDS = String(NOW.getTime() / 1000);
// The example of the Standard Webhooks specification's libraries.
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

let server: Server;
let url: string;
let settings: WebhookSettings;
/** A real HTTP server in front of the receiver, answering as the API does. */
beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const received: ReceivedRequest = { method: request.method!, path: request.url!, query: {}, headers: request.headers as Record<string, string>, body: Buffer.concat(chunks), remoteAddress: '127.0.0.1' };
      webhook.receive!(settings, received, testContext({ now: () => NOW })).then(
        (records) => response.end(JSON.stringify(records)),
        (error: unknown) => response.writeHead(error instanceof RejectedRecord ? 400 : 500).end(JSON.stringify(error instanceof RejectedRecord ? error.faults : String(error))),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => new Promise((resolve) => (server.close(resolve), server.closeAllConnections())));

async function post(raw: JsonObject, body: string | Buffer, headers: Record<string, string> = {}, method = 'POST'): Promise<{ records?: SourceRecord[]; rule?: string; message?: string }> {
  settings = parseSettings(webhook.settings, raw);
  const response = await fetch(url, { method, headers, ...(method === 'POST' && { body: body as string }) });
  const answer = (await response.json()) as SourceRecord[] & { rule: string; message: string }[];
  return response.ok ? { records: answer } : { rule: answer[0]!.rule, message: answer[0]!.message };
}

const sign = (body: string | Buffer, { id = 'msg_1', timestamp = SECONDS, secret = SECRET } = {}) => ({
  'webhook-id': id,
  'webhook-timestamp': timestamp,
  'webhook-signature': `v1,${createHmac('sha256', Buffer.from(secret.slice(6), 'base64')).update(`${id}.${timestamp}.`).update(body).digest('base64')}`,
});
const standard: JsonObject = { signature: { kind: 'standard', secrets: [SECRET] } };
const token: JsonObject = { signature: { kind: 'token', secrets: ['token-rahasia'] } };
const bearer = { authorization: 'Bearer token-rahasia' };

describe('webhook', () => {
  test('knows the published example of Standard Webhooks', async () => {
    settings = parseSettings(webhook.settings, standard);
    const request: ReceivedRequest = {
      method: 'POST',
      path: '/',
      query: {},
      headers: { 'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek', 'webhook-timestamp': '1614265330', 'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=' },
      body: Buffer.from('{"test": 2432232314}'),
      remoteAddress: '127.0.0.1',
    };
    const records = await webhook.receive!(settings, request, testContext({ now: () => new Date(1_614_265_330_000) }));
    expect(records).toEqual([{ value: { test: 2432232314 }, id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', origin: 'kiriman msg_p5jXN8AQM9LWM0D4loKWxJek' }]);
  });

  test('a wrong, missing, foreign, altered or old signature is refused and the instance goes on', async () => {
    const body = '{"nik":"5371"}';
    const wrong = await Promise.all(
      [
        {},
        { ...sign(body), 'webhook-signature': 'v1,AAAA' },
        sign(body, { secret: 'whsec_AAAAAAAAAAAAAAAAAAAAAAAA' }),
        sign('{"nik":"5372"}'),
        { ...sign(body), 'webhook-id': 'msg_2' },
        { ...sign(body), 'webhook-timestamp': String(Number(SECONDS) + 1) },
        sign(body, { timestamp: String(Number(SECONDS) - 301) }),
        sign(body, { timestamp: String(Number(SECONDS) + 301) }),
        sign(body, { timestamp: 'kemarin' }),
      ].map((headers) => post(standard, body, headers as Record<string, string>)),
    );
    expect(wrong.map(({ rule }) => rule)).toEqual(Array(9).fill('signature'));
    expect(wrong[6]!.message).toBe('waktu kiriman berselisih lebih dari 300 detik dari waktu hub');
    expect((await post(standard, body, sign(body, { timestamp: String(Number(SECONDS) - 299) }))).records).toHaveLength(1);
  });

  test('two secrets are valid while they are changed, and several signatures may be sent', async () => {
    const both = { signature: { kind: 'standard', secrets: ['whsec_AAAAAAAAAAAAAAAAAAAAAAAA', SECRET] } };
    const headers = sign('{}');
    expect((await post(both, '{}', { ...headers, 'webhook-signature': `v1a,xyz v1,AAAA ${headers['webhook-signature']}` })).records).toHaveLength(1);
  });

  test('a simple HMAC header, with and without a time', async () => {
    const plain = { signature: { kind: 'hmac', secrets: ['rahasia-kita'], header: 'X-Hub-Signature-256', prefix: 'sha256=' } };
    const hex = createHmac('sha256', 'rahasia-kita').update('{"a":1}').digest('hex');
    expect((await post(plain, '{"a":1}', { 'x-hub-signature-256': `sha256=${hex}` })).records).toEqual([{ value: { a: 1 } }]);
    expect((await post(plain, '{"a":2}', { 'x-hub-signature-256': `sha256=${hex}` })).rule).toBe('signature');
    const timed = { signature: { kind: 'hmac', secrets: ['rahasia-kita'], encoding: 'base64', timestampHeader: 'X-Waktu' } };
    const base64 = createHmac('sha256', 'rahasia-kita').update(`${SECONDS}.{}`).digest('base64');
    expect((await post(timed, '{}', { 'x-signature': base64, 'x-waktu': SECONDS })).records).toHaveLength(1);
    expect((await post(timed, '{}', { 'x-signature': base64 })).rule).toBe('signature');
    expect((await post(timed, '{}', { 'x-signature': base64, 'x-waktu': String(Number(SECONDS) - 600) })).rule).toBe('signature');
  });

  test('an array: identities by header or field, streams, times, deletions, and one bad entry', async () => {
    const raw = { ...token, records: 'data', idField: 'nomor', idHeader: 'Idempotency-Key', streamField: 'jenis', timeField: 'pada', deleted: { field: 'aksi', values: ['hapus'] } };
    const body = '{"jenis":"permohonan","data":[{"nomor":7,"nip":198503092010012001,"pada":"2026-11-24T09:00:00+08:00"},{"jenis":"status","aksi":"hapus"},"rusak"]}';
    expect((await post(raw, body, { ...bearer, 'idempotency-key': 'k1' })).records).toEqual([
      { value: { nomor: 7, nip: '198503092010012001', pada: '2026-11-24T09:00:00+08:00' }, id: '7', stream: 'permohonan', time: Date.UTC(2026, 10, 24, 1), origin: 'kiriman k1/0, catatan 1' },
      { value: { jenis: 'status', aksi: 'hapus' }, id: 'k1/1', stream: 'status', deleted: true, origin: 'kiriman k1/1, catatan 2' },
      { value: { nilai: 'rusak' }, id: 'k1/2', origin: 'kiriman k1/2, catatan 3', faults: [expect.objectContaining({ rule: 'type' })] },
    ]);
  });

  test('a moment that no calendar holds is none; a part of a millisecond is dropped', async () => {
    const moments = ['1e300', '-1e300', '1764000000.0009', '"kemarin"', 'null'].map((pada) => `{"pada":${pada}}`).join(',');
    const { records } = await post({ ...token, timeField: 'pada' }, `[${moments}]`, bearer);
    expect(records!.map(({ time }) => time)).toEqual([undefined, undefined, 1_764_000_000_000, undefined, undefined]);
  });

  test('requests that cannot be taken apart are refused with a rule for the answer', async () => {
    const rules = [
      (await post(token, '{"a":', bearer)).rule,
      (await post(token, '['.repeat(10_000) + ']'.repeat(10_000), bearer)).rule,
      (await post(token, Buffer.from([0x7b, 0xff, 0x7d]), bearer)).rule,
      (await post(token, '5', bearer)).rule,
      (await post({ ...token, records: 'data' }, '{"lain":[]}', bearer)).rule,
      (await post({ ...token, maxRecords: 2 }, '[{},{},{}]', bearer)).rule,
      (await post(token, '', bearer, 'GET')).rule,
      (await post(token, '{}', { authorization: 'Bearer token-rahasi' })).rule,
    ];
    expect(rules).toEqual(['syntax', 'depth', 'encoding', 'type', 'type', 'limit', 'method', 'signature']);
  });

  test('names every fault of its settings and shows no secret', () => {
    const faulty = () => parseSettings(webhook.settings, { signature: { kind: 'hmac', secrets: ['pendek'], encoding: 'biner' }, maxRecords: 0, lebih: true }, 'settings');
    expect(faulty).toThrow(SettingsError);
    expect(faulty).toThrow(/signature.secrets.0: terlalu pendek[^]*signature.encoding[^]*maxRecords[^]*lebih: tidak dikenal/);
    expect(faulty).not.toThrow(/pendek"/);
  });
});
