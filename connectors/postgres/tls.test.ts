import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbedded } from '../../hub/database/embedded.js';
import type { JsonObject } from '../../hub/record.js';
import { parseSettings } from '../../hub/settings.js';
import { testContext } from '../../test/contract/context.js';
import { drain } from '../../test/contract/source.js';
import { postgres } from './postgres.js';

const folder = mkdtempSync(join(tmpdir(), 'sasando-tls-'));
let server: EmbeddedPostgres;
let admin: pg.Client;

const openssl = (...parameters: string[]) => execFileSync('openssl', parameters, { cwd: folder, stdio: 'ignore' });
const pem = (name: string): string => readFileSync(join(folder, name), 'utf8');

function makeAuthority(name: string): void {
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.pem`);
}

/** A server certificate by the city's authority. */
function makeCertificate(name: string, names: string): void {
  openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
  writeFileSync(join(folder, `${name}.ext`), `subjectAltName=${names}\n`);
  openssl('x509', '-req', '-in', `${name}.csr`, '-CA', 'kota.pem', '-CAkey', 'kota.key', '-CAcreateserial', '-days', '2', '-extfile', `${name}.ext`, '-out', `${name}.pem`);
}

/** The server shows this certificate to whoever comes from now on. */
async function show(name: string): Promise<void> {
  for (const [from, to] of [[`${name}.pem`, 'server.crt'], [`${name}.key`, 'server.key']] as const) {
    const path = join(server.cluster, to);
    rmSync(path, { force: true });
    writeFileSync(path, pem(from), { mode: 0o600 });
    if (process.getuid?.() === 0) chownSync(path, 65534, 65534);
  }
  await reload();
}

async function reload(): Promise<void> {
  const loaded = async (): Promise<string> => String((await admin.query(`SELECT pg_conf_load_time() AS at`)).rows[0].at.getTime());
  const before = await loaded();
  await admin.query('SELECT pg_reload_conf()');
  while ((await loaded()) === before);
}

beforeAll(async () => {
  for (const name of ['kota', 'lain']) makeAuthority(name);
  makeCertificate('benar', 'DNS:localhost,IP:127.0.0.1');
  makeCertificate('asing', 'DNS:db.kota.example');
  const data = mkdtempSync(join(tmpdir(), 'sasando-tls-data-'));
  // Its PostgreSQL runs as another user where the tests run as root.
  chmodSync(data, 0o711);
  server = await startEmbedded(data);
  admin = new pg.Client({ connectionString: server.url });
  await admin.connect();
});
afterAll(async () => {
  await admin?.end();
  await server?.close();
});

const settings = (more: JsonObject, host = 'localhost'): JsonObject => {
  const url = new URL(server.url);
  url.hostname = host;
  return { url: url.href, query: `SELECT 1 AS id, (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) AS tls`, key: 'id', ...more };
};
const read = async (more: JsonObject, host?: string) => (await drain(postgres, parseSettings(postgres.settings, settings(more, host)), undefined, testContext())).records.map(({ value }) => value);
const check = (more: JsonObject, host?: string) => postgres.check(parseSettings(postgres.settings, settings(more, host)), testContext());
/** Wrong settings: a person must act. */
const refused = (sentence: string) => ({ code: 'settings', message: `settings.tls: Basis data sasando di ${sentence}` });

test('a server without TLS is told so where TLS is wanted', async () => {
  await expect(check({ tls: 'require' })).rejects.toMatchObject(refused('localhost: server tidak memakai TLS; minta pengelolanya menyalakan TLS, atau isi "tls: off" bila server itu ada di jaringan sendiri'));
});

test('a server with TLS: verified by authority and name, or only encrypted', async () => {
  await admin.query('ALTER SYSTEM SET ssl = on');
  await show('benar');
  const verified = { tls: 'verify', ca: pem('kota.pem') };
  for (const host of ['localhost', '127.0.0.1']) expect(await read(verified, host)).toEqual([{ id: 1, tls: true }]);
  expect(await read({ tls: 'require' })).toEqual([{ id: 1, tls: true }]);
  expect(await read({ tls: 'off' })).toEqual([{ id: 1, tls: false }]);
  // A bundle of several authorities, as during a change.
  await check({ tls: 'verify', ca: pem('lain.pem') + pem('kota.pem') });

  await expect(check({ tls: 'verify', ca: pem('lain.pem') })).rejects.toMatchObject(refused('localhost: sertifikat server tidak diterbitkan oleh CA pada setelan "ca"; minta sertifikat CA yang benar dari pengelolanya'));
  await expect(check({ tls: 'verify' })).rejects.toMatchObject(refused('localhost: penerbit sertifikat server tidak dikenal; isi "ca" dengan sertifikat CA dari pengelolanya'));

  await show('asing');
  for (const host of ['localhost', '127.0.0.1']) await expect(check(verified, host)).rejects.toMatchObject(refused(`${host}: sertifikat server bukan untuk nama itu; tulis nama yang ada pada sertifikatnya di "url"`));
  expect(await read({ tls: 'require' })).toEqual([{ id: 1, tls: true }]);
});

test('a server that takes nobody without TLS says what to set', async () => {
  const rules = join(server.cluster, 'pg_hba.conf');
  writeFileSync(rules, readFileSync(rules, 'utf8').replaceAll('host all', 'hostssl all'));
  await reload();
  await expect(check({ tls: 'off' })).rejects.toMatchObject(refused('localhost hanya menerima pengguna hub lewat TLS; isi "tls: verify" atau "tls: require"'));
});

test('what would be thought to secure the connection but does not is a fault', () => {
  const faults = (raw: JsonObject) => () => parseSettings(postgres.settings, settings(raw));
  expect(faults({ url: 'postgres://hub@db.kota.example/siak?sslmode=verify-full' })).toThrow('url: tidak memuat sslmode');
  expect(faults({ tls: 'verify', ca: '/etc/ssl/kota.pem' })).toThrow('ca: harus berisi sertifikat PEM');
  expect(faults({ ca: pem('kota.pem') })).toThrow('ca: hanya diperiksa dengan "tls: verify"');
});
