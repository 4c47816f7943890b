/** `/metrics` for Prometheus: names `sasando_*` with base units; numbers of instances and topics are taken when they are asked for. */
import type { RequestHandler } from 'express';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { version } from '../project.js';
import type { Parts } from './parts.js';

export function createMetrics(parts: () => Parts | undefined): { observe: RequestHandler; show: RequestHandler } {
  const registers = [new Registry()];
  const registry = registers[0]!;
  collectDefaultMetrics({ register: registry, prefix: 'sasando_' });
  new Gauge({ name: 'sasando_build_info', help: 'Always 1; the version is a label.', labelNames: ['version'], registers }).set({ version }, 1);
  const duration = new Histogram({
    name: 'sasando_http_request_duration_seconds',
    help: 'Time to answer HTTP requests.',
    labelNames: ['method', 'surface', 'status'],
    buckets: [0.005, 0.025, 0.1, 0.5, 1, 5, 30],
    registers,
  });
  const perInstance = (name: string, help: string, field: 'recordsIn' | 'recordsOut' | 'filtered' | 'cases') =>
    new Counter({
      name,
      help,
      labelNames: ['instance', 'owner', 'connector'],
      registers,
      collect() {
        this.reset();
        for (const row of parts()?.runtime.instances() ?? []) this.inc({ instance: row.name, owner: row.owner, connector: row.connector }, row[field]);
      },
    });
  perInstance('sasando_instance_records_in_total', 'Records read by an instance.', 'recordsIn');
  perInstance('sasando_instance_records_out_total', 'Records written by an instance.', 'recordsOut');
  perInstance('sasando_instance_records_filtered_total', 'Records left out by a filter or as unchanged.', 'filtered');
  perInstance('sasando_instance_cases_total', 'Records that became cases.', 'cases');
  new Gauge({
    name: 'sasando_instance_state',
    help: '1 for the state an instance is in.',
    labelNames: ['instance', 'owner', 'state'],
    registers,
    collect() {
      this.reset();
      for (const row of parts()?.runtime.instances() ?? []) this.set({ instance: row.name, owner: row.owner, state: row.state }, 1);
    },
  });
  new Gauge({
    name: 'sasando_instance_last_activity_timestamp_seconds',
    help: 'When an instance last read, wrote or confirmed that there was nothing.',
    labelNames: ['instance', 'owner'],
    registers,
    collect() {
      this.reset();
      for (const row of parts()?.runtime.instances() ?? []) if (row.lastActivity) this.set({ instance: row.name, owner: row.owner }, Date.parse(row.lastActivity) / 1_000);
    },
  });
  new Gauge({
    name: 'sasando_topic_records',
    help: 'Records between start and end of a topic.',
    labelNames: ['topic'],
    registers,
    async collect() {
      this.reset();
      for (const topic of (await parts()?.log.topics()) ?? []) this.set({ topic: topic.name }, topic.records);
    },
  });
  return {
    observe: (request, response, next) => {
      const stop = duration.startTimer();
      const surface = /^\/(api|ingest|health|metrics)\b/.exec(request.path)?.[1] ?? 'other';
      response.once('finish', () => stop({ method: request.method, surface, status: String(response.statusCode) }));
      next();
    },
    show: async (_request, response) => {
      response.type(registry.contentType).send(await registry.metrics());
    },
  };
}
