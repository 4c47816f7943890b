import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { SettingsError } from '../errors.js';
import { parseInstance, placed } from './instance.js';
import { resolveSecrets, withoutSecrets } from './secrets.js';

const good = `name: dispenduk-penduduk
owner: dispenduk
connector: postgres
summary: Penduduk dari Dispenduk.
schedule: "*/5 * * * *"
settings:
  host: 127.0.0.1
streams:
  - topic: kependudukan.penduduk
    mapping: { nik: NIK }
`;

const faultsOf = (text: string) => {
  try {
    parseInstance(text, 'config/x.yaml', ['postgres', 'file']);
    return [];
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.faults.map((fault) => `${fault.file}:${fault.line} ${fault.path}: ${fault.message}`);
  }
};

describe('instance', () => {
  test('a good file', () => {
    expect(parseInstance(good, 'config/x.yaml', ['postgres'])).toMatchObject({ name: 'dispenduk-penduduk', settings: { host: '127.0.0.1' }, streams: [{ topic: 'kependudukan.penduduk' }] });
  });

  test.each([
    ['an unknown key', `${good}sched: x\n`, ['config/x.yaml:11 sched: tidak dikenal; periksa ejaannya atau hapus']],
    ['an unknown key deep inside', good.replace('mapping:', 'maping:'), ['config/x.yaml:10 streams.0.maping: tidak dikenal; periksa ejaannya atau hapus']],
    ['an unknown connector', good.replace('connector: postgres', 'connector: oracle'), ['config/x.yaml:3 connector: "oracle" tidak dikenal; yang ada: file, postgres']],
    ['a missing field', good.replace(/owner.*\n/, ''), ['config/x.yaml:1 owner: wajib diisi']],
    ['a wrong schedule', good.replace('*/5 * * * *', '99 * * * *'), [expect.stringMatching(/^config\/x\.yaml:5 schedule: jadwal "99 \* \* \* \*" tidak dikenal/)]],
    ['two directions', `${good}topics: [layanan.dokumen]\n`, ['config/x.yaml:11 topics: pilih salah satu: streams atau topics', 'config/x.yaml:5 schedule: hapus: pengiriman berjalan begitu ada catatan baru']],
    ['a list', '- satu\n- dua\n', ['config/x.yaml:1 : harus berisi name, owner, connector, summary dan settings']],
    ['an empty file', '', ['config/x.yaml:1 : harus berisi name, owner, connector, summary dan settings']],
    ['a name that reaches into every object', `${good}__proto__: { a: 1 }\n`, ['config/x.yaml:11 __proto__: nama ini tidak boleh dipakai']],
  ])('%s is named with file and line', (_, text, expected) => expect(faultsOf(text)).toEqual(expected));

  test('names that look like a path into every object are unknown, and change nothing', () => {
    // Copies are made outside of the test's own world.
    const shared = Object.getPrototypeOf(structuredClone({})) as Record<string, unknown>;
    const { hasOwnProperty } = shared;
    try {
      expect(faultsOf(`${good.replace(/owner.*\n/, '')}"__proto__.name": x\n"__proto__.hasOwnProperty": x\n`)).toEqual([
        'config/x.yaml:1 owner: wajib diisi',
        expect.stringMatching(/__proto__\.name: tidak dikenal; periksa ejaannya atau hapus$/),
        expect.stringMatching(/__proto__\.hasOwnProperty: tidak dikenal; periksa ejaannya atau hapus$/),
      ]);
      expect(Reflect.ownKeys(shared)).not.toContain('name');
      expect(Reflect.ownKeys(shared)).toContain('hasOwnProperty');
    } finally {
      delete shared.name;
      Object.defineProperty(shared, 'hasOwnProperty', { value: hasOwnProperty, configurable: true, writable: true, enumerable: false });
    }
  });

  test('malformed YAML is named with its line', () => {
    expect(faultsOf(`${good}summary: [tidak\n  tertutup`)[0]).toMatch(/^config\/x\.yaml:1[123] : bukan YAML yang benar: /);
    expect(faultsOf('a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n')[0]).toMatch(/^config\/x\.yaml:1 : bukan YAML yang benar: /);
  });

  test('faults that others find are placed in the file', () => {
    const instance = parseInstance(good, 'config/x.yaml', ['postgres']);
    const work = () => placed(instance, () => { throw new SettingsError([{ path: 'mapping.nik.as', message: 'tidak dikenal' }]); }, 'streams.0');
    expect(work).toThrow('config/x.yaml:10: streams.0.mapping.nik.as: tidak dikenal');
  });
});

describe('secrets', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sasando-secrets-'));
  mkdirSync(join(folder, 'bkpp'));
  writeFileSync(join(folder, 'bkpp/SIMPEG'), 'dari-berkas\n');
  writeFileSync(join(folder, 'luar'), 'milik orang lain');
  const place = { owner: 'bkpp', folder, env: { SASANDO_SECRET_BKN_TOKEN: 'rahasia-bkn', HOME: '/root' } };

  test('from the environment and from a file, also inside a text and a list', () => {
    expect(resolveSecrets({ url: 'postgres://hub:${secret:SIMPEG}@127.0.0.1/simpeg', tokens: [{ value: '${secret:bkn-token}' }], n: 1 }, place)).toEqual({
      value: { url: 'postgres://hub:dari-berkas@127.0.0.1/simpeg', tokens: [{ value: 'rahasia-bkn' }], n: 1 },
      secrets: ['dari-berkas', 'rahasia-bkn'],
      faults: [],
    });
  });

  test('a missing one says where to put it', () => {
    expect(resolveSecrets({ password: '${secret:SIAK}' }, place).faults).toEqual([
      { path: 'settings.password', message: 'rahasia SIAK belum ada; tulis ke berkas secrets/bkpp/SIAK atau ke variabel SASANDO_SECRET_SIAK' },
    ]);
  });

  test.each(['${secret:../luar}', '${secret:/etc/passwd}', '${secret:..}', '${secret:}', '${env:HOME}', '${file:/etc/passwd}'])('%s names nothing', (text) => {
    const { value, faults, secrets } = resolveSecrets({ text }, place);
    expect({ value, secrets, faults: faults.length }).toEqual({ value: { text: '' }, secrets: [], faults: 1 });
  });

  test('an owner that climbs out finds nothing', () => {
    expect(resolveSecrets('${secret:luar}', { ...place, owner: '..' }).faults).toHaveLength(1);
  });

  test('errors are cleaned', () => {
    expect(withoutSecrets('connect postgres://hub:dari%2Fberkas@x gagal: dari/berkas', ['dari/berkas'])).toBe('connect postgres://hub:***@x gagal: ***');
  });
});
