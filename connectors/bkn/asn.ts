/** Pulls data of ASN from SIASN, NIP by NIP, in the order of NIP: the position is the last NIP that is done, so that a stop in the middle costs one NIP. */
import type { ConnectorContext, SourceBatch } from '../../hub/connector.js';
import { isObject } from '../../hub/json.js';
import type { Fault, Json, JsonObject, SourceRecord } from '../../hub/record.js';
import { createClient } from './client.js';
import type { BknSettings } from './settings.js';

interface Position {
  /** Last NIP done in this round; absent when the former round was finished. */
  readonly after?: string;
}

const FEEDS = {
  asn: { path: (nip: string) => `/pns/data-utama/${nip}`, id: () => 'data-utama' },
  riwayat_jabatan: { path: (nip: string) => `/pns/rw-jabatan/${nip}`, id: (row: JsonObject) => String(row.id) },
  riwayat_golongan: { path: (nip: string) => `/pns/rw-golongan/${nip}`, id: (row: JsonObject) => String(row.id) },
} as const;

/** NIPs asked about between two commits. */
const NIPS_PER_BATCH = 20;

export async function* readAsn(settings: BknSettings, position: Json | undefined, context: ConnectorContext): AsyncGenerator<SourceBatch> {
  const client = createClient(settings, context.now);
  let after = (position as Position | undefined)?.after;
  for (;;) {
    const nips = await context.keys(settings.nipsFrom, after, NIPS_PER_BATCH);
    if (nips.length === 0) break;
    const records: SourceRecord[] = [];
    for (const nip of nips) records.push(...(await readOne(client, nip, settings, context)));
    after = nips.at(-1)!;
    yield { records, position: { after } };
    context.signal.throwIfAborted();
  }
  // The round is finished: the next run begins with the first NIP again.
  yield { records: [], position: {} };
}

const UNREADABLE: Fault = { path: '', rule: 'syntax', message: 'jawaban SIASN bukan susunan data', repair: 'Laporkan ke BKN, lalu ulangi setelah diperbaiki', severity: 'reject' };

async function readOne(client: ReturnType<typeof createClient>, nip: string, settings: BknSettings, context: ConnectorContext): Promise<SourceRecord[]> {
  const records: SourceRecord[] = [];
  for (const stream of settings.feeds) {
    const data = await client.get(FEEDS[stream].path(encodeURIComponent(nip)), context.signal);
    const rows = Array.isArray(data) ? data : data === undefined || data === null ? [] : [data];
    for (const row of rows) {
      if (isObject(row)) records.push({ stream, value: row, origin: `SIASN ${stream} ${FEEDS[stream].id(row)}` });
      else records.push({ stream, value: { nipBaru: nip, isi: row }, origin: `SIASN ${stream}`, faults: [UNREADABLE] });
    }
  }
  return records;
}
