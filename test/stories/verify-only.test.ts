/** A city whose agreement with Dukcapil opens verification by element and nothing else: the instances of config/examples/verifikasi, on a whole hub. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type DispendukSimulator, startDispendukSimulator } from '../../connectors/dispenduk/simulator.js';
import { type SodamolekSimulator, startSodamolekSimulator } from '../../connectors/sodamolek/simulator.js';
import { readEnvironment } from '../../hub/environment.js';
import { type Hub, startHub } from '../../hub/main.js';
import type { JsonObject } from '../../hub/record.js';
import { testDatabase } from '../database.js';
import { eventually } from './living-city.js';

const PROJECT = join(import.meta.dirname, '../..');
const PASSWORD = 'uji-rahasia';
const NIK = '5371014107900001';

let folder: string;
let dispenduk: DispendukSimulator;
let sodamolek: SodamolekSimulator;
let hub: Hub;

beforeAll(async () => {
  dispenduk = await startDispendukSimulator({ residents: new Map([[NIK, { NIK, NAMA_LGKP: 'UJI SATU', TGL_LHR: '1990-07-01' }]]) });
  sodamolek = await startSodamolekSimulator();
  folder = mkdtempSync(join(tmpdir(), 'sasando-verifikasi-'));
  const project = join(folder, 'project');
  for (const part of ['schemas', 'config/reference']) cpSync(join(PROJECT, part), join(project, part), { recursive: true });
  const examples = join(PROJECT, 'config/examples/verifikasi');
  for (const name of readdirSync(examples).filter((file) => file.endsWith('.yaml'))) cpSync(join(examples, name), join(project, 'config/connectors', name));
  const secrets = {
    dispenduk: { DISPENDUK_URL: dispenduk.url, DISPENDUK_USER: dispenduk.credentials.userId, DISPENDUK_PASSWORD: dispenduk.credentials.password, DISPENDUK_IP: dispenduk.credentials.ip },
    sodamolek: { SODAMOLEK_URL: sodamolek.url, SODAMOLEK_TOKEN: sodamolek.credentials.token, SODAMOLEK_WEBHOOK: sodamolek.credentials.webhookSecret },
  };
  for (const [owner, values] of Object.entries(secrets)) {
    mkdirSync(join(project, 'secrets', owner), { recursive: true });
    for (const [name, value] of Object.entries(values)) writeFileSync(join(project, 'secrets', owner, name), value);
  }
  hub = await startHub({
    environment: readEnvironment({ SASANDO_PORT: '0', DATABASE_URL: await testDatabase(), SASANDO_DATA_DIR: join(folder, 'data'), SASANDO_PROJECT_DIR: project, SASANDO_ADMIN_PASSWORD: PASSWORD }),
    logFile: true,
  });
  expect(hub.faults()).toEqual([]);
  sodamolek.webhookUrl = `${hub.url}/ingest/sodamolek-permohonan-verifikasi`;
  await eventually('every instance runs', () => hub.instances().every(({ state }) => state === 'RUNNING'));
});
afterAll(async () => {
  await hub?.close();
  await dispenduk?.close();
  await sodamolek?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function ask<T>(path: string): Promise<T> {
  const response = await fetch(`${hub.url}/api/v1${path}`, { headers: { authorization: `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}` } });
  return (await response.json()) as T;
}
const records = async (topic: string): Promise<JsonObject[]> => (await ask<{ records: { value: JsonObject }[] }>(`/topics/${topic}/records?limit=1000&from=start`)).records.map(({ value }) => value);
/** How a request stands in the topic, oldest first. */
const states = async (number: string): Promise<unknown[]> => (await records('layanan.permohonan')).filter((one) => one.nomor_permohonan === number).map(({ status }) => status);
const request = (fields: JsonObject): Promise<string> => sodamolek.request({ jenis_surat: 'DOMISILI', nik: NIK, nama: 'Uji Satu', tanggal_lahir: '1990-07-01', kelurahan: '53.71.02.1001', keperluan: 'Membuka rekening', ...fields });

