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
import { type Plan, planInstance } from './runtime/plan.js';
import type { Shelf } from './runtime/shelf.js';
import { withoutSecrets } from './runtime/secrets.js';
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
  const found = async (file: string, work: () => unknown): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (error instanceof SettingsError) faults.push(...error.faults.map((fault) => ({ ...fault, file: fault.file ?? file })));
      else faults.push({ file, path: '', message: messageOf(error) });
    }
  };

  let references: References = new Map();
  await found('config/reference', async () => (references = await loadReferences(join(folder, 'config/reference'))));
  const known = new Map<string, Contract>();
  for (const file of await schemaFiles(folder)) {
    // Faults of files that were not asked for are not this call's business.
    try {
      const contract = parseContract(file.text, file.path);
      known.set(contract.topic, contract);
    } catch {
      continue;
    }
  }
  const schemas = files.filter(({ path }) => path.endsWith('.avsc'));
  for (const { path, text } of schemas) {
    faults.push(...lintContract(text, path, references).map((fault) => ({ ...fault, file: fault.file ?? path })));
    await found(path, () => {
      if (faults.some((fault) => fault.file === path)) return;
      const contract = parseContract(text, path);
      known.set(contract.topic, contract);
    });
  }
  const contracts = joinContracts((topic) => (known.has(topic) ? { contract: known.get(topic)!, id: 1 } : undefined), references, decoder(() => undefined), () => new Date());

  const names = new Map<string, string>();
  let tests = 0;
  for (const { path, text } of files.filter((file) => !file.path.endsWith('.avsc'))) {
    const examined = examineInstance(text, path, connectors.map(({ name }) => name));
    const own: SettingsFault[] = [...examined.faults];
    const add = (more: readonly SettingsFault[]): void => void own.push(...more.filter((fault) => !own.some((one) => one.path === fault.path && one.message === fault.message)));
    const { instance } = examined;
    if (instance) {
      const other = names.get(instance.name);
      if (other !== undefined) add([placeFault(instance, { path: 'name', message: `"${instance.name}" sudah dipakai di ${other}; setiap instans perlu nama sendiri` })]);
      else if (!own.some((fault) => fault.path === 'name')) names.set(instance.name, path);
      let plan: Plan | undefined;
      try {
        plan = planInstance(instance, { connectors, contracts, references, shelf: EMPTY_SHELF, secrets: { folder: join(folder, 'secrets'), env }, now: () => new Date() });
      } catch (error) {
        if (!(error instanceof SettingsError)) throw error;
        // What the declaration has wrong is not said again in other words.
        add(error.faults.filter((fault) => !examined.faults.some((one) => one.path === fault.path)));
      }
      try {
        add(fieldFaults(instance, known));
        const run = await runTests(instance, contracts, references);
        tests += run.run;
        add(run.faults);
        if (connect && plan && own.length === 0) {
          const { connector, settings, secrets } = plan;
          await connector.check(settings, checkContext(instance, filesFolder)).catch((error: unknown) => {
            add([{ path: '', message: `${instance.name} tidak dapat tersambung: ${withoutSecrets(messageOf(error), secrets)}` }]);
          });
        }
      } finally {
        await plan?.close();
      }
    }
    faults.push(...own.map((fault) => ({ ...fault, file: fault.file ?? path })));
  }
  return { instances: names.size, contracts: schemas.length, tests, faults };
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
    const { mapping, where, require } = spec;
    let results: Awaited<ReturnType<typeof runMappingTests>>;
    try {
      results = await runMappingTests({ ...(mapping !== undefined && { mapping }), ...(where !== undefined && { where }), ...(require !== undefined && { require }) }, tests.map(({ test }) => test), {
        references,
        ...(topic !== undefined && { contract: contracts.of(topic) }),
      });
    } catch (error) {
      // A mapping that does not compile, or has no contract, was a fault of the plan already.
      if (error instanceof SettingsError) return;
      throw error;
    }
    run += results.length;
    results.forEach((result, index) => {
      const { place } = tests[index]!;
      for (const difference of result.differences) faults.push(placeFault(instance, { path: place, message: `tes tidak cocok: ${difference}` }));
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
