import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { testDatabase } from '../test/database.js';
import { describeKafka, testBrokers } from '../test/kafka/describe-kafka.js';
import { testProject } from '../test/project.js';
import { until } from '../test/until.js';
import { readEnvironment } from './environment.js';
import { type Hub, startHub } from './main.js';
import { moveLog } from './move-log.js';

const PASSWORD = 'kata-sandi-uji';
const hubs: Hub[] = [];
afterEach(async () => {
  for (const hub of hubs.splice(0)) await hub.close();
});

async function start(variables: Record<string, string>, more: Partial<Parameters<typeof startHub>[0]> = {}): Promise<Hub> {
  const hub = await startHub({ environment: readEnvironment({ SASANDO_PORT: '0', SASANDO_ADMIN_PASSWORD: PASSWORD, ...variables }), logFile: true, ...more });
  hubs.push(hub);
  return hub;
}
const get = async (hub: Hub, path: string): Promise<unknown> => (await fetch(`${hub.url}${path}`, { headers: { authorization: `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}` } })).json();
const row = (hub: Hub, name: string) => hub.instances().find((instance) => instance.name === name);

test('a faulty file is told with its line, and the others run', async () => {
  const project = testProject();
  project.write('config/connectors/kominfo/rusak.yaml', 'name: rusak\nowner: kominfo\nconnector: tidakada\nsummary: x\nstreams: []\n');
  project.write('schemas/infrastruktur/rusak.avsc', '{"type": "record", "name": ');
  const hub = await start({ SASANDO_DATA_DIR: project.data, SASANDO_PROJECT_DIR: project.folder, DATABASE_URL: await testDatabase() });
  expect(hub.faults().join('\n')).toMatch(/rusak\.yaml:3: connector: "tidakada" tidak dikenal/);
  expect(hub.faults().join('\n')).toMatch(/schemas\/infrastruktur\/rusak\.avsc/);
  expect(hub.instances().map(({ name }) => name)).toEqual(['kominfo-wifi', 'wifi-lapor']);
});

test('files that changed since the first start are told, not taken', async () => {
  const project = testProject();
  const variables = { SASANDO_DATA_DIR: project.data, SASANDO_PROJECT_DIR: project.folder, DATABASE_URL: await testDatabase() };
  await (await start(variables)).close();
  const path = join(project.folder, 'config/connectors/kominfo/wifi.yaml');
  writeFileSync(path, readFileSync(path, 'utf8').replace('name: kominfo-wifi', 'name: kominfo-lain'));
  const hub = await start(variables);
  expect(hub.faults()).toEqual(['1 berkas di config/connectors dan schemas berbeda dari yang diterapkan; lihat "sasando apply --dry-run".']);
  expect(hub.instances().map(({ name }) => name)).toEqual(['kominfo-wifi', 'wifi-lapor']);
});

test('health answers while the hub is still being built, and a start that is called off leaves nothing behind', async () => {
  const project = testProject();
  const stop = new AbortController();
  let live: unknown;
  let ready = 0;
  const starting = start(
    { SASANDO_DATA_DIR: project.data, SASANDO_PROJECT_DIR: project.folder, DATABASE_URL: await testDatabase() },
    {
      signal: stop.signal,
      startCity: async ({ hubUrl }) => {
        live = await (await fetch(`${hubUrl}/health/live`)).json();
        ready = (await fetch(`${hubUrl}/health/ready`)).status;
        stop.abort(new Error('dibatalkan'));
        return { secrets: {}, simulators: () => [], setFaults: () => undefined, stories: () => [], tell: async () => undefined, close: async () => undefined };
      },
    },
  );
  await expect(starting).rejects.toThrow('dibatalkan');
  expect(live).toEqual({ status: 'up' });
  expect(ready).toBe(503);
});

