/** On a whole hub: a file whose header was renamed is one case, its instance goes on, and the file sent again mended closes the case. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { putCsv } from '../../connectors/city/files.js';
import { readEnvironment } from '../../hub/environment.js';
import { type Hub, startHub } from '../../hub/main.js';
import type { JsonObject } from '../../hub/record.js';
import { testDatabase } from '../database.js';
import { INSTANCE, testProject } from '../project.js';
import { eventually } from './living-city.js';

const PASSWORD = 'uji-rahasia';
const project = testProject();
const folder = join(project.data, 'berkas/wifi');
let hub: Hub;

beforeAll(async () => {
  project.write('config/connectors/kominfo/wifi.yaml', INSTANCE.replace('settle: 0', 'settle: 0, headers: [KODE, NAMA]'));
  hub = await startHub({ environment: readEnvironment({ SASANDO_PORT: '0', DATABASE_URL: await testDatabase(), SASANDO_DATA_DIR: project.data, SASANDO_PROJECT_DIR: project.folder, SASANDO_ADMIN_PASSWORD: PASSWORD }), logFile: true });
});
afterAll(async () => hub?.close());

async function ask<T>(path: string): Promise<T> {
  const response = await fetch(`${hub.url}/api/v1${path}`, { headers: { authorization: `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}` } });
  return (await response.json()) as T;
}
const cases = async (state: string) => (await ask<{ cases: { id: string; state: string; faults: JsonObject[] }[] }>(`/cases?instance=kominfo-wifi&state=${state}`)).cases;
const status = () => hub.instances().find(({ name }) => name === 'kominfo-wifi')!;

test('a renamed header does not stop the instance', async () => {
  putCsv(folder, 'a.csv', [{ KODE: 'W1', TEMPAT: 'Taman Nostalgia', NIK: '' }]);
  putCsv(folder, 'b.csv', [{ KODE: 'W2', NAMA: 'Pantai Oesapa', NIK: '' }]);
  await eventually('the next file is read', () => existsSync(join(folder, 'arsip')) && status().recordsOut === 1);
  const [found, ...others] = await cases('open');
  expect(others).toEqual([]);
  expect(found!.faults).toEqual([expect.objectContaining({ path: 'NAMA', rule: 'header', message: 'baris 1: kolom "NAMA" tidak ada; yang ada: KODE, TEMPAT, NIK' })]);
  expect(readFileSync(join(folder, 'gagal/a.csv-alasan.txt'), 'utf8')).toContain(`Nomor kasus: ${found!.id}`);
  expect(status()).toMatchObject({ state: 'RUNNING', recordsIn: 2, recordsOut: 1, cases: 1 });

  putCsv(folder, 'a.csv', [{ KODE: 'W1', NAMA: 'Taman Nostalgia', NIK: '' }]);
  expect(await eventually('the mended file closes the case', async () => (await cases('closed'))[0])).toMatchObject({ id: found!.id });
  await eventually('both are in the topic', async () => (await ask<{ records: unknown[] }>('/topics/infrastruktur.titik_wifi/records?from=start&limit=10')).records.length === 2);
  expect(await cases('open')).toEqual([]);
});
