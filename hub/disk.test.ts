import { execFileSync } from 'node:child_process';
import { appendFileSync, closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, statfsSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { testProject } from '../test/project.js';
import { until } from '../test/until.js';
import { fullDisks } from './disk.js';
import { readEnvironment } from './environment.js';
import { startHub } from './main.js';

test('a disk with too little room for PostgreSQL is named, one that cannot be asked is not', () => {
  const room: Record<string, number | undefined> = { '/data': 1_500_000, '/lain': 32_000_000, '/hilang': undefined };
  expect(fullDisks(Object.keys(room), (folder) => room[folder])).toEqual(['Disk penuh: untuk /data tersisa 1 MB. Kosongkan ruang; hub mencoba terus dan melanjutkan sendiri, tidak ada catatan yang hilang.']);
});

/** A small disk of its own; undefined where this user may not mount one. */
function smallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'sasando-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=180m,mode=755', 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    return undefined;
  }
}
const disk = smallDisk();
afterAll(() => {
  if (!disk) return;
  execFileSync('umount', ['-l', disk]);
  rmSync(disk, { recursive: true });
});

function fill(path: string): void {
  const file = openSync(path, 'a');
  const block = Buffer.alloc(1_000_000);
  try {
    for (;;) writeSync(file, block);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(file);
  }
}

// Only root may mount a disk.
(disk ? test : test.skip)('on a full disk the hub goes on, says so, and continues when there is room: nothing is lost or doubled', async () => {
  const project = testProject();
  const data = join(disk!, 'data');
  const folder = join(data, 'berkas/wifi');
  mkdirSync(folder, { recursive: true });
  const authorization = `Basic ${Buffer.from('admin:kata-sandi-uji').toString('base64')}`;
  const variables = { SASANDO_PORT: '0', SASANDO_DATA_DIR: data, SASANDO_PROJECT_DIR: project.folder, SASANDO_ADMIN_PASSWORD: 'kata-sandi-uji' };
  const start = () => startHub({ environment: readEnvironment(variables), logFile: true });
  let hub = await start();
  const row = () => hub.instances().find(({ name }) => name === 'kominfo-wifi');
  const get = async <T>(path: string): Promise<T> => (await fetch(`${hub.url}${path}`, { headers: { authorization } })).json() as Promise<T>;
  try {
    await until(async () => row()?.state === 'RUNNING');
    // Some thousand bytes each: together more than a segment of PostgreSQL's journal.
    const rows = Array.from({ length: 6_000 }, (_, n) => `W${n},${`Titik ${n} `.repeat(300)},`);
    writeFileSync(join(folder, 'besar.tmp'), ['KODE,NAMA,NIK', ...rows].join('\n'));
    fill(join(disk!, 'penuh'));
    expect(statfsSync(disk!).bavail).toBe(0);
    renameSync(join(folder, 'besar.tmp'), join(folder, 'besar.csv'));

    type Status = { records: number | null; faults: { message: string }[] };
    await until(async () => row()?.state === 'WAITING', 40);
    const status = await get<Status>('/api/v1/status');
    expect(status.faults.map(({ message }) => message).join('\n')).toContain(`Disk penuh: untuk ${data} tersisa 0 MB.`);
    expect((await fetch(`${hub.url}/health/live`)).status).toBe(200);
    expect((await fetch(`${hub.url}/`, { headers: { authorization } })).status).toBe(200);
    expect(row()?.reason).toMatch(/Disk basis data hub penuh|PostgreSQL tidak dapat dihubungi|Hasil penyimpanan tidak diketahui/);
    // The log's own file is on the same disk: writing to it fails quietly.
    expect(() => appendFileSync(join(data, 'hub.log'), 'x'.repeat(10_000))).toThrow('ENOSPC');

    rmSync(join(disk!, 'penuh'));
    await until(async () => row()?.recordsIn === 6_000, 60);
    expect(row()).toMatchObject({ state: 'RUNNING', recordsOut: 6_000, cases: 0, error: null });
    expect(await get<Status>('/api/v1/status')).toMatchObject({ records: 6_000, faults: [] });
    const log = await until(async () => /Ruang disk cukup lagi/.exec(readFileSync(join(data, 'hub.log'), 'utf8')) && readFileSync(join(data, 'hub.log'), 'utf8'));
    expect(log).toContain('Ruang disk cukup lagi; hub melanjutkan.');
    await hub.close();

    fill(join(disk!, 'penuh'));
    await expect(start()).rejects.toThrow(`Hub tidak dapat dijalankan karena disk tempat ${data} penuh. Kosongkan ruang, lalu jalankan hub kembali.`);
    rmSync(join(disk!, 'penuh'));
    hub = await start();
    expect(await get<Status>('/api/v1/status')).toMatchObject({ records: 6_000 });
  } finally {
    await hub.close();
  }
}, 180_000);
