/** The view of Dispenduk's database that an agreement may allow: residents under SIAK's names, with the time of the last change. */
import pg from 'pg';
import type { JsonObject } from '../../hub/record.js';
import { agencyDatabase, fill } from '../city/database.js';

const SCHEMA = `
CREATE SCHEMA IF NOT EXISTS siak;
CREATE TABLE IF NOT EXISTS siak.penduduk (
  nik text PRIMARY KEY, no_kk text, nama_lgkp text, jenis_klmin int, tmpt_lhr text, tgl_lhr date, no_akta_lhr text, agama int, gol_drh int, pddk_akh int,
  jenis_pkrjn int, stat_kwn int, stat_hbkel int, nik_ayah text, nama_lgkp_ayah text, nik_ibu text, nama_lgkp_ibu text, alamat text, no_rt int, no_rw int,
  kode_kelurahan text, stat_dasar int NOT NULL DEFAULT 1, tgl_ubah timestamptz NOT NULL DEFAULT now());
CREATE INDEX IF NOT EXISTS penduduk_tgl_ubah ON siak.penduduk (tgl_ubah, nik);
CREATE OR REPLACE VIEW siak.v_penduduk AS SELECT * FROM siak.penduduk;`;

export interface SiakDatabase {
  readonly url: string;
  add(residents: readonly JsonObject[]): Promise<void>;
  /** Changes columns of one resident and the time of change. */
  change(nik: string, columns: JsonObject): Promise<void>;
  close(): Promise<void>;
}

export async function openSiakDatabase(serverUrl: string): Promise<SiakDatabase> {
  const url = await agencyDatabase(serverUrl, 'siak', SCHEMA);
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  pool.on('error', () => undefined);
  return {
    url,
    add: (residents) => fill(pool, 'siak.penduduk', residents),
    async change(nik, columns) {
      const names = Object.keys(columns);
      await pool.query(`UPDATE siak.penduduk SET ${names.map((name, i) => `${pg.escapeIdentifier(name)} = $${i + 2}`).join(', ')}, tgl_ubah = clock_timestamp() WHERE nik = $1`, [nik, ...names.map((name) => columns[name])]);
    },
    close: () => pool.end(),
  };
}