test('without DATABASE_URL the hub brings its own PostgreSQL and takes it down again', async () => {
  const project = testProject();
  // As an earlier start left them.
  for (const folder of [project.folder, project.data, join(project.data, 'berkas')]) chmodSync(folder, 0o755);
  const hub = await start({ SASANDO_DATA_DIR: project.data, SASANDO_PROJECT_DIR: project.folder });
  writeFileSync(join(project.data, 'berkas/wifi/satu.csv'), 'KODE,NAMA,NIK\nW1,Taman Nostalgia,\n');
  await until(async () => row(hub, 'kominfo-wifi')?.recordsOut === 1);
  const place = existsSync(join(project.data, 'postgres-place')) ? readFileSync(join(project.data, 'postgres-place'), 'utf8').trim() : join(project.data, 'postgres');
  expect(existsSync(join(place, 'postmaster.pid'))).toBe(true);
  // Others may at most pass through to PostgreSQL's own folder, which is closed too.
  expect(statSync(project.data).mode & 0o066).toBe(0);
  expect((statSync(join(project.data, 'berkas')).mode & 0o777).toString(8)).toBe('700');
  expect((statSync(place).mode & 0o777).toString(8)).toBe('700');
  const files = readdirSync(project.data, { withFileTypes: true }).filter((entry) => entry.isFile()).map(({ name }) => name);
  expect(files).toEqual(expect.arrayContaining(['hub.log', 'postgres-password', 'postgres.log']));
  for (const name of files) expect([name, (statSync(join(project.data, name)).mode & 0o777).toString(8)]).toEqual([name, '600']);
  await hub.close();
  await hub.close();
  expect(existsSync(join(place, 'postmaster.pid'))).toBe(false);
});

describeKafka('the hub', () => {
  test('runs the same on Kafka, and refuses another engine afterwards', async () => {
    const project = testProject();
    const variables = { SASANDO_DATA_DIR: project.data, SASANDO_PROJECT_DIR: project.folder, DATABASE_URL: await testDatabase() };
    const kafka = { ...variables, SASANDO_KAFKA_BROKERS: testBrokers().join(','), SASANDO_KAFKA_PREFIX: `hub-${Date.now()}.` };
    const hub = await start(kafka);
    writeFileSync(join(project.data, 'berkas/wifi/satu.csv'), 'KODE,NAMA,NIK\nW1,Taman Nostalgia,\nW2,Pasar Oeba,537101\n');
    await until(async () => row(hub, 'kominfo-wifi')?.recordsIn === 2);
    expect(row(hub, 'kominfo-wifi')).toMatchObject({ recordsOut: 1, cases: 1 });
    expect(await get(hub, '/api/v1/topics/infrastruktur.titik_wifi/records')).toMatchObject({ records: [{ key: 'W1', value: { kode: 'W1', nama: 'Taman Nostalgia' } }], end: true });
    expect(await get(hub, '/api/v1/status')).toMatchObject({ engine: 'kafka', cases: 1 });
    await hub.close();
    await expect(start({ ...variables, SASANDO_ENGINE: 'postgres' })).rejects.toThrow('log hub ini ada di mesin kafka, bukan postgres');

    // Moved back, it goes on as if nothing had happened.
    await expect(moveLog(readEnvironment(kafka), 'kafka', () => undefined)).rejects.toThrow('Log sudah ada di mesin kafka');
    expect(await moveLog(readEnvironment(kafka), 'postgres', () => undefined)).toMatchObject({ records: 2 });
    const moved = await start({ ...variables, SASANDO_ENGINE: 'postgres' });
    writeFileSync(join(project.data, 'berkas/wifi/dua.csv'), 'KODE,NAMA,NIK\nW3,Pantai Kelapa Lima,\n');
    await until(async () => row(moved, 'kominfo-wifi')?.recordsIn === 3);
    expect(row(moved, 'kominfo-wifi')).toMatchObject({ recordsOut: 2, cases: 1 });
    await expect(moveLog(readEnvironment(kafka), 'kafka', () => undefined)).rejects.toThrow('Masih ada hub yang berjalan');
  });
});
