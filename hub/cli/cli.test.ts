import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { INSTANCE, testProject } from '../../test/project.js';
import { until } from '../../test/until.js';
import { PAYROLL_TOPICS } from '../payroll/payroll.js';

const BIN = 'dist/hub/cli/sasando.js';
const project = testProject();
for (const list of readdirSync('config/reference')) project.write(`config/reference/${list}`, readFileSync(join('config/reference', list), 'utf8'));
for (const topic of PAYROLL_TOPICS) project.write(`schemas/${topic.replace('.', '/')}.avsc`, readFileSync(`schemas/${topic.replace('.', '/')}.avsc`, 'utf8'));
project.write('config/connectors/bkd/gaji.yaml', `name: bkd-gaji
owner: bkd
connector: file
summary: Daftar gaji.
every: 1s
settings: { folder: gaji, pattern: "*.csv", settle: 0 }
streams:
  - topic: keuangan.gaji
    mapping:
      { nip: NIP, periode: PERIODE, jenis_gaji: { constant: INDUK }, nama: NAMA, kode_skpd: { constant: "1.01" }, berkas: _berkas, jumlah_baris: _jumlah_baris,
        gaji_pokok: { from: GAPOK, as: decimal, scale: 2 }, kotor: { from: GAPOK, as: decimal, scale: 2 }, potongan: { constant: "0.00" }, bersih: { from: GAPOK, as: decimal, scale: 2 } }
`);
project.write('data/berkas/gaji/.keep', '');
const bare = { PATH: process.env.PATH, HOME: project.folder, NO_COLOR: '1', SASANDO_PROJECT_DIR: project.folder };
let port = 0;
let hub: ChildProcess;
let said = '';

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function sasando(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((done) => {
    execFile('node', [BIN, ...args], { env: { ...bare, SASANDO_PORT: String(port), SASANDO_DATA_DIR: project.data, ...env } }, (error, out, err) => {
      done({ code: error ? ((error as { code?: number }).code ?? null) : 0, out, err });
    });
  });
}

function serve(): ChildProcess {
  said = '';
  const child = spawn('node', [BIN, 'serve'], { env: { ...bare, SASANDO_PORT: String(port), SASANDO_DATA_DIR: project.data }, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (text: Buffer) => (said += text.toString()));
  return child;
}

const answers = async (path: string): Promise<boolean> => (await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined))?.ok ?? false;
const ended = (child: ChildProcess) => new Promise<number | null>((done) => (child.exitCode !== null || child.signalCode !== null ? done(child.exitCode) : child.once('exit', done)));

beforeAll(async () => {
  port = await new Promise<number>((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const free = (server.address() as { port: number }).port;
      server.close(() => done(free));
    });
  });
  hub = serve();
  await until(async () => (await answers('/health/ready')) && said.includes('Coba di terminal lain'));
});
afterAll(async () => {
  if (hub.exitCode === null && hub.signalCode === null) hub.kill('SIGTERM');
  await ended(hub);
});

test('serve says where to look, with a password made at the first start and kept for its owner alone', () => {
  const password = readFileSync(join(project.data, 'admin-password'), 'utf8').trim();
  expect(statSync(join(project.data, 'admin-password')).mode & 0o777).toBe(0o600);
  expect(said).toContain('Sasando siap.');
  expect(said).toContain(`http://127.0.0.1:${port}`);
  expect(said).toContain(password);
});

test('commands on the same machine need no password, and speak JSON when asked', async () => {
  const status = await sasando(['status', '--json']);
  expect(status).toMatchObject({ code: 0, err: '' });
  expect(JSON.parse(status.out)).toMatchObject({ name: 'sasando', engine: 'postgres' });
  expect((await sasando(['topics'])).out).toMatch(/^TOPIK +PARTISI +CATATAN/);
  expect(JSON.parse((await sasando(['cases', 'list', '--json'])).out)).toMatchObject({ cases: expect.any(Array), total: expect.any(Number) });
  expect((await sasando(['instances'])).code).toBe(0);
});

