/** What a service answers as records: one per item of a page, with its details where they are asked for one by one. */
import type { ConnectorContext } from '../../hub/connector.js';
import { at, isObject } from '../../hub/json.js';
import type { Fault, Json, JsonObject, SourceRecord } from '../../hub/record.js';
import { send } from './client.js';
import { addressOf, jsonOf } from './exchange.js';
import type { Page } from './page.js';
import type { ReadSettings, RestSettings } from './settings.js';
import type { Since } from './since.js';
import { fillPath, type Variables } from './template.js';

/** Where items stand: their page, how many of it come before them, and the value that they may raise. */
interface Place {
  readonly page: Page;
  readonly from: number;
  readonly since: Since;
}

/** The records of a page's items, in order; with `detail` each after one more request. */
export async function recordsOf(settings: RestSettings, read: ReadSettings, items: readonly Json[], { page, from, since }: Place, context: ConnectorContext): Promise<SourceRecord[]> {
  const records = items.map((item, index) => recordOf(read, item, `${originOf(page)}catatan ${from + index + 1}`, since));
  const { detail } = read;
  if (!detail) return records;
  const detailed: SourceRecord[] = [];
  for (let start = 0; start < records.length; start += detail.concurrency) {
    detailed.push(...(await Promise.all(records.slice(start, start + detail.concurrency).map((record) => withDetail(settings, detail, record, context)))));
  }
  return detailed;
}

function recordOf(read: ReadSettings, item: Json, origin: string, since: Since): SourceRecord {
  if (!isObject(item)) {
    const faults: Fault[] = [{ path: '', rule: 'type', message: 'bukan objek', repair: 'Perbaiki catatan ini di layanan asal', severity: 'reject' }];
    return { value: { nilai: item }, origin, faults };
  }
  const time = since.see(item);
  const id = read.id === undefined ? undefined : at(item, read.id);
  const mark = read.deleted && at(item, read.deleted.field);
  const values = read.deleted?.values;
  const deleted = mark !== undefined && (values ? values.some((value) => String(value) === String(mark)) : mark !== null && mark !== false && mark !== '');
  return { value: item, origin, ...(id !== undefined && id !== null && { id: String(id) }), ...(deleted && { deleted }), ...(time !== undefined && { time }) };
}

async function withDetail(settings: RestSettings, detail: NonNullable<ReadSettings['detail']>, record: SourceRecord, context: ConnectorContext): Promise<SourceRecord> {
  if (record.faults || record.deleted) return record;
  const shown = `GET ${detail.path}`;
  const failed = (message: string): SourceRecord => ({ ...record, faults: [{ path: '', rule: 'detail', message, repair: 'Periksa catatan ini di layanan asal', severity: 'reject' }] });
  const variables: Variables = (name) => {
    const value = at(record.value, name);
    return value === undefined || value === null ? undefined : String(value);
  };
  const path = fillPath(detail.path, variables);
  if (path === undefined) return failed('rincian tidak dapat diminta karena kolom untuk jalurnya kosong atau berisi ".."');
  const answer = await send(settings, { method: 'GET', url: addressOf(settings, path), shown }, context);
  if (detail.skipStatus.includes(answer.status)) return record;
  if (answer.status >= 400) return failed(`rincian ditolak dengan status ${answer.status}`);
  const found = at(jsonOf(answer, shown), detail.records);
  if (detail.as) return { ...record, value: { ...record.value, [detail.as]: found ?? null } };
  const object = Array.isArray(found) ? found[0] : found;
  if (!isObject(object)) return failed('rincian bukan objek');
  return { ...record, value: { ...record.value, ...(object as JsonObject) } };
}

function originOf(page: Page): string {
  if (page.kind === 'page') return `halaman ${page.page}, `;
  return page.kind === 'offset' && page.offset > 0 ? `mulai ${page.offset}, ` : '';
}