test('a request whose applicant is "sesuai" is completed, and the kelurahan is told', async () => {
  const number = await request({});
  expect(await eventually('the kelurahan is told', () => sodamolek.received.status.get(number))).toMatchObject({ nik: 'sesuai', nama: 'sesuai', tanggal_lahir: 'sesuai', nama_pemohon: 'UJI SATU' });
  await eventually('the request is completed', async () => (await states(number)).length === 2);
  expect((await records('layanan.permohonan')).findLast((one) => one.nomor_permohonan === number)).toMatchObject({
    jenis_surat: 'DOMISILI', nik: NIK, nama_lengkap: 'UJI SATU', tanggal_lahir: '1990-07-01', kode_kelurahan_layanan: '53.71.02.1001', keperluan: 'Membuka rekening', status: '2',
  });
});

test.each<[string, JsonObject, JsonObject]>([
  ['another name', { nama: 'Uji Lain' }, { nik: 'sesuai', nama: 'tidak sesuai', tanggal_lahir: 'sesuai' }],
  ['another birth date', { tanggal_lahir: '1991-07-01' }, { nik: 'sesuai', nama: 'sesuai', tanggal_lahir: 'tidak sesuai' }],
  ['a NIK that nobody has', { nik: '5371014107900002' }, { nik: 'tidak sesuai', nama: 'tidak sesuai', tanggal_lahir: 'tidak sesuai' }],
])('with %s the kelurahan is told "tidak sesuai", and the request stays incomplete', async (_, fields, told) => {
  const number = await request(fields);
  expect(await eventually('the kelurahan is told', () => sodamolek.received.status.get(number))).toMatchObject(told);
  expect(await eventually('the request says so', async () => (await states(number))[1])).toBe('0');
});

test('requests wait while Dukcapil is away, and each is asked about once', async () => {
  dispenduk.faults.down = true;
  const number = await request({ keperluan: 'Beasiswa' });
  await eventually('the request is in its topic', async () => (await states(number)).length === 1);
  await eventually('its result is waited for', () => hub.instances().some(({ name, state }) => name === 'sodamolek-hasil-verifikasi' && state !== 'RUNNING'));
  expect(sodamolek.received.status.has(number)).toBe(false);
  dispenduk.faults.down = false;
  expect(await eventually('the kelurahan is told', () => sodamolek.received.status.get(number))).toMatchObject({ nama: 'sesuai' });
  await eventually('the request is completed', async () => (await states(number)).length === 2);
  const asked = (await records('kependudukan.verifikasi')).map((one) => one.id_verifikasi);
  expect([...asked].sort()).toEqual([...new Set(asked)].sort());
  expect(asked).toHaveLength(sodamolek.requests.length);
  // What Dukcapil tells of a person is yes and no.
  expect((await records('kependudukan.verifikasi')).find((one) => one.id_verifikasi === number)).toEqual({ id_verifikasi: number, nik: NIK, ditemukan: true, nama_lengkap: 'SESUAI', tanggal_lahir: 'SESUAI', alamat: null });
  await eventually('everything read is out, filtered or a case, and no case is open', () => hub.instances().every((one) => one.cases === 0 && one.recordsIn === one.recordsOut + one.filtered));
});

test('a request without a name cannot be verified and is a case', async () => {
  const number = await request({ nama: '' });
  const found = await eventually('it is a case', async () => (await ask<{ cases: { faults: JsonObject[] }[] }>('/cases?instance=sodamolek-permohonan-verifikasi&state=open')).cases[0]);
  expect(found.faults).toEqual([expect.objectContaining({ message: 'nama atau tanggal lahir pemohon kosong, sehingga tidak dapat diverifikasi' })]);
  expect(await states(number)).toEqual([]);
});
