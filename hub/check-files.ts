/** Checks files of instances and contracts by themselves, as `sasando validate` does: no hub, no database. */
import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { connectors } from '../connectors/all.js';
import type { AppliedFile } from './api/parts.js';
import type { ConnectorContext } from './connector.js';
import { joinContracts } from './contracts.js';
import { messageOf, SettingsError, type SettingsFault } from './errors.js';
import { loadReferences, type References } from './pipeline/codes.js';
import { type MappingTest, mappingTestSpec, runMappingTests } from './pipeline/mapping-tests.js';
import { targetFieldFaults } from './pipeline/target-fields.js';
import { decoder } from './registry/codec.js';
import { type Contract, lintContract, parseContract } from './registry/contract.js';
import type { Contracts } from './runtime/contracts.js';
import { examineInstance, type Instance, placeFault } from './runtime/instance.js';
import { type Plan, planInstance, type Surroundings } from './runtime/plan.js';
import type { Shelf } from './runtime/shelf.js';
import { withoutSecrets } from './runtime/secrets.js';
import { pipelineOf } from './runtime/stream.js';
import { examineSettings } from './settings.js';

export interface FileReport {
  readonly instances: number;
  readonly contracts: number;
  /** Mapping tests that were run. */
  readonly tests: number;
  readonly faults: readonly FileFault[];
}

export interface FileFault extends SettingsFault {
  readonly file: string;
}

export interface CheckFilesOptions {
  readonly files: readonly AppliedFile[];
  /** Folder with `config/reference`, `schemas` and `secrets`. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that file connectors may use. */
  readonly filesFolder: string;
  /** Also reach the other side. */
  readonly connect: boolean;
}

export async function checkFiles({ files, folder, env, filesFolder, connect }: CheckFilesOptions): Promise<FileReport> {
  const faults: FileFault[] = [];
  const found = collector(faults);
  let references: References = new Map();
  await found('config/reference', async () => (references = await loadReferences(join(folder, 'config/reference'))));
  const { known, broken } = await contractsIn(folder);
  const schemas = files.filter(({ path }) => path.endsWith('.avsc'));
  for (const { path, text } of schemas) {
    faults.push(...lintContract(text, path, references).map((fault) => ({ ...fault, file: fault.file ?? path })));
    await found(path, () => {
      if (faults.some((fault) => fault.file === path)) return;
      const contract = parseContract(text, path);
      known.set(contract.topic, contract);
    });
  }
  const find = (topic: string): { contract: Contract; id: number } | undefined => {
    const contract = known.get(topic);
    const path = broken.get(topic);
    if (!contract && path !== undefined) throw new SettingsError([{ path: 'topic', message: `kontrak ${topic} belum benar; lihat sebabnya dengan "sasando validate ${path}"` }]);
    return contract && { contract, id: 1 };
  };
  const contracts = joinContracts(find, references, decoder(() => undefined), () => new Date());
  const around = { connectors, contracts, references, shelf: EMPTY_SHELF, secrets: { folder: join(folder, 'secrets'), env }, now: () => new Date() };

  /** Paths of the files by the name of their instance. */
  const names = new Map<string, string>();
  let tests = 0;
  for (const file of files.filter(({ path }) => !path.endsWith('.avsc'))) {
    const checked = await checkInstanceFile(file, { around, known, names, ...(connect && { filesFolder }) });
    tests += checked.tests;
    faults.push(...checked.faults.map((fault) => ({ ...fault, file: fault.file ?? file.path })));
  }
  const order = [...new Set(faults.map(({ file }) => file))];
  faults.sort((one, other) => order.indexOf(one.file) - order.indexOf(other.file) || (one.line ?? 0) - (other.line ?? 0));
  return { instances: names.size, contracts: schemas.length, tests, faults };
}

/** Runs a step for a file and keeps what is wrong with it. */
function collector(faults: FileFault[]): (file: string, work: () => unknown) => Promise<void> {
  return async (file, work) => {
    try {
      await work();
    } catch (error) {
      if (error instanceof SettingsError) faults.push(...error.faults.map((fault) => ({ ...fault, file: fault.file ?? file })));
      else faults.push({ file, path: '', message: messageOf(error) });
    }
  };
}

interface InstanceCheck {
  readonly around: Surroundings & { readonly references: References };
  /** Contracts by topic. */
  readonly known: ReadonlyMap<string, Contract>;
  /** Names that files before this one have taken, with their paths; a name that is free is taken. */
  readonly names: Map<string, string>;
  /** Where file connectors may look; absent: the other side is not reached. */
  readonly filesFolder?: string;
}

