/** The registry: schemas by id, versions by subject, and the level of compatibility that a new version must keep. Kept in PostgreSQL, shared by all hubs. */
import { transaction, type Connection, type Database } from '../database/database.js';
import { ContractError } from '../errors.js';
import { parseJson } from '../json.js';
import type { AvroType } from './avro.js';
import { identityOf } from './canonical.js';
import { checkLevel, LEVELS, type Level, type VersionIncompatibility } from './compatibility.js';
import { parseContract, type Contract } from './contract.js';
import { listen } from './listen.js';
import { parseAvro } from './parse-avro.js';

/** Level of a registry where nobody has set one, as in Confluent's. */
export const DEFAULT_LEVEL: Level = 'BACKWARD';

export interface SubjectVersion {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  /** The schema as submitted. */
  readonly schema: string;
}
export interface RegisteredContract {
  readonly id: number;
  readonly version: number;
  readonly contract: Contract;
}
/** Who did it and why, kept for ever. */
export interface Because {
  readonly by?: string;
  readonly why?: string;
}

/** A schema may not follow the earlier versions of its subject. */
export class IncompatibleError extends ContractError {
  readonly incompatibilities: readonly VersionIncompatibility[];
  constructor(readonly subject: string, readonly level: Level, incompatibilities: readonly VersionIncompatibility[]) {
    super(
      `Skema baru untuk ${subject} tidak sesuai tingkat ${level}: ${incompatibilities.map(sentence).join('; ')}.`,
      incompatibilities.map((found) => ({ path: found.field, rule: `compatibility.${found.type}`, message: sentence(found), severity: 'reject' })),
    );
    this.incompatibilities = incompatibilities;
  }
}

export interface Registry {
  /**
   * Makes a schema the newest version of a subject and answers its id. A schema that the subject already has is answered with its present version, without a check.
   * Registrations are done one after the other, also those of several hubs. `compatibility` replaces the subject's level for this one registration.
   * @throws ContractError for a text that is no schema; IncompatibleError with every incompatibility.
   */
  register(subject: string, schema: string, options?: Because & { compatibility?: Level }): Promise<{ id: number; version: number }>;
  /** What would keep a schema from being registered; against one version only, if given. @throws ContractError for a text that is no schema. */
  check(subject: string, schema: string, options?: { compatibility?: Level; version?: number }): Promise<VersionIncompatibility[]>;
  /** Where a subject has this schema, however its JSON is laid out. */
  find(subject: string, schema: string): Promise<SubjectVersion | undefined>;
  /** The text of a schema. */
  byId(id: number): Promise<string | undefined>;
  latest(subject: string): Promise<SubjectVersion | undefined>;
  version(subject: string, version: number): Promise<SubjectVersion | undefined>;
  /** Ascending; empty for an unknown subject. */
  versions(subject: string): Promise<number[]>;
  subjects(): Promise<string[]>;
  /** The level that counts for a subject; the global one without a subject. */
  level(subject?: string): Promise<Level>;
  /** The level set for the subject itself, if there is one. */
  ownLevel(subject: string): Promise<Level | undefined>;
  /** `undefined` as level: the subject follows the global one again. */
  setLevel(subject: string | undefined, level: Level | undefined, because?: Because): Promise<void>;
  /** The contract that counts for a topic: its latest version. @throws ContractError when there is none. */
  contractOf(topic: string): Promise<RegisteredContract>;
  /** Stops listening. The database stays open: it is the caller's. */
  close(): Promise<void>;
}

const CHANNEL = 'registry';
const LOCK = 0x5a5a_0020;

