/** Tells what was measured, against what should be reached, in `docs/benchmarks.md` between two markers; the text around them is written by people. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform, totalmem } from 'node:os';
import { join } from 'node:path';
import { projectFolder } from '../../hub/project.js';
import type { PeerMoved } from './peer.js';
import { PEER } from './peer-worker.js';
import type { Engine, Latencies, Moved } from './task.js';

export interface EngineResult {
  readonly engine: Engine;
  readonly sources: readonly Moved[];
  readonly sinks: readonly Moved[];
  readonly commits: readonly ({ readonly writers: number } & Latencies)[];
}

export interface PeerResult {
  readonly sources: readonly PeerMoved[];
  readonly sinks: readonly PeerMoved[];
}

export interface Measured {
  readonly rows: number;
  readonly runs: number;
  readonly results: readonly EngineResult[];
  readonly peer?: PeerResult;
  /** Load averages of one minute: before, and after each run. */
  readonly loads: readonly number[];
  /** Why Kafka was left out. */
  readonly missing?: string;
  /** Why the peer was left out although it was wanted. */
  readonly peerMissing?: string;
  readonly command: string;
}

/** Rows per second, bytes and milliseconds that we want to reach. */
const TARGETS = { source: { postgres: 55_000, kafka: 34_000 }, sink: { postgres: 30_000, kafka: 30_000 }, rss: 220e6, p99: 20 } as const;
/**
 * What the peer reaches on the two-core machine for which these targets were set. How fast the machine is at the moment, ours and the peer's speed share: their ratio does not depend on it.
 */
const PEER_THERE = { source: 26_000, sink: 6_700 } as const;
const NAMES: Readonly<Record<Engine, string>> = { postgres: 'PostgreSQL', kafka: 'Kafka' };
const START = '<!-- bench: written by `npm run bench` -->';
const END = '<!-- /bench -->';

/** The table, and the file that it was written to if `keep`. */
export function writeDocument(measured: Measured, keep: boolean): { text: string; file?: string } {
  const text = textOf(measured);
  if (!keep) return { text };
  const file = join(projectFolder, 'docs', 'benchmarks.md');
  const before = existsSync(file) ? readFileSync(file, 'utf8') : `# Kecepatan dan memori\n\n${START}\n${END}\n`;
  const [start, end] = [before.indexOf(START), before.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`Penanda ${START} dan ${END} tidak ada di docs/benchmarks.md`);
  writeFileSync(file, `${before.slice(0, start + START.length)}\n\n${text}\n\n${before.slice(end)}`);
  return { text, file: 'docs/benchmarks.md' };
}

function textOf({ rows, runs, results, peer, loads, missing, peerMissing, command }: Measured): string {
  const [cpu] = cpus();
  const busiest = Math.max(...loads);
  const facts = [
    ['Mesin', `${cpus().length} inti ${cpu?.model.trim() || 'tak bernama'}, ${Math.round(totalmem() / 2 ** 30)} GB memori, ${platform()} ${arch()}`],
    ['Tanggal', new Date().toISOString().slice(0, 10)],
    ['Node', process.version],
    ['Perintah', `\`${command}\``],
    ['Data', `${number(rows)} baris buatan, 20 kolom; ${runs} kali, nilai tengah`],
    ...(peer ? [['Pembanding', `${PEER.name}, satu worker dengan heap paling besar ${PEER.heap}`]] : []),
    ['Beban mesin (1 menit)', `${decimal(Math.min(...loads))} sampai ${decimal(busiest)}`],
  ];
  const hub = results.flatMap(({ engine, sources, sinks, commits }) => [
    ...movement(`${NAMES[engine]}: tabel → topik`, rows, sources, TARGETS.source[engine]),
    ...movement(`${NAMES[engine]}: topik → tabel`, rows, sinks, TARGETS.sink[engine]),
    ...commits.map(({ writers, p50, p99, worst }) => row(`${NAMES[engine]}: simpan satu-satu, 200/detik, ${writers} penulis, p99`, `${decimal(p99)} ms (p50 ${decimal(p50)}, terlama ${decimal(worst)})`, `< ${TARGETS.p99} ms`, p99 < TARGETS.p99)),
  ]);
  const lines = [...hub, ...(peer ? peerLines(rows, results, peer) : [])];
  const missed = lines.filter((line) => line.includes('**tidak**')).length;
  const judged = missed + lines.filter((line) => line.endsWith('| ya |')).length;
  return [
    ...facts.map(([name, value]) => `- ${name}: ${value}`),
    '',
    '| ukuran | hasil | sasaran | tercapai |',
    '|---|---|---|---|',
    ...lines,
    '',
    ...(judged === 0 ? [] : [missed === 0 ? 'Semua sasaran tercapai.' : `${missed} dari ${judged} sasaran tidak tercapai.`]),
    ...(missing === undefined ? [] : [`Kafka tidak diukur: ${missing}.`]),
    ...(peerMissing === undefined ? [] : [`Pembanding tidak diukur: ${peerMissing}.`]),
    ...(busiest > cpus().length * 2 ? [`Mesin sedang dipakai pekerjaan lain (beban ${decimal(busiest)} pada ${cpus().length} inti), sehingga kecepatan dan waktu di atas tidak mewakili mesin ini dan harus diukur ulang pada mesin yang menganggur.`] : []),
  ].join('\n');
}

