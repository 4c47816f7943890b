/** A small project of its own for tests that run a whole hub: one contract, one code list, one file instance, one receiver. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface TestProject {
  /** Folder with `config/`, `schemas/` and `secrets/`. */
  readonly folder: string;
  /** Folder for data; file settings point below `berkas` in it. */
  readonly data: string;
  write(path: string, text: string): void;
}

export const SCHEMA = JSON.stringify({
  type: 'record',
  name: 'TitikWifi',
  namespace: 'id.go.kupangkota.infrastruktur',
  doc: 'Titik wifi publik.',
  hub: { topic: 'infrastruktur.titik_wifi', key: 'kode', owner: 'kominfo', steward: 'kominfo', classification: 'open' },
  fields: [
    { name: 'kode', type: 'string', doc: 'Kode titik' },
    { name: 'nama', type: 'string', doc: 'Nama tempat' },
    { name: 'penanggung_jawab', type: ['null', 'string'], default: null, doc: 'NIK penanggung jawab', hub: { format: 'nik', personal: 'general', mask: 'last4' } },
  ],
});

export const INSTANCE = `name: kominfo-wifi
owner: kominfo
connector: file
summary: Titik wifi dari berkas CSV Kominfo.
every: 1s
settings: { folder: wifi, pattern: "*.csv", settle: 0 }
streams:
  - topic: infrastruktur.titik_wifi
    mapping: { kode: KODE, nama: NAMA, penanggung_jawab: { from: NIK, empty: [""] } }
    tests:
      - { input: { KODE: W1, NAMA: Taman Nostalgia, NIK: "" }, output: { kode: W1, nama: Taman Nostalgia } }
`;

const RECEIVER = `name: wifi-lapor
owner: kominfo
connector: webhook
summary: Laporan titik wifi baru.
settings: { signature: { kind: hmac, secrets: ["\${secret:WIFI_LAPOR}"], header: x-signature } }
streams:
  - topic: infrastruktur.titik_wifi
    mapping: { kode: kode, nama: nama }
`;

export function testProject(): TestProject {
  const folder = mkdtempSync(join(tmpdir(), 'sasando-project-'));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write('schemas/infrastruktur/titik_wifi.avsc', SCHEMA);
  write('config/reference/wilayah.csv', 'kode,nama\n53.71.01.1001,Alak\n');
  write('config/connectors/kominfo/wifi.yaml', INSTANCE);
  write('config/connectors/kominfo/wifi-lapor.yaml', RECEIVER);
  write('secrets/kominfo/WIFI_LAPOR', 'rahasia-penerima-wifi\n');
  write('data/berkas/wifi/.keep', '');
  return { folder, data: join(folder, 'data'), write };
}