/** Opens the registry on a migrated database. Takes one connection of the pool for good, to hear what other hubs register. */
export async function openRegistry(database: Database): Promise<Registry> {
  const texts = new Map<number, string>();
  const types = new Map<number, AvroType>();
  const contracts = new Map<number, Contract>();
  const subjects = new Map<string, Promise<Subject>>();
  // While nobody tells us of changes, nothing that can change is remembered.
  const ear = await listen(database, CHANNEL, {
    heard: (subject) => (subject === '' ? subjects.clear() : subjects.delete(subject)),
    deaf: () => subjects.clear(),
  });

  const subjectOf = (name: string): Promise<Subject> => {
    const known = subjects.get(name);
    if (known) return known;
    const loading = loadSubject(database, name);
    if (ear.listening()) {
      subjects.set(name, loading);
      loading.catch(() => subjects.get(name) === loading && subjects.delete(name));
    }
    return loading;
  };
  const byId = async (id: number): Promise<string | undefined> => {
    const known = texts.get(id);
    if (known !== undefined || !Number.isInteger(id) || id < 1 || id > 0x7fffffff) return known;
    const { rows } = await database.query<{ schema: string }>('SELECT schema FROM registry_schema WHERE id = $1', [id]);
    if (rows[0]) texts.set(id, rows[0].schema);
    return rows[0]?.schema;
  };
  const typeOf = (version: SubjectVersion): AvroType => {
    let type = types.get(version.id);
    if (!type) types.set(version.id, (type = parseSchema(version.schema)));
    return type;
  };
  const compare = (subject: Subject, type: AvroType, level: Level): VersionIncompatibility[] =>
    checkLevel(level, type, subject.versions.map((version) => ({ version: version.version, type: typeOf(version) })));

  return {
    async register(name, schema, options = {}) {
      checkSubject(name);
      if (options.compatibility !== undefined) checkLevelName(options.compatibility);
      const type = parseSchema(schema);
      const identity = identityOf(type);
      const known = (await subjectOf(name)).versions.find((version) => identityOf(typeOf(version)) === identity);
      if (known) return { id: known.id, version: known.version };
      const registered = await transaction(database, async (connection) => {
        await connection.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
        const subject = await loadSubject(connection, name);
        const raced = subject.versions.find((version) => identityOf(typeOf(version)) === identity);
        if (raced) return { id: raced.id, version: raced.version };
        const level = options.compatibility ?? subject.level;
        const incompatibilities = compare(subject, type, level);
        if (incompatibilities.length > 0) throw new IncompatibleError(name, level, incompatibilities);
        const id = await schemaId(connection, identity, storedText(schema, type));
        const version = (subject.versions.at(-1)?.version ?? 0) + 1;
        await connection.query('INSERT INTO registry_version (subject, version, schema_id, registered_by, reason) VALUES ($1, $2, $3, $4, $5)', [name, version, id, options.by, options.why]);
        await connection.query('SELECT pg_notify($1, $2)', [CHANNEL, name]);
        return { id, version };
      });
      subjects.delete(name);
      return registered;
    },

    async check(name, schema, { compatibility, version } = {}) {
      const type = parseSchema(schema);
      const subject = await subjectOf(name);
      const versions = version === undefined ? subject.versions : subject.versions.filter((one) => one.version === version);
      return compare({ ...subject, versions }, type, compatibility ?? subject.level);
    },

    async find(name, schema) {
      const identity = identityOf(parseSchema(schema));
      return (await subjectOf(name)).versions.find((version) => identityOf(typeOf(version)) === identity);
    },

    byId,
    latest: async (name) => (await subjectOf(name)).versions.at(-1),
    version: async (name, wanted) => (await subjectOf(name)).versions.find(({ version }) => version === wanted),
    versions: async (name) => (await subjectOf(name)).versions.map(({ version }) => version),

    async subjects() {
      const { rows } = await database.query<{ subject: string }>('SELECT DISTINCT subject COLLATE "C" AS subject FROM registry_version ORDER BY 1');
      return rows.map(({ subject }) => subject);
    },

    level: async (name = '') => (await subjectOf(name)).level,
    ownLevel: async (name) => (await subjectOf(name)).ownLevel,

    async setLevel(name = '', level, because = {}) {
      if (level !== undefined) checkLevelName(level);
      await transaction(database, async (connection) => {
        await connection.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
        await connection.query('INSERT INTO registry_level (subject, level, changed_by, reason) VALUES ($1, $2, $3, $4)', [name, level, because.by, because.why]);
        await connection.query('SELECT pg_notify($1, $2)', [CHANNEL, name]);
      });
      if (name === '') subjects.clear();
      else subjects.delete(name);
    },

    async contractOf(topic) {
      const latest = (await subjectOf(`${topic}-value`)).versions.at(-1);
      if (!latest) throw new ContractError(`Topik ${topic} belum punya kontrak. Tambahkan schemas/${topic.replace('.', '/')}.avsc lalu jalankan "sasando apply".`);
      let contract = contracts.get(latest.id);
      if (!contract) contracts.set(latest.id, (contract = contractFrom(topic, latest)));
      return { id: latest.id, version: latest.version, contract };
    },

    close: () => ear.close(),
  };
}

