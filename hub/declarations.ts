/**
 * What people declared, and how it changes: contracts go to the registry, instances to the table `declaration`. Both are the truth; files are only how they are brought.
 * They are taken from the project's folders by themselves when nothing has been declared yet, afterwards by `sasando apply`.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { AppliedChange, AppliedFile } from './api/parts.js';
import { topicSpec, type Registered } from './contracts.js';
import type { Database } from './database/database.js';
import { ContractError, SettingsError, type SettingsFault } from './errors.js';
import type { Log } from './log/log.js';
import { type Contract, parseContract } from './registry/contract.js';
import type { Registry } from './registry/registry.js';
import { type Instance, parseInstance } from './runtime/instance.js';

export interface Declarations {
  /** Contracts by topic, as they count now. */
  readonly contracts: ReadonlyMap<string, Registered>;
  /** Instances as they count now, in order of their names. */
  instances(): Promise<{ readonly instances: readonly Instance[]; readonly faults: readonly SettingsFault[] }>;
  /**
   * What files would change, and with `commit` the change itself. @throws SettingsError with every fault of every file, ContractError for a contract that may not follow
   * the one before it; nothing was changed then. With `lenient` faulty files are left out and their faults answered.
   */
  apply(files: readonly AppliedFile[], options: { commit: boolean; by: string; lenient?: boolean }): Promise<{ changes: AppliedChange[]; faults: SettingsFault[] }>;
  /** Makes the topics that these instances read or write, and those named beside them, and answers their names: a contract that nobody uses yet makes no topic. */
  openTopics(instances: readonly Instance[], others: readonly string[]): Promise<readonly string[]>;
  /** Nothing has been declared yet, at most contracts by a first start that did not reach its end. */
  empty(): Promise<boolean>;
}

export interface DeclarationParts {
  readonly database: Database;
  readonly registry: Registry;
  readonly log: Log;
  /** Kinds of connectors there are. */
  readonly kinds: readonly string[];
}

/** Who applies the project's own files. */
export const FIRST_START = 'start pertama';

/** Opens what is declared. */
export async function openDeclarations({ database, registry, log, kinds }: DeclarationParts): Promise<Declarations> {
  const contracts = new Map<string, Registered>();
  const take = async (topic: string): Promise<void> => {
    const registered = await registry.contractOf(topic);
    contracts.set(topic, registered);
  };
  for (const subject of await registry.subjects()) {
    // A subject of a foreign client need not be a contract of ours.
    await take(subject.replace(/-value$/, '')).catch((error: unknown) => {
      if (!(error instanceof ContractError)) throw error;
    });
  }

  /** The last text of each file: a start reads the same texts from the files and from the database, and taking one apart is slow. */
  const parsed = new Map<string, { readonly text: string; readonly instance: Instance }>();
  const instanceOf = (text: string, file: string): Instance => {
    const known = parsed.get(file);
    if (known?.text === text) return known.instance;
    const instance = parseInstance(text, file, kinds);
    parsed.set(file, { text, instance });
    return instance;
  };

  return {
    contracts,
    async empty() {
      const { rows } = await database.query<{ empty: boolean }>('SELECT NOT EXISTS (SELECT FROM declaration) AND NOT EXISTS (SELECT FROM registry_version WHERE registered_by IS DISTINCT FROM $1) AS empty', [FIRST_START]);
      return rows[0]!.empty;
    },
    async instances() {
      const instances: Instance[] = [];
      const faults: SettingsFault[] = [];
      for (const { file, content } of await stored(database)) {
        collect(faults, file, () => instances.push(instanceOf(content, file)));
      }
      return { instances, faults };
    },
    async openTopics(instances, others) {
      const used = new Set([...others, ...instances.flatMap(({ streams = [], topics = [], reply }) => [...streams.map(({ topic }) => topic), ...topics, ...(reply ? [reply.topic] : [])])]);
      const names = [...used].filter((topic) => contracts.has(topic)).sort();
      for (const topic of names) await log.ensureTopic(topicSpec(contracts.get(topic)!.contract));
      return names;
    },
    async apply(files, { commit, by, lenient = false }) {
      const { schemas, instances, faults } = sort(files, instanceOf);
      const changes: AppliedChange[] = [];
      for (const contract of schemas.values()) {
        const change = await schemaChange(registry, contract);
        const clashes = change === 'changed' ? await registry.check(contract.subject, contract.text) : [];
        for (const clash of clashes) faults.push({ path: clash.field, message: clash.message, ...(contract.file !== undefined && { file: contract.file }) });
        if (clashes.length === 0) changes.push({ kind: 'schema', name: contract.topic, change });
      }
      const known = new Map((await stored(database)).map((row) => [row.name, row.content]));
      for (const [name, file] of instances) changes.push({ kind: 'instance', name, change: !known.has(name) ? 'new' : known.get(name) === file.text ? 'unchanged' : 'changed' });
      if (faults.length > 0 && !lenient) throw new SettingsError(faults);
      if (!commit) return { changes, faults };

      for (const { kind, name, change } of changes) {
        if (kind !== 'schema' || change === 'unchanged') continue;
        const contract = schemas.get(name)!;
        await registry.register(contract.subject, contract.text, { by, why: 'sasando apply' });
        await take(name);
      }
      // All of them or none: a start that is killed leaves no half of a city behind.
      const declared = changes.filter(({ kind, change }) => kind === 'instance' && change !== 'unchanged').map(({ name }) => ({ name, ...instances.get(name)! }));
      await database.query('INSERT INTO declaration (name, file, content, applied_by) SELECT name, file, content, $4 FROM unnest($1::text[], $2::text[], $3::text[]) AS one(name, file, content)', [
        declared.map(({ name }) => name), declared.map(({ path }) => path), declared.map(({ text }) => text), by,
      ]);
      return { changes, faults };
    },
  };
}