function movement(name: string, rows: number, runs: readonly Moved[], target: number): string[] {
  const { speed, rss } = middleOf(rows, runs);
  return [
    row(name, speedText('hub', rows, runs), `≥ ${number(target)}`, speed >= target),
    row(`${name}, RSS puncak`, `${Math.round(rss / 1e6)} MB`, `< ${TARGETS.rss / 1e6} MB`, rss < TARGETS.rss),
  ];
}

/** The peer has no target of its own; each engine of the hub is set against it. */
function peerLines(rows: number, results: readonly EngineResult[], peer: PeerResult): string[] {
  const directions = [['tabel → topik', 'sources', 'source'], ['topik → tabel', 'sinks', 'sink']] as const;
  const ready = median([...peer.sources, ...peer.sinks].map((moved) => moved.ready));
  return [
    ...directions.flatMap(([direction, kind]) => [
      row(`Pembanding: ${direction}`, speedText('worker', rows, peer[kind], `; baris pertama setelah ${decimal(median(peer[kind].map(({ first }) => first)))} detik`)),
      row(`Pembanding: ${direction}, RSS puncak`, `${number(middleOf(rows, peer[kind]).rss / 1e6)} MB`),
    ]),
    row('Pembanding: worker siap', `${decimal(ready)} detik`),
    ...results.flatMap((result) => {
      const ours = median([...result.sources, ...result.sinks].map((moved) => moved.ready));
      return [
        ...directions.map(([direction, kind, way]) => {
          const [hub, other] = [middleOf(rows, result[kind]), middleOf(rows, peer[kind])];
          const target = TARGETS[way][result.engine] / PEER_THERE[way];
          const ratio = hub.speed / other.speed;
          return row(`${NAMES[result.engine]} dibanding pembanding: ${direction}`, `${times(ratio)} kecepatan, ${times(hub.rss / other.rss)} memori`, `≥ ${times(target)} kecepatan`, ratio >= target);
        }),
        row(`${NAMES[result.engine]} dibanding pembanding: siap`, `${decimal(ours)} detik, ${times(ours / ready)} waktu`),
      ];
    }),
  ];
}

function middleOf(rows: number, runs: readonly Moved[]): { speed: number; rss: number } {
  return { speed: median(runs.map(({ seconds }) => rows / seconds)), rss: median(runs.map(({ peakRss }) => peakRss)) };
}

function speedText(process: 'hub' | 'worker', rows: number, runs: readonly Moved[], more = ''): string {
  const speeds = runs.map(({ seconds }) => rows / seconds);
  const cpu = median(runs.map((run) => run.cpu / rows)) * 1e6;
  return `${number(median(speeds))} baris/detik (${number(Math.min(...speeds))} sampai ${number(Math.max(...speeds))}; CPU ${process} ${decimal(cpu)} µs/baris${more})`;
}

function row(name: string, result: string, target = '–', reached?: boolean): string {
  return `| ${name} | ${result} | ${target} | ${reached === undefined ? '–' : reached ? 'ya' : '**tidak**'} |`;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const number = (value: number) => Math.round(value).toLocaleString('id-ID');
const decimal = (value: number) => value.toLocaleString('id-ID', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const times = (value: number) => `${value.toLocaleString('id-ID', { minimumFractionDigits: 2, maximumFractionDigits: 2 })} kali`;
