/** The simulated city: every agency on a real socket, database or folder, filled with the same synthetic people, and the day's story. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cityDay } from '../../hub/calendar.js';
import type { JsonObject } from '../../hub/record.js';
import { type PaymentOrder, startBkdSimulator } from '../bkd/simulator.js';
import { startBknSimulator } from '../bkn/simulator.js';
import { startBkppSimulator } from '../bkpp/simulator.js';
import { openSiakDatabase } from '../dispenduk/simulated-database.js';
import { startDispendukSimulator } from '../dispenduk/simulator.js';
import { startPtspSimulator } from '../ptsp/simulator.js';
import { startSodamolekSimulator } from '../sodamolek/simulator.js';
import { answerBatches } from './bank.js';
import { type Agencies, dayBefore, pay, STORY } from './day.js';
import { death } from './events.js';
import { createPopulation, type Population } from './population.js';
import { inPast, permits, putEvents, putFirstFiles, siakRow, simpegRow } from './seed.js';
import { siakView } from './siak.js';
import { siasnView } from './siasn.js';

export interface CityOptions {
  /** A PostgreSQL server, where the agencies make databases of their own. */
  readonly databaseUrl: string;
  /** Folder of files that agencies and hub share. */
  readonly files: string;
  /** Where the hub answers, for the agencies' webhooks. */
  readonly hubUrl?: string;
  readonly residents?: number;
  /** How many employees; unless said 800, and in a city of fewer than 3,000 residents one for every six of them. */
  readonly asn?: number;
  /** The time in the city, so that tests can move it. */
  readonly now?: () => Date;
}

export interface City {
  /** Settings of the agencies as `SASANDO_SECRET_*`. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly agencies: Agencies;
  simulators(): { name: string; url?: string; faults: JsonObject }[];
  /** Switches faults; undefined for an unknown agency. Unknown faults are ignored. */
  setFaults(name: string, faults: JsonObject): JsonObject | undefined;
  stories(): { name: string; summary: string; state?: string }[];
  tell(name: string): Promise<string | undefined>;
  close(): Promise<void>;
}

/** What must outlive a restart, in `kota.json` beside the files. */
interface State {
  month: string;
  deaths: [string, string][];
  told: string[];
  warrants: JsonObject[];
  orders: PaymentOrder[];
  requests: JsonObject[];
  documents: JsonObject[];
  permits: JsonObject[];
}

/** Fewer residents than this have too few adults for 800 employees. */
const SMALL_CITY = 3_000;
/** Steps that are not told before the hub is up. */
const LATER = ['permohonan', 'gajian'];
/** How often BKAD and the bank look whether there is something to do, in milliseconds. */
const ROUTINE_EVERY = 1000;