test('apply shows the plan and asks; with --yes the instance runs, its records are read and its case listed', async () => {
  const file = join(project.folder, 'config/connectors/kominfo/wifi.yaml');
  project.write('config/connectors/kominfo/wifi.yaml', INSTANCE.replace('Titik wifi', 'Semua titik wifi'));
  const schema = join(project.folder, 'schemas');
  writeFileSync(join(project.data, 'berkas/wifi/satu.csv'), 'KODE,NAMA,NIK\nW1,Taman Nostalgia,\nW2,Pasar Oeba,537101\n');
  const asked = await sasando(['apply', file, schema]);
  expect(asked).toMatchObject({ code: 1 });
  expect(asked.out).toContain('instans kominfo-wifi berubah');
  expect(asked.err).toContain('Tambahkan --yes untuk menerapkannya.');
  expect(await sasando(['apply', file, schema, '--yes'])).toMatchObject({ code: 0 });
  expect((await sasando(['apply', file, '--dry-run'])).out).toContain('Tidak ada perubahan.');
  await until(async () => (JSON.parse((await sasando(['instances', 'show', 'kominfo-wifi', '--json'])).out) as { recordsIn: number }).recordsIn === 2);
  const read = await sasando(['read', 'infrastruktur.titik_wifi', '--json', '--from', 'start']);
  expect(read.out.trim().split('\n').map((line) => (JSON.parse(line) as { value: { kode: string } }).value.kode)).toContain('W1');
  const cases = (JSON.parse((await sasando(['cases', 'list', '--instance', 'kominfo-wifi', '--json'])).out) as { cases: { id: string }[] }).cases;
  const [{ id }] = cases as [{ id: string }];
  expect((await sasando(['cases', 'show', id])).out).toContain('Pasar Oeba');
  expect((await sasando(['cases', 'replay', id])).err).toContain('penanggung_jawab: 6 angka, seharusnya 16');
  expect((await sasando(['cases', 'replay', id, '--payload', '{"KODE":"W2","NAMA":"Pasar Oeba","NIK":""}'])).out).toContain('lewat dan ditutup');
  expect((await sasando(['instances', 'pause', 'kominfo-wifi'])).out).toContain('kominfo-wifi dijeda');
  expect(JSON.parse((await sasando(['position', 'show', 'kominfo-wifi', '--json'])).out)).toHaveProperty('position');
  expect((await sasando(['position', 'set', 'kominfo-wifi', '{salah'])).err).toContain('sasando position show kominfo-wifi');
  expect(await sasando(['position', 'set', 'kominfo-wifi', 'null'])).toMatchObject({ code: 0 });
});

test('payroll list shows findings and the lines that are cases; hold and release take a reason and name who decided', async () => {
  writeFileSync(join(project.data, 'berkas/gaji/gaji-2026-11.csv'), 'NIP,PERIODE,NAMA,GAPOK\n198001012005011009,2026-11,UJI SATU,3000000\n1980,2026-11,UJI DUA,3000000\n');
  const { id_temuan: id } = await until(async () => (JSON.parse((await sasando(['payroll', 'list', '--json'])).out) as { findings: { id_temuan: string }[] }).findings[0]);
  const listed = (await sasando(['payroll'])).out;
  expect(listed).toMatch(/198001012005011009 +UJI SATU +2026-11 +TEMUAN +NIP pada daftar gaji tidak ada di data BKN +MENUNGGU +Bidang Perbendaharaan BKAD/);
  expect(listed).toContain('1 baris daftar gaji menjadi kasus dan belum diperiksa.');
  expect(listed).toMatch(/gaji-2026-11\.csv, baris 3 +nip: /);
  expect((await sasando(['payroll', 'hold', id])).err).toContain('--reason <alasan>');
  expect((await sasando(['payroll', 'hold', id, '--reason', ' '])).err).toBe('✗ Isi "alasan": setiap keputusan perlu alasan tertulis.\n');
  expect(await sasando(['payroll', 'hold', 'tidak-ada', '--reason', 'Menunggu BKN'])).toEqual({ code: 1, out: '', err: '✗ Tidak ada temuan dengan nomor itu. Lihat "sasando payroll".\n' });
  expect((await sasando(['payroll', 'hold', id, '--reason', 'Menunggu BKN'])).out).toBe(`✓ Temuan ${id} ditahan oleh Bidang Perbendaharaan BKAD.\n`);
  expect(JSON.parse((await sasando(['payroll', 'release', id, '--reason', 'BKN sudah mencatat', '--officer', 'Rina Uji', '--json'])).out)).toMatchObject({ keputusan: 'DILEPAS', alasan: 'BKN sudah mencatat', petugas: 'Rina Uji' });
  await until(async () => /DILEPAS +Rina Uji/.test((await sasando(['payroll', 'list'])).out));
});

test('read --follow prints what comes later', async () => {
  const child = spawn('node', [BIN, 'read', 'infrastruktur.titik_wifi', '--follow', '--from', 'start', '--json'], { env: { ...bare, SASANDO_PORT: String(port), SASANDO_DATA_DIR: project.data } });
  let out = '';
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  await until(async () => out.includes('W1'));
  await sasando(['instances', 'resume', 'kominfo-wifi']);
  writeFileSync(join(project.data, 'berkas/wifi/dua.csv'), 'KODE,NAMA,NIK\nW7,Pelabuhan Tenau,\n');
  await until(async () => out.includes('W7'));
  child.kill('SIGINT');
  await ended(child);
});

