/** What is moved: a table of 20 columns of invented employees, its contract, and the instances that read it and write it again. */
import pg from 'pg';
import type { JsonObject } from '../../hub/record.js';

export const TOPIC = 'uji.pegawai';

/** Name, type in the agency's table, field of the topic, type in the contract with its `hub` attributes. */
const COLUMNS = [
  ['nomor', 'int8', 'nomor', 'long'],
  ['nik', 'char(16)', 'nik', 'string', { format: 'nik' }],
  ['nama', 'text', 'nama', 'string'],
  ['tmp_lahir', 'text', 'tempat_lahir', 'string?'],
  ['tgl_lahir', 'text', 'tanggal_lahir', 'date', { format: 'tanggal_lahir' }],
  ['jk', 'char(1)', 'jenis_kelamin', 'string'],
  ['agama', 'text', 'agama', 'string?'],
  ['alamat', 'text', 'alamat', 'string?'],
  ['rt', 'text', 'rt', 'string?'],
  ['rw', 'text', 'rw', 'string?'],
  ['kel', 'text', 'kode_wilayah', 'string', { format: 'kode_wilayah' }],
  ['email', 'text', 'email', 'string?', { format: 'email' }],
  ['no_hp', 'text', 'no_hp', 'string?', { format: 'telepon' }],
  ['golongan', 'text', 'golongan', 'string?'],
  ['tmt', 'date', 'tmt', 'date?'],
  ['gaji_pokok', 'numeric(15,2)', 'gaji_pokok', 'decimal'],
  ['tunjangan', 'numeric(15,2)', 'tunjangan', 'decimal'],
  ['masa_kerja', 'int4', 'masa_kerja', 'int?'],
  ['aktif', 'bool', 'aktif', 'boolean'],
  ['diubah', 'timestamptz', 'diubah', 'timestamp'],
] as const;

const AVRO: Readonly<Record<string, unknown>> = {
  string: 'string', int: 'int', long: 'long', boolean: 'boolean',
  date: { type: 'int', logicalType: 'date' },
  timestamp: { type: 'long', logicalType: 'timestamp-millis' },
  decimal: { type: 'bytes', logicalType: 'decimal', precision: 15, scale: 2 },
};

/** Text of the schema. */
export function contractText(): string {
  const fields = COLUMNS.map(([column, , name, type, hub]) => {
    const isOptional = type.endsWith('?');
    const avro = AVRO[type.replace('?', '')];
    return { name, type: isOptional ? ['null', avro] : avro, ...(isOptional && { default: null }), doc: `Kolom ${column}`, ...(hub && { hub }) };
  });
  return JSON.stringify({
    type: 'record', name: 'Pegawai', namespace: 'id.go.kupangkota.uji', doc: 'Pegawai buatan untuk mengukur kecepatan.',
    hub: { topic: TOPIC, key: 'nomor', owner: 'uji', steward: 'kominfo', classification: 'restricted' },
    fields,
  });
}

/** Fills `public.pegawai` with rows that pass the contract without warnings, and makes the empty `public.salinan`. */
export async function fillAgency(url: string, rows: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`
      CREATE TABLE pegawai (${COLUMNS.map(([name, type]) => `${name} ${type} NOT NULL`).join(', ')}, PRIMARY KEY (nomor));
      INSERT INTO pegawai
      SELECT i, '5371' || lpad((1 + i % 6)::text, 2, '0') || lpad((extract(day FROM lahir) + 40 * (i % 2))::int::text, 2, '0') || to_char(lahir, 'MMYY') || lpad((1 + i % 9999)::text, 4, '0'),
             'Pegawai Buatan Nomor ' || i, 'KUPANG', to_char(lahir, 'DD-MM-YYYY'), CASE i % 2 WHEN 1 THEN 'P' ELSE 'L' END, 'Kristen', 'Jalan Contoh Nomor ' || i % 300,
             lpad((i % 20)::text, 3, '0'), lpad((i % 8)::text, 3, '0'), '53.71.01.1001', 'pegawai' || i || '@contoh.invalid', '0812' || lpad(i::text, 8, '0'), 'III/b',
             date '2015-01-01' + (i % 3000)::int, 2500000 + i % 4000000, 350000.50, (i % 30)::int, i % 50 <> 0, timestamptz '2026-01-01' + i * interval '1 millisecond'
        FROM generate_series(1, $ROWS) AS i, LATERAL (SELECT date '1965-01-01' + (i::int8 * 7919 % 12000)::int AS lahir) AS l;
      CREATE INDEX ON pegawai (diubah, nomor);
    `.replace('$ROWS', String(Math.trunc(rows))));
    await client.query('VACUUM ANALYZE pegawai');
  } finally {
    await client.end();
  }
}

/** An empty table for the sink, under the names of the topic's fields. */
export async function emptyTarget(url: string): Promise<void> {
  await query(url, `DROP TABLE IF EXISTS salinan; DROP TABLE IF EXISTS sasando_offset; CREATE TABLE salinan (${COLUMNS.map(([, type, field]) => `${field} ${field === 'tanggal_lahir' ? 'date' : type}`).join(', ')}, PRIMARY KEY (nomor)); CHECKPOINT`);
}

/** Rows of the target, and how many of them equal their source in every column. */
export async function compareTarget(url: string): Promise<{ rows: number; equal: number }> {
  const same = COLUMNS.map(([column, , field]) => (field === 'tanggal_lahir' ? `to_char(s.${field}, 'DD-MM-YYYY') = p.${column}` : `s.${field} = p.${column}`)).join(' AND ');
  const [row] = await query(url, `SELECT count(*) AS rows, count(*) FILTER (WHERE ${same}) AS equal FROM salinan s LEFT JOIN pegawai p USING (nomor)`);
  return { rows: Number(row!.rows), equal: Number(row!.equal) };
}

/** The instance that reads the table: twenty fields, with names changed, texts trimmed, dates and money parsed. */
export function sourceInstance(url: string): JsonObject {
  const special: Readonly<Record<string, JsonObject>> = {
    nama: { from: 'nama', trim: true },
    tanggal_lahir: { from: 'tgl_lahir', as: 'date', formats: ['dd-MM-yyyy'], empty: ['00-00-0000'] },
    email: { from: 'email', lower: true },
    gaji_pokok: { from: 'gaji_pokok', as: 'decimal', scale: 2 },
    tunjangan: { from: 'tunjangan', as: 'decimal', scale: 2 },
  };
  return {
    name: 'uji-baca', owner: 'uji', connector: 'postgres', summary: 'Membaca tabel uji', every: '1h',
    settings: { url, table: 'public.pegawai', cursor: 'diubah' },
    streams: [{ topic: TOPIC, mapping: Object.fromEntries(COLUMNS.map(([column, , field]) => [field, special[field] ?? column])) }],
  };
}

/** The instance that writes the topic to the copy, exactly once. */
export function sinkInstance(url: string): JsonObject {
  return {
    name: 'uji-tulis', owner: 'uji', connector: 'postgres', summary: 'Menulis tabel uji', topics: [TOPIC],
    settings: { url, table: 'public.salinan', key: 'nomor' },
    mapping: Object.fromEntries(COLUMNS.map(([, , field]) => [field, field])),
  };
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}
