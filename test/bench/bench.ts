/**
 * `npm run bench`: how fast records get from a PostgreSQL table into a topic and from a topic into a table, how long small commits take, and how much memory it costs, on both engines; and beside them the peer, Debezium on Kafka Connect, over the same table.
 * `--rows N` (500,000), `--runs N` (3), `--engine postgres|kafka`, `--seconds N` of small commits (20), `--profile FOLDER` for CPU profiles of the measuring processes, `--peer`, `--no-peer`, `--only-peer`
 * (the peer is part of a complete measurement where Java and Maven are there). Ctrl-C stops all that it started.
 * `docs/benchmarks.md` is written by a complete measurement: both engines and at least 500,000 rows, or with `--write`.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, chmodSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { startEmbedded } from '../../hub/database/embedded.js';
import { type Broker, kafkaAvailable, startBroker } from '../kafka/broker.js';
import { type EngineResult, type Measured, type PeerResult, writeDocument } from './document.js';
import { measurePeer, type PeerMoved } from './peer.js';
import { peerAvailable } from './peer-worker.js';
import { compareTarget, emptyTarget, fillAgency } from './table.js';
import type { Engine, Latencies, Moved, Task } from './task.js';

const FULL = 500_000;
const { values } = parseArgs({
  allowNegative: true,
  options: {
    rows: { type: 'string', default: String(FULL) },
    runs: { type: 'string', default: '3' },
    engine: { type: 'string' },
    seconds: { type: 'string', default: '20' },
    profile: { type: 'string' },
    peer: { type: 'boolean' },
    'only-peer': { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const rows = wholeNumber('rows');
const runs = wholeNumber('runs');
const seconds = wholeNumber('seconds');
if (values.engine !== undefined && values.engine !== 'postgres' && values.engine !== 'kafka') stop('--engine harus postgres atau kafka');
const wanted: Engine[] = values['only-peer'] ? [] : values.engine ? [values.engine] : ['postgres', 'kafka'];
const complete = rows >= FULL && wanted.length === 2;
const wantsPeer = values.peer ?? (values['only-peer'] || complete);

const missing = wanted.includes('kafka') ? kafkaAvailable() : undefined;
if (missing) console.log(`Kafka tidak diukur: ${missing}.`);
const engines = wanted.filter((engine) => engine === 'postgres' || !missing);
const peerMissing = wantsPeer ? (kafkaAvailable() ?? peerAvailable()) : undefined;
if (peerMissing) console.log(`Pembanding tidak diukur: ${peerMissing}.`);
if (engines.length === 0 && (!wantsPeer || peerMissing)) stop('Tidak ada yang dapat diukur');

const interrupt = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort());
const folder = mkdtempSync(join(tmpdir(), 'sasando-bench-'));
// PostgreSQL runs as another user when this is root.
chmodSync(folder, 0o711);
const loads = [loadavg()[0]!];
let broker: Broker | undefined;
let server = await startEmbedded(folder);
try {
  if (engines.includes('kafka') || (wantsPeer && !peerMissing)) broker = await startBroker({ server: true });
  const agency = await makeDatabase('instansi');
  console.log(`Mengisi tabel instansi dengan ${rows} baris …`);
  await fillAgency(agency, rows);
  const results: EngineResult[] = [];
  for (const engine of engines) results.push(await measureEngine(engine, agency));
  const peer = wantsPeer && !peerMissing ? await measurePeerRuns(broker!.brokers) : undefined;
  const measured: Measured = {
    rows, runs, results, loads, ...(peer && { peer }), ...(missing !== undefined && { missing }), ...(peerMissing !== undefined && { peerMissing }),
    command: ['npm run bench', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' '),
  };
  const { text, file } = writeDocument(measured, values.write || complete);
  console.log(`\n${text}`);
  console.log(file ? `Ditulis ke ${file}.` : 'docs/benchmarks.md tidak diubah: ukuran ini tidak lengkap (--write menulisnya juga).');
} catch (error) {
  if (!interrupt.signal.aborted) throw error;
  console.log('Dihentikan.');
  process.exitCode = 130;
} finally {
  await broker?.stop();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
}

async function measureEngine(engine: Engine, agency: string): Promise<EngineResult> {
  const sources: Moved[] = [];
  const sinks: Moved[] = [];
  for (let run = 1; run <= runs; run++) {
    // A hub that knows nothing yet, so that no run profits from the one before.
    const hub = await makeDatabase(`hub_${engine}_${run}`);
    await emptyTarget(agency);
    sources.push(await moved(taskOf('source', engine, hub, agency, run), run));
    sinks.push(await moved(taskOf('sink', engine, hub, agency, run), run));
    const copy = await compareTarget(agency);
    if (copy.rows !== rows || copy.equal !== rows) throw new Error(`${copy.rows} baris di tujuan, ${copy.equal} sama dengan asalnya; seharusnya ${rows}`);
    await dropDatabase(`hub_${engine}_${run}`);
  }
  const hub = await makeDatabase(`hub_${engine}_kecil`);
  const [one, eight] = [await small(1), await small(8)];
  await dropDatabase(`hub_${engine}_kecil`);
  return { engine, sources, sinks, commits: [{ writers: 1, ...one }, { writers: 8, ...eight }] };

  async function small(writers: number): Promise<Latencies> {
    const result = await inChild<Latencies>({ ...taskOf('commits', engine, hub, agency, 0), writers });
    console.log(`${engine}, simpan kecil 200/detik, ${writers} penulis: p50 ${result.p50.toFixed(1)} ms, p99 ${result.p99.toFixed(1)} ms, terlama ${result.worst.toFixed(0)} ms${load()}`);
    return result;
  }
}

/** After the hub, whose figures shall not pay for the write-ahead log that Debezium needs. */
async function measurePeerRuns(brokers: string): Promise<PeerResult> {
  await onServer(`ALTER SYSTEM SET wal_level = 'logical'`);
  await server.close();
  server = await startEmbedded(folder);
  const [sources, sinks]: [PeerMoved[], PeerMoved[]] = [[], []];
  for (let run = 1; run <= runs; run++) {
    const { source, sink } = await measurePeer({ brokers, agencyUrl: databaseUrl('instansi'), rows, run, signal: interrupt.signal });
    tell('pembanding, tabel → topik', run, source);
    tell('pembanding, topik → tabel', run, sink);
    sources.push(source);
    sinks.push(sink);
  }
  return { sources, sinks };
}