interface Subject {
  readonly level: Level;
  readonly ownLevel?: Level;
  readonly versions: readonly SubjectVersion[];
}

async function loadSubject(database: Database | Connection, subject: string): Promise<Subject> {
  const versions = await database.query<SubjectVersion>(
    'SELECT v.subject, v.version, s.id, s.schema FROM registry_version v JOIN registry_schema s ON s.id = v.schema_id WHERE v.subject = $1 ORDER BY v.version',
    [subject],
  );
  const levels = await database.query<{ subject: string; level: Level | null }>(
    'SELECT DISTINCT ON (subject) subject, level FROM registry_level WHERE subject IN ($1, \'\') ORDER BY subject, id DESC',
    [subject],
  );
  const set = (name: string): Level | undefined => levels.rows.find((row) => row.subject === name)?.level ?? undefined;
  const ownLevel = set(subject);
  return { level: ownLevel ?? set('') ?? DEFAULT_LEVEL, ...(ownLevel ? { ownLevel } : {}), versions: versions.rows };
}

async function schemaId(connection: Connection, identity: string, schema: string): Promise<number> {
  const known = await connection.query<{ id: number }>('SELECT id FROM registry_schema WHERE identity = $1', [identity]);
  if (known.rows[0]) return known.rows[0].id;
  const { rows } = await connection.query<{ id: number }>('INSERT INTO registry_schema (identity, schema) VALUES ($1, $2) RETURNING id', [identity, schema]);
  return rows[0]!.id;
}

/** Confluent's clients expect `"string"` where `{"type":"string"}` was sent; everything else stays as it was submitted. */
function storedText(schema: string, type: AvroType): string {
  return 'attributes' in type && !('name' in type) && type.kind !== 'array' && type.kind !== 'map' && type.logical === undefined && Object.keys(type.attributes ?? {}).length === 0
    ? JSON.stringify(type.kind)
    : schema;
}

function parseSchema(schema: string): AvroType {
  const { type, faults } = parseAvro(readJson(schema));
  if (type) return type;
  const list = faults.map(({ label, path, message }) => ({ path: label || path.join('.'), rule: 'schema', message, severity: 'reject' as const }));
  throw new ContractError(`Skema Avro tidak sah: ${list.map((fault) => (fault.path ? `${fault.path}: ${fault.message}` : fault.message)).join('; ')}.`, list);
}

function readJson(schema: string): ReturnType<typeof parseJson> {
  try {
    return parseJson(schema);
  } catch (cause) {
    throw new ContractError(`Skema Avro tidak sah: ${(cause as Error).message}.`, [{ path: '', rule: 'schema', message: (cause as Error).message, severity: 'reject' }], { cause });
  }
}

function contractFrom(topic: string, latest: SubjectVersion): Contract {
  try {
    return parseContract(latest.schema);
  } catch (cause) {
    throw new ContractError(`Skema terbaru topik ${topic} (versi ${latest.version}) bukan kontrak yang lengkap: ${(cause as Error).message.replaceAll('\n', '; ')}.`, [], { cause });
  }
}

function checkSubject(subject: string): void {
  if (subject.length === 0 || subject.length > 255 || /[\u0000-\u001f\u007f]/.test(subject)) throw new ContractError('Nama subjek harus 1 sampai 255 huruf tanpa karakter kendali.');
}

function checkLevelName(level: string): void {
  if (!(LEVELS as readonly string[]).includes(level)) throw new ContractError(`Tingkat kompatibilitas "${level}" tidak dikenal. Pilih: ${LEVELS.join(', ')}.`);
}

function sentence(found: VersionIncompatibility): string {
  const place = found.field ? `${found.field}: ` : '';
  return `${place}${found.message} (${found.type} di ${found.path}, ${found.direction === 'backward' ? 'skema baru membaca' : 'data baru dibaca dengan'} versi ${found.version})`;
}
