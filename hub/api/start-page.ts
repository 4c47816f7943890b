/** `/`: a plain page for whoever opens the hub in a browser: what runs, how it fares and where to look. Needs no script. */
import type { RequestHandler } from 'express';
import { TIME_ZONE } from '../calendar.js';
import { version } from '../project.js';
import type { InstanceStatus } from '../runtime/instance-status.js';
import type { Parts } from './parts.js';
import { STATE_WORDS } from './state-word.js';

export function startPage(parts: () => Parts): RequestHandler {
  return async (_request, response) => {
    const hub = parts();
    // While the database is away the page tells at least how the instances fare.
    const topics = (await hub.ready()) ? await hub.log.topics() : undefined;
    response.type('html').send(page(hub, topics ?? [], topics ? [] : ['Basis data hub tidak menjawab. Hub mencoba terus.']));
  };
}

const numbers = new Intl.NumberFormat('id-ID');
const clock = new Intl.DateTimeFormat('id-ID', { timeZone: TIME_ZONE, dateStyle: 'medium', timeStyle: 'medium' });

function page(hub: Parts, topics: readonly { name: string; partitions: number; records: number }[], more: readonly string[]): string {
  const instances = hub.runtime.instances();
  const faults = [...more, ...hub.faults()];
  return `<!doctype html>
<html lang="id">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="10">
<title>Sasando · Kota Kupang</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.6rem; margin-bottom: 0; }
  h2 { font-size: 1.1rem; margin-top: 2rem; }
  .scroll { overflow-x: auto; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #8884; vertical-align: top; }
  td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
  td.number + td:not(.number), th.number + th:not(.number) { padding-left: 1rem; }
  .FAILED { color: #c62828; font-weight: 600; }
  .fault { border-left: 4px solid #c62828; padding-left: .8rem; }
  code { background: #8882; padding: .1rem .3rem; border-radius: .2rem; }
</style>
</head>
<body>
<h1>Sasando</h1>
<p>Sistem penghubung layanan Kota Kupang, versi ${escape(version)}. Mesin log <code>${hub.engine}</code>, berjalan sejak ${escape(clock.format(hub.startedAt))} WITA${hub.city ? ', dengan <strong>kota simulasi</strong> (semua orang di dalamnya buatan)' : ''}.</p>
${faults.map((fault) => `<p class="fault">${escape(fault)}</p>`).join('\n')}
<h2>Instans konektor (${instances.length})</h2>
<div class="scroll"><table>
<thead><tr><th>Nama</th><th>OPD</th><th>Konektor</th><th>Keadaan</th><th class="number">Masuk</th><th class="number">Keluar</th><th class="number">Saring</th><th class="number">Kasus</th><th>Keterangan</th></tr></thead>
<tbody>
${instances.map(instanceLine).join('\n')}
</tbody></table></div>
<h2>Topik (${topics.length})</h2>
<div class="scroll"><table>
<thead><tr><th>Nama</th><th class="number">Partisi</th><th class="number">Catatan</th></tr></thead>
<tbody>
${topics.map((topic) => `<tr><td>${escape(topic.name)}</td><td class="number">${numbers.format(topic.partitions)}</td><td class="number">${numbers.format(topic.records)}</td></tr>`).join('\n')}
</tbody></table></div>
<h2>Ke mana selanjutnya</h2>
<ul>
<li><a href="/api/v1/status">/api/v1/status</a>, <a href="/api/v1/instances">instances</a>, <a href="/api/v1/topics">topics</a>, <a href="/api/v1/cases">cases</a>: keadaan sebagai JSON</li>
<li><a href="/metrics">/metrics</a>: angka untuk Prometheus; <a href="/health/ready">/health/ready</a>: siap atau belum</li>
<li>Di terminal: <code>npm run sasando -- status</code>, <code>npm run sasando -- read kependudukan.penduduk --limit 5</code>, <code>npm run sasando -- cases list</code></li>
</ul>
</body>
</html>
`;
}

function instanceLine(row: InstanceStatus): string {
  const cells = [row.recordsIn, row.recordsOut, row.filtered, row.cases].map((value) => `<td class="number">${numbers.format(value)}</td>`).join('');
  return `<tr title="${escape(row.summary)}"><td>${escape(row.name)}</td><td>${escape(row.owner)}</td><td>${escape(row.connector)}</td><td class="${escape(row.state)}">${escape(STATE_WORDS[row.state])}</td>${cells}<td>${escape(row.error ?? row.reason ?? '')}</td></tr>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