describe('what goes wrong is said in one sentence', () => {
  test('no hub', async () => {
    const { code, err } = await sasando(['status'], { SASANDO_URL: 'http://127.0.0.1:9' });
    expect(code).toBe(1);
    expect(err).toBe('✗ Hub di http://127.0.0.1:9 tidak dapat dihubungi. Jalankan "npm start" di terminal lain, atau isi SASANDO_URL dengan alamat hub.\n');
  });
  test('a wrong password', async () => {
    expect((await sasando(['status'], { SASANDO_ADMIN_PASSWORD: 'salah-sekali' })).err).toContain('menolak kata sandi. Isi SASANDO_ADMIN_PASSWORD');
  });
  test('an address that is none', async () => {
    expect((await sasando(['status'], { SASANDO_URL: 'kupang' })).err).toBe('✗ SASANDO_URL "kupang" bukan alamat; tulis misalnya http://127.0.0.1:8080.\n');
  });
  test('unknown commands, options and names', async () => {
    expect((await sasando(['statu'])).err).toContain('Perintah "statu" tidak dikenal.');
    expect((await sasando(['status', '--cepat'])).err).toContain('Pilihan "--cepat" tidak dikenal.');
    expect((await sasando(['read'])).err).toContain('Argumen <topik> wajib diisi.');
    expect((await sasando(['instances', 'pause', 'tidak-ada'])).err).toBe('✗ Tidak ada instans dengan nama itu. Lihat "sasando instances list".\n');
    expect((await sasando(['city'])).err).toContain('tanpa kota simulasi');
    expect(JSON.parse((await sasando(['instances', 'show', 'tidak-ada', '--json'])).out)).toMatchObject({ status: 404, code: 'not_found' });
  });
  test('a taken port and wrong variables, before anything else is started', async () => {
    const data = join(project.folder, 'lain');
    expect((await sasando(['serve'], { SASANDO_DATA_DIR: data })).err).toBe(`✗ Port ${port} di 127.0.0.1 sudah dipakai program lain. Hentikan program itu, atau pilih port lain, misalnya SASANDO_PORT=8090.\n`);
    expect(existsSync(join(data, 'postgres'))).toBe(false);
    expect((await sasando(['serve'], { SASANDO_PORT: 'x', DATABASE_URL: 'mysql://a' })).err.split('\n')).toEqual(['✗ SASANDO_PORT: harus angka port 0 sampai 65535', '✗ DATABASE_URL: harus diawali postgres:// atau postgresql://', '']);
  });
});

test('log migrate wants brokers, and refuses while a hub uses the data', async () => {
  expect((await sasando(['log', 'migrate', '--to', 'kafka'])).err).toBe('✗ SASANDO_KAFKA_BROKERS: wajib diisi untuk mesin log kafka, misalnya 127.0.0.1:9092\n');
  expect((await sasando(['log', 'migrate', '--to', 'kafka'], { SASANDO_KAFKA_BROKERS: '127.0.0.1:9' })).err).toContain('sedang dipakai hub lain yang masih berjalan');
  expect((await sasando(['log', 'migrate'])).err).toContain('wajib diisi');
});

test('validate names file, line and field, and runs the tests of a mapping', async () => {
  project.write('config/connectors/kominfo/salah.yaml', INSTANCE.replace('kominfo-wifi', 'kominfo-salah').replace('output: { kode: W1', 'output: { kode: W2').replace('settle: 0', 'settel: 0'));
  project.write('config/connectors/kominfo/rusak.yaml', 'name: [\n');
  const { code, out } = await sasando(['validate', join(project.folder, 'config/connectors/kominfo'), join(project.folder, 'schemas')]);
  expect(code).toBe(1);
  expect(out).toMatch(/salah\.yaml:6: settings\.settel: tidak dikenal; periksa ejaannya atau hapus/);
  expect(out).toMatch(/rusak\.yaml:\d: bukan YAML yang benar/);
  const good = await sasando(['validate', join(project.folder, 'config/connectors/kominfo/wifi.yaml'), join(project.folder, 'schemas/infrastruktur')]);
  expect(good).toMatchObject({ code: 0, out: '✓ 1 instans, 1 kontrak, 1 tes pemetaan: semuanya benar.\n' });
});

test('help is there for every command, in Indonesian', async () => {
  const help = (await sasando(['--help'])).out;
  for (const command of ['serve', 'validate', 'apply', 'status', 'topics', 'read', 'instances', 'cases', 'position', 'payroll', 'city', 'log']) expect(help).toContain(`  ${command} `);
  expect((await sasando(['position', 'set', '--help'])).out).toMatch(/^Pemakaian: sasando position set/);
});

test('Ctrl-C drains and leaves nothing running; the second start goes on where the first ended', async () => {
  const postmaster = Number(readFileSync(join(existsSync(join(project.data, 'postgres-place')) ? readFileSync(join(project.data, 'postgres-place'), 'utf8').trim() : join(project.data, 'postgres'), 'postmaster.pid'), 'utf8').split('\n')[0]);
  // npm hands Ctrl-C on to a child that has had it already.
  hub.kill('SIGINT');
  hub.kill('SIGINT');
  expect(await ended(hub)).toBe(0);
  expect(said).toContain('Hub berhenti.');
  expect(() => process.kill(postmaster, 0)).toThrow('ESRCH');
  hub = serve();
  await until(() => answers('/health/ready'));
  const row = JSON.parse((await sasando(['instances', 'show', 'kominfo-wifi', '--json'])).out) as { recordsIn: number };
  expect(row.recordsIn).toBeGreaterThanOrEqual(3);
  hub.kill('SIGTERM');
  expect(await ended(hub)).toBe(0);
});
