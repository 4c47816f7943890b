/** One measurement in a process of its own, so that peak memory is that of the hub's part alone. Asked over IPC by bench.ts. */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { postgres } from '../../connectors/postgres/postgres.js';
import { openCases } from '../../hub/cases/cases.js';
import { joinContracts, topicSpec } from '../../hub/contracts.js';
import { migrate, openPool } from '../../hub/database/database.js';
import { keepHeapSmall } from '../../hub/heap.js';
import { openKafkaLog } from '../../hub/log/kafka.js';
import type { Log } from '../../hub/log/log.js';
import { openPostgresLog } from '../../hub/log/postgres.js';
import { loadReferences } from '../../hub/pipeline/codes.js';
import { projectFolder } from '../../hub/project.js';
import { decoder } from '../../hub/registry/codec.js';
import { openRegistry } from '../../hub/registry/registry.js';
import { checkInstance } from '../../hub/runtime/instance.js';
import { openRuntime } from '../../hub/runtime/runtime.js';
import { contractText, sinkInstance, sourceInstance, TOPIC } from './table.js';
import type { Latencies, Moved, Task } from './task.js';

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: (_: object, message: string) => console.error(message) };

interface Parts {
  readonly log: Log;
  readonly runtime: ReturnType<typeof openRuntime>;
  close(): Promise<void>;
}

/** The parts of the hub that move records, put together as hub/main.ts does. */
async function openParts(task: Task): Promise<Parts> {
  await migrate(task.hubUrl);
  const database = openPool(task.hubUrl, 20);
  const engine = { database, url: task.hubUrl };
  const log = task.engine === 'kafka' ? await openKafkaLog({ ...engine, brokers: task.brokers, prefix: task.prefix }) : await openPostgresLog(engine);
  const registry = await openRegistry(database);
  await registry.register(`${TOPIC}-value`, contractText());
  const registered = await registry.contractOf(TOPIC);
  await log.ensureTopic(topicSpec(registered.contract));
  const references = await loadReferences(join(projectFolder, 'config/reference'));
  const contracts = joinContracts((topic) => (topic === TOPIC ? registered : undefined), references, decoder((id) => registry.byId(id)), () => new Date());
  const cases = await openCases({ database, log });
  const runtime = openRuntime({ log, database, cases, contracts, references, connectors: [postgres], logger: quiet, files: tmpdir(), secrets: { folder: tmpdir(), env: {} } });
  return {
    log,
    runtime,
    async close() {
      await runtime.drain();
      await registry.close();
      await log.close();
      await database.end();
    },
  };
}

async function move({ runtime }: Parts, task: Task): Promise<Moved> {
  const ready = performance.now();
  await runtime.apply([checkInstance(task.kind === 'source' ? sourceInstance(task.agencyUrl) : sinkInstance(task.agencyUrl), ['postgres'])]);
  for (;;) {
    const { recordsOut, cases, error, state } = runtime.instances()[0]!;
    if (recordsOut + cases >= task.rows) {
      const seconds = (performance.now() - ready) / 1000;
      const { user, system } = process.cpuUsage();
      return { seconds, ready: ready / 1000, cases, cpu: (user + system) / 1e6, peakRss: peakRss() };
    }
    if (error !== null || state === 'FAILED') throw new Error(error ?? state);
    await sleep(10);
  }
}

/** Single-record commits at fixed times, whether the one before is done or not; each is timed from when it was due. */
async function commitSmall({ log }: Parts, task: Task): Promise<Latencies> {
  const EVERY = 5;
  const writers = await Promise.all(Array.from({ length: task.writers }, (_, n) => log.writer(`uji-${task.writers}-${n}`)));
  const value = Buffer.alloc(300, 7);
  const latencies: number[] = [];
  const run = async (count: number, kept: number[]): Promise<void> => {
    const start = performance.now() + EVERY;
    const pending: Promise<void>[] = [];
    for (let n = 0; n < count; n++) {
      const due = start + n * EVERY;
      const early = due - performance.now();
      if (early > 0) await sleep(early);
      const writer = writers[n % writers.length]!;
      const done = log.commit(writer, { records: [{ topic: TOPIC, key: `kunci-${n}`, value, id: `${task.writers}-${kept === latencies}-${n}` }], position: { n } });
      pending.push(done.then(() => void kept.push(performance.now() - due)));
    }
    await Promise.all(pending);
  };
  await run(400, []);
  await run((task.seconds * 1000) / EVERY, latencies);
  await Promise.all(writers.map((writer) => writer.close()));
  latencies.sort((one, other) => one - other);
  const at = (part: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * part))]!;
  return { p50: at(0.5), p99: at(0.99), worst: latencies.at(-1)!, commits: latencies.length, peakRss: peakRss() };
}

function peakRss(): number {
  return process.resourceUsage().maxRSS * 1024;
}

keepHeapSmall();
process.once('message', (task: Task) => {
  const work = async () => {
    const parts = await openParts(task);
    const result = task.kind === 'commits' ? await commitSmall(parts, task) : await move(parts, task);
    await parts.close();
    await new Promise((sent) => process.send!(result, sent));
    process.disconnect();
  };
  work().catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
