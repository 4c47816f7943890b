/** The Dispenduk connector: residents by CALL_NIK within the quota, and verification by element where the agreement allows no more than that. */
import { cityDay } from '../../hub/calendar.js';
import type { Connector, ConnectorContext, Receipt, SinkBatch, SourceBatch } from '../../hub/connector.js';
import { RejectedRecord } from '../../hub/errors.js';
import type { Json, JsonObject, SourceRecord } from '../../hub/record.js';
import { callNik, callVerify, quotaUsedUp } from './client.js';
import { dispendukSettings, type DispendukSettings } from './settings.js';

interface Position {
  /** Last NIK of this round that was asked. */
  readonly after?: string;
  /** Day (WITA, YYYY-MM-DD) and calls made on it. */
  readonly day: string;
  readonly calls: number;
}

/** NIKs asked about between two commits: what a stop in the middle costs of the quota. */
const NIKS_PER_BATCH = 20;

export const dispenduk: Connector<DispendukSettings> = {
  name: 'dispenduk',
  version: '1.0.0',
  summary: 'Layanan Dukcapil: data penduduk per NIK (CALL_NIK) dan verifikasi per elemen, dengan kuota harian.',
  settings: dispendukSettings,
  idempotent: 'key',
  async check(settings, context) {
    // A number that nobody has: the answer "tidak ditemukan" proves credentials and address, without reading a person's data.
    await callNik(settings, '0000000000000000', context);
  },
  read: readResidents,
  write: verify,
};

async function* readResidents(settings: DispendukSettings, position: Json | undefined, context: ConnectorContext): AsyncGenerator<SourceBatch> {
  const last = position as Position | undefined;
  let after = last?.after;
  let day = last?.day ?? cityDay(context.now());
  let calls = last?.calls ?? 0;
  for (;;) {
    const today = cityDay(context.now());
    if (today !== day) [day, calls] = [today, 0];
    // Also at the first call of a run: another one may have used up the day.
    if (calls >= settings.quota) throw quotaUsedUp(context.now());
    const niks = await context.keys(settings.niksFrom, after, Math.min(NIKS_PER_BATCH, settings.quota - calls));
    if (niks.length === 0) break;
    const records: SourceRecord[] = [];
    for (const nik of niks) records.push(...(await readOne(settings, nik, context)));
    after = niks.at(-1)!;
    calls += niks.length;
    yield { records, position: { after, day, calls } };
    context.signal.throwIfAborted();
  }
  yield { records: [], position: { day, calls } };
}

async function readOne(settings: DispendukSettings, nik: string, context: ConnectorContext): Promise<SourceRecord[]> {
  try {
    const value = await callNik(settings, nik, context);
    return value ? [{ value, origin: settings.call }] : [];
  } catch (error) {
    if (!(error instanceof RejectedRecord)) throw error;
    return [{ value: { [settings.nikField]: nik }, origin: settings.call, faults: error.faults }];
  }
}

/** `value`: `{ id, NIK, NAMA_LGKP, … }`; the reply says sesuai or tidak sesuai for each element that was asked, and nothing else about the person. */
async function verify(settings: DispendukSettings, batch: SinkBatch, context: ConnectorContext): Promise<Receipt[]> {
  const receipts: Receipt[] = [];
  for (const record of batch.records) {
    if (record.value === null) {
      receipts.push({ outcome: 'delivered' });
      continue;
    }
    const { id = record.key, NIK, ...elements } = record.value;
    let answer;
    try {
      answer = await callVerify(settings, String(NIK), elements, context);
    } catch (error) {
      if (!(error instanceof RejectedRecord)) throw error;
      receipts.push({ outcome: 'rejected', faults: error.faults });
      continue;
    }
    const result: JsonObject = Object.fromEntries(Object.keys(elements).map((name) => [name, verdict(answer?.[name], settings.threshold)]));
    receipts.push({ outcome: 'delivered', reply: { value: { id, NIK: NIK ?? null, ditemukan: answer !== undefined, ...result }, id: `verifikasi:${record.id}`, time: context.now().getTime() } });
  }
  return receipts;
}

function verdict(word: Json | undefined, threshold: number): 'SESUAI' | 'TIDAK_SESUAI' {
  const text = String(word ?? '').toLowerCase();
  const score = /\((\d+)\)/.exec(text)?.[1];
  return text.startsWith('sesuai') && (score === undefined || Number(score) >= threshold) ? 'SESUAI' : 'TIDAK_SESUAI';
}
