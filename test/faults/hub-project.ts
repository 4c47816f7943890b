/** The project of the hub that is hurt: numbered rows of a PostgreSQL table → topic → two tables of another PostgreSQL, with rows that are filtered and rows that are refused. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Database } from '../../hub/database/database.js';
import { createGate } from './target.js';

export const TOPIC = 'uji.baris';
export const KEYS = 23;
/** Every so many rows one is filtered by the source, refused by the contract, filtered by the sink, refused by the target. */
export const EVERY = { filtered: 17, refused: 307, sinkFiltered: 19, sinkRefused: 997 } as const;

const SCHEMA = {
  type: 'record',
  name: 'Baris',
  namespace: 'id.go.kupangkota.uji',
  doc: 'Baris bernomor.',
  hub: { topic: TOPIC, key: 'kunci', owner: 'kominfo', steward: 'kominfo', classification: 'open', cleanup: 'time', retention: 'P30D' },
  fields: [
    { name: 'kunci', type: 'string', doc: 'Kunci yang dimiliki banyak baris' },
    { name: 'nomor', type: 'long', doc: 'Nomor urut baris' },
    { name: 'isi', type: 'string', doc: 'Isi baris' },
  ],
};

const SOURCE = `name: sumber
owner: kominfo
connector: postgres
summary: Baris bernomor dari sistem asal.
every: 200ms
settings: { url: "\${secret:SUMBER}", table: baris, key: nomor, cursor: diubah, batch: 200 }
streams:
  - topic: ${TOPIC}
    where: 'record.saring == false'
    mapping: { kunci: kunci, nomor: nomor, isi: isi }
`;

const SINK = `name: sasaran
owner: kominfo
connector: postgres
summary: Setiap baris ke sistem tujuan.
topics: [${TOPIC}]
settings: { url: "\${secret:SASARAN}", table: baris, key: nomor }
where: 'int(record.nomor) % ${EVERY.sinkFiltered} != 0'
mapping: { nomor: nomor, kunci: kunci, isi: isi }
`;

const LAST = `name: terakhir
owner: kominfo
connector: postgres
summary: Baris terakhir setiap kunci ke sistem tujuan.
topics: [${TOPIC}]
settings: { url: "\${secret:SASARAN}", table: terakhir, key: kunci }
mapping: { kunci: kunci, nomor: nomor }
`;

/** Folder with `config/`, `schemas/` and `secrets/`. */
export function hubProject(source: string, target: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'sasando-hub-faults-'));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write('schemas/uji/baris.avsc', JSON.stringify(SCHEMA));
  write('config/reference/wilayah.csv', 'kode,nama\n53.71.01.1001,Alak\n');
  write('config/connectors/kominfo/sumber.yaml', SOURCE);
  write('config/connectors/kominfo/sasaran.yaml', SINK);
  write('config/connectors/kominfo/terakhir.yaml', LAST);
  write('secrets/kominfo/SUMBER', source);
  write('secrets/kominfo/SASARAN', target);
  return folder;
}

export async function createSource(source: Database): Promise<void> {
  await source.query('CREATE TABLE baris (nomor int8 PRIMARY KEY, kunci text NOT NULL, isi text, saring boolean NOT NULL, diubah timestamptz NOT NULL)');
}

/** Adds rows from `first` on, all with the same time, as an import does. A row that the contract refuses has no content. */
export async function addRows(source: Database, first: number, count: number): Promise<void> {
  await source.query(
    `INSERT INTO baris SELECT n, 'K' || n % ${KEYS}, CASE WHEN n % ${EVERY.refused} = 0 THEN NULL ELSE 'isi ' || n END, n % ${EVERY.filtered} = 0, now()
     FROM generate_series($1::int8, $1::int8 + $2::int8 - 1) AS n`,
    [first, count],
  );
}

/** `tulisan` tells of every write of a row in `baris`, also of one that changes nothing; `baris` has a gate. */
export async function createTarget(target: Database): Promise<void> {
  await target.query(`
    CREATE TABLE baris (nomor int8 PRIMARY KEY, kunci text NOT NULL, isi text, CHECK (nomor % ${EVERY.sinkRefused} <> 0));
    CREATE TABLE terakhir (kunci text PRIMARY KEY, nomor int8 NOT NULL);
    CREATE TABLE tulisan (nomor int8 NOT NULL);
    CREATE FUNCTION catat() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO tulisan VALUES (NEW.nomor); RETURN NEW; END $$;
    CREATE TRIGGER catat BEFORE INSERT OR UPDATE ON baris FOR EACH ROW EXECUTE FUNCTION catat();
    CREATE FUNCTION maju() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.nomor <= OLD.nomor THEN RAISE 'mundur'; END IF; RETURN NEW; END $$;
    CREATE TRIGGER maju BEFORE UPDATE ON terakhir FOR EACH ROW EXECUTE FUNCTION maju()`);
  await createGate(target, 'baris', 0);
}
