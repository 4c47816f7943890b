/** What the hub takes from its environment: read once at start, every fault reported at once. Nothing else reads `process.env` (secrets aside). */
import { resolve } from 'node:path';
import { z } from 'zod';
import { SettingsError } from './errors.js';
import { projectFolder } from './project.js';
import { parseSettings } from './settings.js';

const port = z
  .string()
  .refine((text) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535, 'harus angka port 0 sampai 65535')
  .transform(Number);

const variables = z.object({
  SASANDO_PORT: port.default(8080).meta({ title: 'Port', description: 'Port HTTP hub; 0 berarti port bebas mana pun.' }),
  SASANDO_HOST: z.string().min(1).default('127.0.0.1').meta({ title: 'Alamat', description: 'Alamat yang didengarkan; 127.0.0.1 berarti hanya komputer ini.' }),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'harus diawali postgres:// atau postgresql://')
    .optional()
    .meta({ title: 'PostgreSQL kota', description: 'Tanpa ini hub menjalankan PostgreSQL bawaannya.', secret: true }),
  SASANDO_KAFKA_BROKERS: z
    .string()
    .transform((text) => text.split(',').map((broker) => broker.trim()).filter(Boolean))
    .refine((brokers) => brokers.length > 0 && brokers.every((broker) => /^[^\s:/]+:\d{1,5}$/.test(broker)), 'harus daftar host:port dipisah koma, misalnya 10.1.1.5:9092')
    .optional()
    .meta({ title: 'Broker Kafka', description: 'Dipakai mesin log kafka.' }),
  SASANDO_KAFKA_PREFIX: z.string().regex(/^[a-z0-9._-]{1,40}$/, 'hanya huruf kecil, angka, titik, "_" dan "-"').optional().meta({ title: 'Awalan Kafka', description: 'Di depan nama topik dan grup, bila beberapa hub berbagi satu klaster.' }),
  SASANDO_ENGINE: z.enum(['postgres', 'kafka']).optional().meta({ title: 'Mesin log', description: 'postgres atau kafka; tanpa ini kafka jika SASANDO_KAFKA_BROKERS diisi.' }),
  SASANDO_DATA_DIR: z.string().min(1).default('./data').meta({ title: 'Folder data', description: 'Tempat PostgreSQL bawaan, berkas OPD dan kata sandi.' }),
  SASANDO_PROJECT_DIR: z.string().min(1).default(projectFolder).meta({ title: 'Folder proyek', description: 'Folder berisi config/, schemas/ dan secrets/; tanpa ini milik hub sendiri.' }),
  SASANDO_ADMIN_PASSWORD: z.string().min(8, 'sedikitnya 8 huruf').optional().meta({ title: 'Kata sandi admin', description: 'Tanpa ini dibuatkan acak pada start pertama.', secret: true }),
  SASANDO_PAYROLL_OFFICER: z.string().min(1).default('Bidang Perbendaharaan BKAD').meta({ title: 'Petugas gaji', description: 'Petugas BKAD yang memutuskan temuan gaji sebelum SPM.' }),
  SASANDO_PG_HOST: z.string().min(1).optional().meta({ title: 'Alamat PostgreSQL bawaan', description: 'Diisi hanya bila analis perlu menyambung dari luar.' }),
  SASANDO_PG_PORT: port.optional().meta({ title: 'Port PostgreSQL bawaan', description: 'Tanpa ini port bebas.' }),
});

export interface Environment {
  readonly host: string;
  readonly port: number;
  readonly databaseUrl?: string;
  readonly engine: 'postgres' | 'kafka';
  readonly brokers: readonly string[];
  readonly kafkaPrefix?: string;
  readonly dataFolder: string;
  /** Holds `config/`, `schemas/` and `secrets/`. */
  readonly projectFolder: string;
  /** Who decides on findings in a payroll. */
  readonly payrollOfficer: string;
  readonly adminPassword?: string;
  readonly postgresHost?: string;
  readonly postgresPort?: number;
}

/** Parses the variables; an empty one counts as absent. @throws SettingsError naming every wrong variable. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Environment {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = parseSettings(variables, given);
  const engine = parsed.SASANDO_ENGINE ?? (parsed.SASANDO_KAFKA_BROKERS ? 'kafka' : 'postgres');
  if (engine === 'kafka' && !parsed.SASANDO_KAFKA_BROKERS) {
    throw new SettingsError([{ path: 'SASANDO_KAFKA_BROKERS', message: 'wajib diisi untuk mesin log kafka, misalnya 127.0.0.1:9092' }]);
  }
  return {
    host: parsed.SASANDO_HOST,
    port: parsed.SASANDO_PORT,
    engine,
    brokers: parsed.SASANDO_KAFKA_BROKERS ?? [],
    dataFolder: parsed.SASANDO_DATA_DIR,
    payrollOfficer: parsed.SASANDO_PAYROLL_OFFICER,
    projectFolder: resolve(parsed.SASANDO_PROJECT_DIR),
    ...(parsed.SASANDO_KAFKA_PREFIX !== undefined && { kafkaPrefix: parsed.SASANDO_KAFKA_PREFIX }),
    ...(parsed.DATABASE_URL !== undefined && { databaseUrl: parsed.DATABASE_URL }),
    ...(parsed.SASANDO_ADMIN_PASSWORD !== undefined && { adminPassword: parsed.SASANDO_ADMIN_PASSWORD }),
    ...(parsed.SASANDO_PG_HOST !== undefined && { postgresHost: parsed.SASANDO_PG_HOST }),
    ...(parsed.SASANDO_PG_PORT !== undefined && { postgresPort: parsed.SASANDO_PG_PORT }),
  };
}
