/** What an instance will do, made once from its declaration: connector, settings with their secrets, compiled streams. */
import type { Connector } from '../connector.js';
import { SettingsError } from '../errors.js';
import type { References } from '../pipeline/codes.js';
import { compilePipeline, type Pipeline } from '../pipeline/pipeline.js';
import type { Json } from '../record.js';
import { examineSettings } from '../settings.js';
import type { Contracts } from './contracts.js';
import { type Instance, placed, placeFault } from './instance.js';
import { parseCron, parseEvery, type Schedule } from './schedule.js';
import { type ResolvedSettings, resolveSecrets } from './secrets.js';
import type { Shelf } from './shelf.js';
import { compileStream, pipelineOf, type Stream } from './stream.js';

export interface Surroundings {
  readonly connectors: readonly Connector[];
  readonly contracts: Contracts;
  readonly references?: References;
  /** Latest records, for lookups of mappings and for streams with `overlap`. */
  readonly shelf?: Shelf;
  readonly secrets: { readonly folder: string; readonly env: Readonly<Record<string, string | undefined>> };
  readonly now: () => Date;
}

interface Common {
  readonly instance: Instance;
  readonly connector: Connector;
  readonly settings: unknown;
  /** Secrets that no sentence may repeat. */
  readonly secrets: readonly string[];
  close(): Promise<void>;
}

export type Plan =
  | (Common & { readonly kind: 'source'; readonly streams: readonly Stream[]; readonly schedule: Schedule })
  | (Common & { readonly kind: 'receiver'; readonly streams: readonly Stream[] })
  | (Common & { readonly kind: 'sink'; readonly topics: readonly string[]; readonly pipeline: Pipeline; readonly reply?: Stream });

export type SourcePlan = Extract<Plan, { kind: 'source' }>;
export type ReceiverPlan = Extract<Plan, { kind: 'receiver' }>;
export type SinkPlan = Extract<Plan, { kind: 'sink' }>;

/** A source without a schedule looks again after this. */
const EVERY = '10s';

/** @throws SettingsError with every fault of settings, secrets and mappings, each with file and line. */
export function planInstance(instance: Instance, around: Surroundings): Plan {
  const faults: SettingsError['faults'][number][] = [];
  const collect = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      faults.push(...error.faults);
      return undefined;
    }
  };
  const connector = around.connectors.find(({ name }) => name === instance.connector);
  if (!connector) faults.push(placeFault(instance, { path: 'connector', message: `"${instance.connector}" tidak dikenal` }));
  const resolved = resolveSecrets(instance.settings as Json, { owner: instance.owner, ...around.secrets });
  faults.push(...resolved.faults.map((fault) => placeFault(instance, fault)));
  const settings = collect(() => placed(instance, () => connector && settingsOf(connector, resolved), 'settings'));

  const options = (prefix: string) => ({
    now: around.now,
    ...(around.references && { references: around.references }),
    ...(around.shelf && { latest: around.shelf.lookups }),
    locate: (path: string) => {
      const line = instance.lineOf?.([prefix, path].filter(Boolean).join('.'));
      return instance.file ? { file: instance.file, ...(line !== undefined && { line }) } : undefined;
    },
  });
  const made: { close(): Promise<void> }[] = [];
  const keep = <T extends { close(): Promise<void> }>(one: T): T => (made.push(one), one);
  const common = { instance, connector: connector!, settings, secrets: resolved.secrets, close: async () => void (await Promise.all(made.map((one) => one.close()))) };
  const failIfFaulty = () => {
    if (faults.length === 0) return;
    void common.close();
    throw new SettingsError(faults);
  };

  if (instance.topics) {
    const { topics, reply } = instance;
    if (connector && !connector.write) faults.push(placeFault(instance, { path: 'topics', message: `konektor "${connector.name}" tidak dapat mengirim` }));
    for (const topic of topics) collect(() => placed(instance, () => around.contracts.of(topic), 'topics'));
    const pipeline = collect(() => keep(compilePipeline(pipelineOf(instance), options(''))));
    const replies = reply && collect(() => placed(instance, () => keep(compileStream(reply, around.contracts.of(reply.topic), options('reply'))), 'reply'));
    failIfFaulty();
    return { ...common, kind: 'sink', topics, pipeline: pipeline!, ...(replies && { reply: replies }) };
  }

  const streams = (instance.streams ?? []).flatMap((spec, index) => {
    const prefix = `streams.${index}`;
    if (spec.overlap && !around.shelf) faults.push(placeFault(instance, { path: `${prefix}.overlap`, message: 'hub ini tidak menyimpan catatan terakhir tiap kunci' }));
    const contract = collect(() => placed(instance, () => around.contracts.of(spec.topic), prefix));
    const stream = collect(() => placed(instance, () => (contract ? keep(compileStream(spec, contract, options(prefix))) : void keep(compilePipeline(pipelineOf(spec), options(prefix)))), prefix));
    return stream ? [stream] : [];
  });
  const scheduled = instance.schedule !== undefined || instance.every !== undefined;
  const receives = connector?.receive !== undefined && !(connector.read && scheduled);
  if (connector && !receives && !connector.read) faults.push(placeFault(instance, { path: 'streams', message: `konektor "${connector.name}" tidak dapat membaca` }));
  failIfFaulty();
  if (receives) return { ...common, kind: 'receiver', streams };
  return { ...common, kind: 'source', streams, schedule: instance.schedule !== undefined ? parseCron(instance.schedule) : parseEvery(instance.every ?? EVERY) };
}

/** The settings, or their faults but those that only come of a secret that is missing. */
function settingsOf(connector: Connector, { value, faults: missing }: ResolvedSettings): unknown {
  const examined = examineSettings(connector.settings, value);
  const faults = examined.faults.filter(({ path }) => !missing.some((secret) => secret.path === `settings.${path}`));
  if (faults.length > 0) throw new SettingsError(faults);
  return examined.value;
}
