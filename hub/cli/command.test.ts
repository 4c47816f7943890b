/** Commands of a technician against a running hub with the simulated city: switches of instances, positions, faults, a spreadsheet for an OPD. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import exceljs from 'exceljs';
import { INSTANCE, testProject } from '../../test/project.js';
import { until } from '../../test/until.js';

const BIN = 'dist/hub/cli/sasando.js';
const project = testProject();
for (const list of readdirSync('config/reference')) project.write(`config/reference/${list}`, readFileSync(join('config/reference', list), 'utf8'));
project.write('config/connectors/kominfo/wifi-excel.yaml', INSTANCE.replace('kominfo-wifi', 'wifi-excel').replace('folder: wifi, pattern: "*.csv"', 'folder: excel, pattern: "*.xlsx"').replace('KODE, nama: NAMA', 'kode, nama: nama').replace('from: NIK', 'from: penanggung_jawab').replace(/    tests:[^]*$/, ''));
project.write('data/berkas/excel/.keep', '');
let port = 0;
let hub: ChildProcess;
const env = () => ({ PATH: process.env.PATH, HOME: project.folder, NO_COLOR: '1', SASANDO_PROJECT_DIR: project.folder, SASANDO_DATA_DIR: project.data, SASANDO_PORT: String(port) });

function sasando(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((done) => {
    execFile('node', [BIN, ...args], { env: env() }, (error, out, err) => done({ code: error ? ((error as { code?: number }).code ?? null) : 0, out, err }));
  });
}
const json = async <T>(...args: string[]): Promise<T> => JSON.parse((await sasando(...args, '--json')).out) as T;
const row = (name: string) => json<{ state: string; reason: string | null; recordsIn: number; cases: number }>('instances', 'show', name);

beforeAll(async () => {
  port = await new Promise<number>((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const free = (server.address() as { port: number }).port;
      server.close(() => done(free));
    });
  });
  hub = spawn('node', [BIN, 'serve', '--city', '--residents', '200'], { env: env(), stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  hub.stdout!.on('data', (text: Buffer) => (said += text.toString()));
  await until(async () => said.includes('Coba di terminal lain'));
}, 60_000);
afterAll(async () => {
  if (hub.exitCode !== null) return;
  const ended = new Promise((done) => hub.once('exit', done));
  hub.kill('SIGTERM');
  await ended;
});

test('restart starts what was stopped or paused; an unknown name is told in one sentence', async () => {
  await until(async () => (await row('kominfo-wifi')).state === 'RUNNING');
  for (const rest of ['stop', 'pause']) {
    expect(await json('instances', rest, 'kominfo-wifi')).toMatchObject({ state: rest === 'stop' ? 'STOPPED' : 'PAUSED', reason: 'oleh admin' });
    expect((await sasando('instances', 'restart', 'kominfo-wifi')).out).toMatch(/^✓ kominfo-wifi dimulai ulang \(sekarang (mulai|berjalan)\)\.\n$/);
    await until(async () => (await row('kominfo-wifi')).state === 'RUNNING');
  }
  expect(await json('instances', 'restart', 'kominfo-wifi')).toMatchObject({ name: 'kominfo-wifi', state: expect.stringMatching(/^(STARTING|RUNNING)$/) });
  expect(await sasando('instances', 'restart', 'tidak-ada')).toEqual({ code: 1, out: '', err: '✗ Tidak ada instans dengan nama itu. Lihat "sasando instances list".\n' });
  const { code, out } = await sasando('instances', 'restart', 'tidak-ada', '--json');
  expect({ code, problem: JSON.parse(out) as unknown }).toMatchObject({ code: 1, problem: { status: 404, code: 'not_found' } });
});

test('a position is moved only at rest, and reading goes on from there', async () => {
  writeFileSync(join(project.data, 'berkas/wifi/satu.csv'), 'KODE,NAMA,NIK\nW1,Taman,\nW2,Pasar,\n');
  await until(async () => (await row('kominfo-wifi')).recordsIn === 2);
  const refused = await sasando('position', 'set', 'kominfo-wifi', 'null');
  expect(refused).toEqual({ code: 1, out: '', err: '✗ kominfo-wifi sedang berjalan. Jeda dahulu: sasando instances pause kominfo-wifi\n' });
  await sasando('instances', 'pause', 'kominfo-wifi');
  const { position } = await json<{ position: unknown }>('position', 'show', 'kominfo-wifi');
  expect(JSON.parse((await sasando('position', 'show', 'kominfo-wifi')).out)).toEqual(position);
  expect((await sasando('position', 'set', 'kominfo-wifi', '{satu')).err).toBe('✗ Posisi {satu bukan JSON yang benar. Apit dengan kutip tunggal, dan salin bentuknya dari "sasando position show kominfo-wifi".\n');
  expect(await sasando('position', 'set', 'kominfo-wifi', 'null')).toEqual({ code: 0, out: '✓ kominfo-wifi melanjutkan dari awal setelah "sasando instances resume kominfo-wifi".\n', err: '' });
  expect(await json('position', 'show', 'kominfo-wifi')).toEqual({ position: null });
  await sasando('instances', 'resume', 'kominfo-wifi');
  writeFileSync(join(project.data, 'berkas/wifi/dua.csv'), 'KODE,NAMA,NIK\nW3,Pantai,\n');
  await until(async () => (await row('kominfo-wifi')).recordsIn === 3);
  expect((await sasando('position', 'show', 'tidak-ada')).err).toContain('Tidak ada instans dengan nama itu.');
});

test('faults of the city are switched on and off; one that is not there is refused with those that are', async () => {
  const faults = async (name: string) => (await json<{ simulators: { name: string; faults: object }[] }>('city')).simulators.find((one) => one.name === name)!.faults;
  expect(await sasando('city', 'fault', 'bkn', 'down=true', 'quota=10')).toMatchObject({ code: 0, out: expect.stringMatching(/^✓ bkn: .*"down":true/) });
  expect(await faults('bkn')).toMatchObject({ down: true, quota: 10 });
  expect((await sasando('city')).out).toMatch(/bkn +http:\/\/127\.0\.0\.1:\d+ +down=true .*quota=10/);
  expect((await sasando('city', 'fault', 'bkn', 'dwn=true')).err).toMatch(/^✗ Simulator bkn tidak mengenal gangguan "dwn"\. Yang ada: down, /);
  expect((await sasando('city', 'fault', 'bkn', 'down=ya')).err).toBe('✗ Gangguan "down" harus true atau false.\n');
  expect((await sasando('city', 'fault', 'bkn', 'down')).err).toBe('✗ "down" bukan nama=nilai; tulis misalnya down=true.\n');
  expect((await sasando('city', 'fault', 'bknn', 'down=true')).err).toBe('✗ Tidak ada simulator dengan nama itu. Lihat "sasando city status".\n');
  expect(await json('city', 'fault', 'bkn', 'down=false')).toMatchObject({ name: 'bkn', faults: { down: false } });
  expect(await faults('bkn')).toMatchObject({ down: false });
});

test('a spreadsheet made from a contract is filled and read back without faults', async () => {
  const file = join(project.folder, 'titik.xlsx');
  expect(await sasando('template', 'infrastruktur.titik_wifi', '--output', file)).toMatchObject({ code: 0, out: expect.stringContaining('3 kolom') });
  const workbook = new exceljs.Workbook();
  await workbook.xlsx.readFile(file);
  const sheet = workbook.getWorksheet('Data')!;
  ['007', 'Pelabuhan Tenau', '5371010101900001'].forEach((text, column) => (sheet.getCell(2, column + 1).value = text));
  sheet.getCell('A3').value = '008';
  sheet.getCell('B3').value = 'Bandara El Tari';
  await workbook.xlsx.writeFile(join(project.data, 'berkas/excel/titik.xlsx'));
  await until(async () => (await row('wifi-excel')).recordsIn > 0);
  expect(await row('wifi-excel')).toMatchObject({ recordsIn: 2, cases: 0 });
  const read = (await sasando('read', 'infrastruktur.titik_wifi', '--json')).out.trim().split('\n').map((line) => (JSON.parse(line) as { value: unknown }).value);
  expect(read).toContainEqual({ kode: '007', nama: 'Pelabuhan Tenau', penanggung_jawab: '5371010101900001' });
  expect(read).toContainEqual({ kode: '008', nama: 'Bandara El Tari', penanggung_jawab: null });
  expect((await sasando('template', 'tidak.ada')).err).toContain('Topik tidak.ada tidak punya kontrak. Yang ada: infrastruktur.titik_wifi');
  expect((await sasando('template', 'infrastruktur.titik_wifi', '--output', join(project.folder, 'tidak-ada/x.xlsx'))).err).toMatch(/x\.xlsx tidak dapat ditulis \(ENOENT\)\. Periksa foldernya/);
});

describe('a slip of the keyboard is answered in Indonesian with what there is', () => {
  test.each<[string, string[], RegExp]>([
    ['an unknown command of a group', ['instances', 'hapus', 'x'], /^✗ Perintah "sasando instances hapus" tidak dikenal\. Yang ada: list, show, pause, resume, stop, restart\./],
    ['an argument too many', ['status', 'kominfo-wifi'], /^✗ Perintah ini tidak memakai argumen, tetapi diberi: kominfo-wifi\./],
    ['two words for one', ['instances', 'show', 'satu', 'dua'], /^✗ Terlalu banyak argumen: 1 yang dipakai, 2 yang diberikan \(satu, dua\)\./],
    ['help of an unknown command', ['help', 'statu'], /^✗ Perintah "statu" tidak dikenal\. Yang ada: serve, /],
    ['an unknown partition', ['read', 'infrastruktur.titik_wifi', '--partition', '99'], /^✗ Topik itu tidak punya partisi 99; yang ada 0 sampai 2\./],
    ['cases of an unknown instance', ['cases', '--instance', 'wifi'], /^✗ Tidak ada instans dengan nama "wifi", dan tidak ada kasusnya\./],
    ['cases of an unknown OPD', ['cases', '--owner', 'kominfoo'], /^✗ Tidak ada OPD dengan nama "kominfoo", dan tidak ada kasusnya\. Yang ada: kominfo\./],
  ])('%s', async (_, args, sentence) => {
    const { code, err } = await sasando(...args);
    expect(err).toMatch(sentence);
    expect(code).toBe(1);
  });

  test('no help speaks English', async () => {
    const groups = { '': ['serve', 'validate', 'template', 'apply', 'status', 'topics', 'read'], instances: ['show', 'restart'], cases: ['list', 'replay'], position: ['set'], payroll: ['hold'], city: ['fault'], log: ['migrate'] };
    for (const [group, names] of Object.entries(groups)) {
      for (const name of ['', ...names]) {
        const { out } = await sasando(...[group, name].filter(Boolean), '--help');
        expect(out).toMatch(/^Pemakaian: sasando/);
        expect(out).not.toMatch(/options|\[command|choices|default|Usage|arguments/i);
      }
    }
  });
});