async function moved(task: Task, run: number): Promise<Moved> {
  const result = await inChild<Moved>(task);
  if (result.cases > 0) throw new Error(`${result.cases} baris menjadi kasus; data uji harus lolos semua`);
  tell(`${task.engine}, ${task.kind === 'source' ? 'tabel → topik' : 'topik → tabel'}`, run, result);
  return result;
}

function tell(what: string, run: number, { seconds, peakRss, cpu, ready }: Moved): void {
  console.log(`${what}, kali ke-${run}: ${Math.round(rows / seconds)} baris/detik, RSS ${Math.round(peakRss / 1e6)} MB, CPU ${((cpu / rows) * 1e6).toFixed(1)} µs/baris, siap dalam ${ready.toFixed(1)} detik${load()}`);
}

function load(): string {
  const now = loadavg()[0]!;
  loads.push(now);
  return ` (beban ${now.toFixed(1)})`;
}

function taskOf(kind: Task['kind'], engine: Engine, hubUrl: string, agencyUrl: string, run: number): Task {
  return { kind, engine, hubUrl, agencyUrl, brokers: broker ? [broker.brokers] : [], prefix: `u${run}.`, rows, writers: 1, seconds };
}

/** Plain `node`, as the hub runs. */
function inChild<T>(task: Task): Promise<T> {
  const profile = values.profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', values.profile, '--cpu-prof-name', `${task.engine}-${task.kind}-${task.prefix}cpuprofile`];
  const child = fork(fileURLToPath(new URL('measure.js', import.meta.url)), [], { execArgv: profile, signal: interrupt.signal });
  return new Promise<T>((done, failed) => {
    let answer: T | undefined;
    child.on('message', (message) => (answer = message as T));
    child.once('error', failed);
    child.once('exit', (code) => (answer === undefined ? failed(new Error(`proses pengukur berakhir (${code})`)) : done(answer)));
    child.send(task);
  });
}

async function makeDatabase(name: string): Promise<string> {
  await onServer(`CREATE DATABASE ${name}`);
  return databaseUrl(name);
}

function databaseUrl(name: string): string {
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  return url.href;
}

async function dropDatabase(name: string): Promise<void> {
  await onServer(`DROP DATABASE ${name} WITH (FORCE)`);
}

async function onServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

function wholeNumber(name: 'rows' | 'runs' | 'seconds'): number {
  const number = Number(values[name]);
  return Number.isInteger(number) && number > 0 ? number : stop(`--${name} harus bilangan bulat positif`);
}

function stop(message: string): never {
  console.error(message);
  process.exit(2);
}
