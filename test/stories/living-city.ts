/** A whole hub with a small simulated city, as `serve --city` starts them, and the questions that stories ask over HTTP. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type City, startCity } from '../../connectors/city/city.js';
import { readEnvironment } from '../../hub/environment.js';
import { startHub } from '../../hub/main.js';
import type { Json, JsonObject } from '../../hub/record.js';
import type { InstanceStatus } from '../../hub/runtime/instance-status.js';
import { testDatabase } from '../database.js';
import { createMovingClock } from './moving-clock.js';

const PASSWORD = 'uji-rahasia';
const PROJECT = join(import.meta.dirname, '../..');

export interface ShownCase extends JsonObject {
  id: string;
  state: string;
  faults: JsonObject[];
}

export type LivingCity = Awaited<ReturnType<typeof startLivingCity>>;

/** @param engine settings of the engine of the log, as `SASANDO_*` variables. */
export async function startLivingCity(engine: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'sasando-stories-'));
  const project = hastyProject(join(folder, 'project'));
  const clock = createMovingClock();
  let city: City | undefined;
  const hub = await startHub({
    environment: readEnvironment({ SASANDO_PORT: '0', DATABASE_URL: await testDatabase(), SASANDO_DATA_DIR: join(folder, 'data'), SASANDO_PROJECT_DIR: project, SASANDO_ADMIN_PASSWORD: PASSWORD, ...engine }),
    logFile: true,
    clock,
    startCity: async (context) => (city = await startCity({ ...context, residents: 300, asn: 40, now: () => clock.now() })),
  });

  async function ask<T>(method: string, path: string, body?: Json): Promise<T> {
    const response = await fetch(`${hub.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** Every instance. At every moment each record that was read is out, filtered or a case. */
  async function instances(): Promise<InstanceStatus[]> {
    const found = await ask<InstanceStatus[]>('GET', '/instances');
    const wrong = found.filter((one) => one.recordsIn !== one.recordsOut + one.filtered + one.cases);
    if (wrong.length > 0) throw new Error(`Records are lost from the account: ${JSON.stringify(wrong)}`);
    return found;
  }

  return {
    hub,
    clock,
    agencies: city!.agencies,
    files: city!.agencies.files,
    ask,
    instances,
    async instance(name: string): Promise<InstanceStatus> {
      const found = (await instances()).find((one) => one.name === name);
      if (!found) throw new Error(`There is no instance ${name}`);
      return found;
    },
    /** All records of a topic, oldest first, as they are after decoding; of several of one key all. */
    async records(topic: string): Promise<JsonObject[]> {
      const found: JsonObject[] = [];
      for (let cursor = 'from=start'; ; ) {
        const page = await ask<{ records: { value: JsonObject }[]; next: string; end: boolean }>('GET', `/topics/${topic}/records?limit=1000&${cursor}`);
        found.push(...page.records.map(({ value }) => value));
        if (page.end) return found;
        cursor = `cursor=${page.next}`;
      }
    },
    async cases(instance: string, state: 'open' | 'closed' = 'open'): Promise<ShownCase[]> {
      return (await ask<{ cases: ShownCase[] }>('GET', `/cases?instance=${instance}&state=${state}&limit=1000`)).cases;
    },
    findings: async (): Promise<JsonObject[]> => (await ask<{ findings: JsonObject[] }>('GET', '/payroll/findings')).findings,
    tell: async (story: string): Promise<void> => void (await ask('POST', `/city/stories/${story}`)),
    faults: async (agency: string, faults: JsonObject): Promise<void> => void (await ask('PUT', `/city/simulators/${agency}/faults`, faults)),
    async close(): Promise<void> {
      await hub.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The project as it is, but looking at its sources every second: tests wait for what it does, not for its schedule. */
function hastyProject(folder: string): string {
  for (const part of ['config', 'schemas']) cpSync(join(PROJECT, part), join(folder, part), { recursive: true });
  const instances = join(folder, 'config/connectors');
  for (const file of readdirSync(instances, { recursive: true }).map(String).filter((name) => name.endsWith('.yaml'))) {
    const text = readFileSync(join(instances, file), 'utf8');
    writeFileSync(join(instances, file), text.replace(/^every: \d+s$/m, 'every: 1s'));
  }
  return folder;
}

/** Asks until `condition` answers something other than undefined or false. @throws Error that says what did not come true, and what was last thrown. */
export async function eventually<T>(what: string, condition: () => Promise<T | undefined | false> | T | undefined | false, seconds = 30): Promise<T> {
  let last: unknown;
  for (const limit = Date.now() + seconds * 1000; Date.now() < limit; await new Promise((done) => setTimeout(done, 100))) {
    try {
      const found = await condition();
      if (found !== undefined && found !== false) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
  }
  throw new Error(`It did not come true within ${seconds} s that ${what}`, { cause: last });
}