export async function startCity({ databaseUrl, files, hubUrl, residents, asn = asnOf(residents), now = () => new Date() }: CityOptions): Promise<City> {
  mkdirSync(files, { recursive: true });
  const stateFile = join(files, 'kota.json');
  const stored = existsSync(stateFile) ? (JSON.parse(readFileSync(stateFile, 'utf8')) as State) : undefined;
  const today = (): string => cityDay(now());
  const population = createPopulation({ ...(residents !== undefined && { residents }), ...(asn !== undefined && { asn }) });

  const siak = await openSiakDatabase(databaseUrl);
  const simpeg = await startBkppSimulator(databaseUrl);
  const dispenduk = await startDispendukSimulator({ residents: viewsByNik(population), now });
  const siasn = new Map(population.employees.map((employee) => [employee.nip, siasnView(employee, population.reference)]));
  const bkn = await startBknSimulator({ files: siasn, now });
  const bkd = await startBkdSimulator();
  const sodamolek = await startSodamolekSimulator({ now });
  const ptsp = await startPtspSimulator();
  if (hubUrl !== undefined) sodamolek.webhookUrl = `${hubUrl}/ingest/sodamolek-permohonan`;

  const agencies: Agencies = { population, files, siak, dispenduk, bkn, siasn, simpeg, bkd, sodamolek, today, deaths: new Map(stored?.deaths), month: stored?.month ?? '' };
  const told = new Set(stored?.told);
  const save = (): void => {
    const state: State = { month: agencies.month, deaths: [...agencies.deaths], told: [...told], warrants: bkd.warrants, orders: bkd.orders, requests: sodamolek.requests, documents: sodamolek.documents, permits: ptsp.permits };
    writeFileSync(`${stateFile}.tmp`, JSON.stringify(state));
    renameSync(`${stateFile}.tmp`, stateFile);
  };

  if (stored) {
    bkd.warrants.push(...stored.warrants);
    bkd.orders.push(...stored.orders);
    sodamolek.requests.push(...stored.requests);
    sodamolek.documents.push(...stored.documents);
    ptsp.permits.push(...stored.permits);
  } else {
    await siak.add(inPast(population.residents.map(siakRow), 'tgl_ubah'));
    await simpeg.add(inPast(population.employees.map(simpegRow), 'diubah'));
    await putFirstFiles(files, population, today());
    ptsp.permits.push(...permits(population, today()));
    // The day's story up to the death: every flow has something to carry.
    for (const step of STORY) {
      if (LATER.includes(step.name)) continue;
      await step.tell(agencies);
      told.add(step.name);
    }
    unknownDeath(agencies);
    save();
  }
  const tell = async (name: string): Promise<string | undefined> => {
    const step = STORY.find((one) => one.name === name);
    if (!step) return undefined;
    const sentence = await step.tell(agencies);
    told.add(name);
    save();
    return sentence;
  };
  /** What waits until the hub is up: a request that is told by webhook, and the salary, before which the check must know whom BKN knows. */
  const firstDay = async (): Promise<void> => {
    await tell('permohonan');
    pay(agencies, today().slice(0, 7));
    save();
  };
  let opened: Promise<void> | undefined;
  const routine = setInterval(() => {
    if (agencies.month === '' && bkn.calls.data >= population.employees.length * 3) opened ??= firstDay();
    answerBatches(files, now());
  }, ROUTINE_EVERY);

  const servers = { bkd, bkn, dispenduk, ptsp, sodamolek };
  /** Faults of every HTTP agency, and those that only one has. */
  const faultsOf = (name: string): Record<string, unknown>[] | undefined => {
    const server = servers[name as keyof typeof servers];
    if (!server) return undefined;
    return [server.faults as unknown as Record<string, unknown>, ...(name === 'bkn' ? [bkn.siasn] : name === 'dispenduk' ? [dispenduk.dukcapil] : [])];
  };
  const shown = (name: string): JsonObject => Object.assign({}, ...(faultsOf(name) ?? [])) as JsonObject;

  return {
    secrets: Object.fromEntries(
      Object.entries({
        DISPENDUK_DATABASE_URL: siak.url, DISPENDUK_URL: dispenduk.url, DISPENDUK_TOKEN: dispenduk.credentials.token, DISPENDUK_USER: dispenduk.credentials.userId, DISPENDUK_PASSWORD: dispenduk.credentials.password, DISPENDUK_IP: dispenduk.credentials.ip,
        BKN_URL: bkn.url, BKN_CONSUMER_KEY: bkn.credentials.consumerKey, BKN_CONSUMER_SECRET: bkn.credentials.consumerSecret, BKN_USERNAME: bkn.credentials.username, BKN_PASSWORD: bkn.credentials.password,
        SIMPEG_DATABASE_URL: simpeg.url, BKD_URL: bkd.url, BKD_PASSWORD: bkd.credentials.password,
        SODAMOLEK_URL: sodamolek.url, SODAMOLEK_TOKEN: sodamolek.credentials.token, SODAMOLEK_WEBHOOK: sodamolek.credentials.webhookSecret, SICANTIK_URL: ptsp.url,
      }).map(([name, value]) => [`SASANDO_SECRET_${name}`, value]),
    ),
    agencies,
    simulators: () => Object.entries(servers).map(([name, { url }]) => ({ name, url, faults: shown(name) })),
    setFaults(name, wanted) {
      const places = faultsOf(name);
      if (!places) return undefined;
      for (const place of places) for (const [fault, value] of Object.entries(wanted)) if (fault in place) place[fault] = value ?? undefined;
      return shown(name);
    },
    stories: () => STORY.map(({ name, summary }) => ({ name, summary, ...(told.has(name) && { state: 'sudah diceritakan' }) })),
    tell,
    async close() {
      clearInterval(routine);
      await opened?.catch(() => undefined);
      await Promise.all([siak.close(), simpeg.close(), ...Object.values(servers).map((server) => server.close())]);
    },
  };
}

/** A death that BKAD has not heard of: its next payroll pays on, and the check before the SPM finds it. */
function unknownDeath({ population, files, today, deaths }: Agencies): void {
  const employee = population.employees.findLast((one) => one.status_pegawai === 'PNS' && population.resident(one.nik) && !deaths.has(one.nip));
  if (!employee) return;
  const { event } = death(population.resident(employee.nik)!, { date: dayBefore(`${today().slice(0, 7)}-01`), reported: today() });
  putEvents(files, event.id_peristiwa, [event]);
}

/** Made when first asked for: 400,000 views at once would be slow to start. */
function viewsByNik(population: Population): { get(nik: string): JsonObject | undefined } {
  return {
    get(nik) {
      const one = population.resident(nik);
      return one && siakView(one, population.reference);
    },
  };
}

function asnOf(residents: number | undefined): number | undefined {
  return residents !== undefined && residents < SMALL_CITY ? Math.floor(residents / 6) : undefined;
}