/** Contracts by topic and files of instances by name, as far as they can be understood; each topic and each name once. */
function sort(files: readonly AppliedFile[], instanceOf: (text: string, file: string) => Instance): { schemas: Map<string, Contract>; instances: Map<string, AppliedFile>; faults: SettingsFault[] } {
  const faults: SettingsFault[] = [];
  const schemas = new Map<string, Contract>();
  const instances = new Map<string, AppliedFile>();
  for (const file of files) {
    collect(faults, file.path, () => {
      if (file.path.endsWith('.avsc')) {
        const contract = parseContract(file.text, file.path);
        if (schemas.has(contract.topic)) throw new SettingsError([{ path: 'hub.topic', file: file.path, message: `topik ${contract.topic} sudah punya kontrak di ${schemas.get(contract.topic)!.file}` }]);
        schemas.set(contract.topic, contract);
      } else {
        const { name } = instanceOf(file.text, file.path);
        if (instances.has(name)) throw new SettingsError([{ path: 'name', file: file.path, message: `"${name}" sudah dipakai di ${instances.get(name)!.path}; setiap instans perlu nama sendiri` }]);
        instances.set(name, file);
      }
    });
  }
  return { schemas, instances, faults };
}

/** Every file of instances and contracts below the project's folders. */
export async function declaredFiles(folder: string): Promise<AppliedFile[]> {
  const files: AppliedFile[] = [];
  for (const [place, pattern] of [['schemas', /\.avsc$/], ['config/connectors', /\.ya?ml$/]] as const) {
    const names = await readdir(join(folder, place), { recursive: true }).catch(() => []);
    for (const name of names.filter((one) => pattern.test(one)).sort()) {
      const path = join(folder, place, name);
      files.push({ path: relative(folder, path), text: await readFile(path, 'utf8') });
    }
  }
  return files;
}

interface Stored {
  readonly name: string;
  readonly file: string;
  readonly content: string;
}

async function stored(database: Database): Promise<Stored[]> {
  const { rows } = await database.query<Stored>('SELECT * FROM (SELECT DISTINCT ON (name) name, file, content FROM declaration ORDER BY name, id DESC) AS newest WHERE content IS NOT NULL ORDER BY name');
  return rows;
}

async function schemaChange(registry: Registry, contract: Contract): Promise<AppliedChange['change']> {
  const latest = await registry.latest(contract.subject);
  if (!latest) return 'new';
  const same = await registry.find(contract.subject, contract.text);
  return same?.version === latest.version ? 'unchanged' : 'changed';
}

function collect(faults: SettingsFault[], file: string, work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (error instanceof SettingsError) faults.push(...error.faults.map((fault) => ({ file, ...fault })));
    else throw error;
  }
}