async function checkInstanceFile({ path, text }: AppliedFile, { around, known, names, filesFolder }: InstanceCheck): Promise<{ tests: number; faults: SettingsFault[] }> {
  const { instance, faults: declared } = examineInstance(text, path, around.connectors.map(({ name }) => name));
  const faults = [...declared];
  if (!instance) return { tests: 0, faults };
  const add = (more: readonly SettingsFault[]): void => void faults.push(...more.filter((fault) => !faults.some((one) => one.path === fault.path && one.message === fault.message)));
  const other = names.get(instance.name);
  if (other !== undefined) add([placeFault(instance, { path: 'name', message: `"${instance.name}" sudah dipakai di ${other}; setiap instans perlu nama sendiri` })]);
  else if (!faults.some((fault) => fault.path === 'name')) names.set(instance.name, path);
  let plan: Plan | undefined;
  try {
    plan = planInstance(instance, around);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    // What the declaration has wrong is not said again in other words.
    add(error.faults.filter((fault) => !declared.some((one) => one.path === fault.path)));
  }
  try {
    add(fieldFaults(instance, known));
    const run = await runTests(instance, around.contracts, around.references);
    add(run.faults);
    if (filesFolder !== undefined && plan && faults.length === 0) {
      const { connector, settings, secrets } = plan;
      await connector.check(settings, checkContext(instance, filesFolder)).catch((error: unknown) => {
        add([{ path: '', message: `${instance.name} tidak dapat tersambung: ${withoutSecrets(messageOf(error), secrets)}` }]);
      });
    }
    return { tests: run.run, faults };
  } finally {
    await plan?.close();
  }
}

/** Contracts below `schemas`, by topic; files that are none, by the topic whose place they have, are not what was asked about. */
async function contractsIn(folder: string): Promise<{ known: Map<string, Contract>; broken: Map<string, string> }> {
  const known = new Map<string, Contract>();
  const broken = new Map<string, string>();
  for (const file of await schemaFiles(folder)) {
    try {
      const contract = parseContract(file.text, file.path);
      known.set(contract.topic, contract);
    } catch {
      broken.set(file.path.slice(0, -'.avsc'.length).split(/[\\/]/).slice(-2).join('.'), file.path);
    }
  }
  return { known, broken };
}

async function schemaFiles(folder: string): Promise<AppliedFile[]> {
  const schemas = join(folder, 'schemas');
  if (!existsSync(schemas)) return [];
  return (await readdir(schemas, { recursive: true })).filter((name) => name.endsWith('.avsc')).sort().map((name) => ({ path: relative(process.cwd(), join(schemas, name)), text: readFileSync(join(schemas, name), 'utf8') }));
}

/** Mappings into a topic whose names do not fit its contract. */
function fieldFaults(instance: Instance, contracts: ReadonlyMap<string, Contract>): SettingsFault[] {
  const places = [...(instance.streams ?? []).map((stream, index) => ({ ...stream, path: `streams.${index}.mapping` })), ...(instance.reply ? [{ ...instance.reply, path: 'reply.mapping' }] : [])];
  return places.flatMap(({ topic, mapping, path }) => {
    const contract = contracts.get(topic);
    return contract ? targetFieldFaults(mapping, contract, path) : [];
  }).map((fault) => placeFault(instance, fault));
}

/** The inline tests of every stream and of a sink's mapping. */
async function runTests(instance: Instance, contracts: Contracts, references: References): Promise<{ run: number; faults: SettingsFault[] }> {
  const faults: SettingsFault[] = [];
  let run = 0;
  const parsed = (tests: readonly unknown[] = [], prefix: string): { test: MappingTest; place: string }[] =>
    tests.flatMap((test, index) => {
      const examined = examineSettings(mappingTestSpec, test, `${prefix}.${index}`);
      faults.push(...examined.faults.map((fault) => placeFault(instance, fault)));
      return examined.faults.length === 0 ? [{ test: examined.value!, place: `${prefix}.${index}` }] : [];
    });
  const given = parsed(instance.tests, 'tests');
  const check = async (spec: { mapping?: unknown; where?: string; require?: unknown }, tests: readonly { test: MappingTest; place: string }[], topic?: string): Promise<void> => {
    if (tests.length === 0) return;
    let results: Awaited<ReturnType<typeof runMappingTests>>;
    try {
      results = await runMappingTests(pipelineOf(spec), tests.map(({ test }) => test), {
        references,
        ...(topic !== undefined && { contract: contracts.of(topic) }),
      });
    } catch (error) {
      // A mapping that does not compile, or has no contract, was a fault of the plan already.
      if (error instanceof SettingsError) return;
      throw error;
    }
    run += results.length;
    results.forEach((differences, index) => {
      const { place } = tests[index]!;
      for (const difference of differences) faults.push(placeFault(instance, { path: place, message: `tes tidak cocok: ${difference}` }));
    });
  };
  if (instance.topics) await check(instance, given);
  for (const [index, stream] of (instance.streams ?? []).entries()) {
    const own = parsed(stream.tests, `streams.${index}.tests`);
    await check(stream, [...own, ...given.filter(({ test }) => (test.stream ?? instance.streams![0]!.stream) === stream.stream)], stream.topic);
  }
  return { run, faults };
}

const EMPTY_SHELF: Shelf = { lookups: { get: async () => new Map() }, values: async () => new Map(), keys: async () => [] };
const quiet = (): void => undefined;

function checkContext(instance: Instance, files: string): ConnectorContext {
  return {
    instance: instance.name,
    owner: instance.owner,
    signal: AbortSignal.timeout(30_000),
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    now: () => new Date(),
    files,
    keys: async () => [],
  };
}
