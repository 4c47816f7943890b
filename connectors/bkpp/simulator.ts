/** SIMPEG of BKPP: a database with employees, proposals, and the tables that the hub writes back to. */
import pg from 'pg';
import type { JsonObject } from '../../hub/record.js';
import { agencyDatabase, fill } from '../city/database.js';

const SCHEMA = `
CREATE SCHEMA IF NOT EXISTS simpeg;
CREATE TABLE IF NOT EXISTS simpeg.pegawai (
  nip text PRIMARY KEY, nik text, no_kk text, nama text NOT NULL, gelar_depan text, gelar_belakang text, tempat_lahir text, tanggal_lahir date, jenis_kelamin text,
  status_pegawai text NOT NULL, golongan text, golongan_id int, tmt_golongan date, jenis_jabatan int, jabatan text, tmt_jabatan date, kode_skpd text, nama_skpd text,
  unor_id text, tmt_cpns date, tmt_pensiun date, alamat text, kode_bank text, rekening text, nik_pasangan text, jumlah_anak int, diubah timestamptz NOT NULL DEFAULT now());
CREATE INDEX IF NOT EXISTS pegawai_diubah ON simpeg.pegawai (diubah, nip);
CREATE TABLE IF NOT EXISTS simpeg.usulan (
  id_usulan text PRIMARY KEY, jenis_usulan text NOT NULL, nip text NOT NULL, pns_id text, jenis_jabatan int, nama_jabatan text, unor_id text, nomor_sk text, tanggal_sk date,
  tmt_jabatan date, diubah timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS simpeg.hasil_usulan (id_usulan text PRIMARY KEY, nip text, status text, pesan text, id_riwayat text);
CREATE TABLE IF NOT EXISTS simpeg.data_bkn (nip text PRIMARY KEY, nama text, golongan text, tmt_golongan date, jabatan text, golongan_simpeg text);`;

export interface BkppSimulator {
  /** Connection string of SIMPEG's database. */
  readonly url: string;
  add(employees: readonly JsonObject[]): Promise<void>;
  propose(proposal: JsonObject): Promise<void>;
  /** Changes columns of one employee and the time of change. */
  change(nip: string, columns: JsonObject): Promise<void>;
  /** What came back for a proposal; undefined as long as nothing did. */
  result(proposal: string): Promise<JsonObject | undefined>;
  close(): Promise<void>;
}

export async function startBkppSimulator(serverUrl: string): Promise<BkppSimulator> {
  const url = await agencyDatabase(serverUrl, 'simpeg', SCHEMA);
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  pool.on('error', () => undefined);
  return {
    url,
    add: (employees) => fill(pool, 'simpeg.pegawai', employees),
    propose: (proposal) => fill(pool, 'simpeg.usulan', [{ diubah: new Date().toISOString(), ...proposal }]),
    async change(nip, columns) {
      const names = Object.keys(columns);
      await pool.query(`UPDATE simpeg.pegawai SET ${names.map((name, i) => `${pg.escapeIdentifier(name)} = $${i + 2}`).join(', ')}, diubah = clock_timestamp() WHERE nip = $1`, [nip, ...names.map((name) => columns[name])]);
    },
    async result(proposal) {
      const { rows } = await pool.query<JsonObject>('SELECT * FROM simpeg.hasil_usulan WHERE id_usulan = $1', [proposal]);
      return rows[0];
    },
    close: () => pool.end(),
  };
}
