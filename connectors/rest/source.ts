/** Reads a service page by page; each page is a batch, cut where it is very long. */
import type { ConnectorContext, SourceBatch } from '../../hub/connector.js';
import { ContractError, RejectedRecord, SettingsError } from '../../hub/errors.js';
import { parseJson } from '../../hub/json.js';
import type { Fault, Json, JsonObject, SourceRecord } from '../../hub/record.js';
import { send } from './client.js';
import { type Answer, isSuccess, jsonOf, wordsOf } from './exchange.js';
import { firstPage, nextPage, type Page, pageQuery } from './page.js';
import type { ReadSettings, RestSettings } from './settings.js';
import { createSince, type Since } from './since.js';
import { at, fill, fillJson, type Variables } from './template.js';
import { withoutKeys } from './token.js';

/** Where a source stands. Between runs only `since` is left. */
interface Position {
  /** What the last whole run reached; the start of this one. */
  since?: string | number;
  /** Highest value seen in this run. */
  reached?: string | number;
  /** The page to go on with, and how many of its records are already durable. */
  page?: Page;
  skip?: number;
}

const LONGEST_BATCH = 2000;

/** Source. */
export async function* readService(settings: RestSettings, position: Json | undefined, context: ConnectorContext): AsyncGenerator<SourceBatch> {
  const read = settings.read;
  if (!read) throw new SettingsError([{ path: 'settings.read', message: 'wajib diisi untuk membaca' }]);
  const start = (position ?? {}) as Position;
  const since = createSince(read.since, start.since, start.reached, context.now());
  let page: Page | undefined = start.page ?? firstPage(read.paging);
  let skip = start.skip ?? 0;
  let before = '';
  let resumed = start.page !== undefined;
  while (page) {
    let answer = await request(settings, read, page, since, context);
    if (resumed && [400, 404, 410].includes(answer.status) && !read.emptyStatus.includes(answer.status)) {
      // A cursor of an earlier run may have expired: this run begins anew, the hub drops what is unchanged.
      page = firstPage(read.paging);
      skip = 0;
      answer = await request(settings, read, page, since, context);
    }
    resumed = false;
    const { items, body } = pageOf(settings, read, answer);
    // Some services repeat their last page for ever.
    const next: Page | undefined = answer.text === before && items.length > 0 ? undefined : withoutKeysOf(settings, nextPage(read.paging, page, items.length, body, answer.headers, settings.baseUrl));
    if (answer.text === before && items.length > 0) items.length = 0;
    before = answer.text;
    for (let from = skip; from < items.length || from === skip; from += LONGEST_BATCH) {
      const part = items.slice(from, from + LONGEST_BATCH);
      const records = await recordsOf(settings, read, part, page, from, since, context);
      const done = from + part.length >= items.length;
      const reached = since.reached();
      const ended: Position = reached === undefined ? {} : { since: reached };
      const going: Position = { ...(start.since !== undefined && { since: start.since }), ...(reached !== undefined && { reached }), page: done ? next! : page, ...(!done && { skip: from + part.length }) };
      if (part.length || (done && !next)) yield { records, position: (done && !next ? ended : going) as Json };
      if (done) break;
    }
    skip = 0;
    page = next;
  }
}

/** One request of the source, for a page. */
export async function request(settings: RestSettings, read: ReadSettings, page: Page, since: Since, context: ConnectorContext): Promise<Answer> {
  const variables: Variables = (name, back, format) => (name === 'now' ? since.moment(context.now().getTime() - back, format) : name === 'since' ? since.text(format) : undefined);
  const shown = `${read.method} ${read.path}`;
  let url: URL;
  if (page.kind === 'link') url = new URL(page.url);
  else {
    url = new URL(settings.baseUrl.replace(/\/$/, '') + (fill(read.path, variables, encodeURIComponent) ?? ''));
    for (const [name, value] of Object.entries(read.query)) {
      const text = fill(String(value), variables);
      if (text !== undefined) url.searchParams.set(name, text);
    }
    for (const [name, value] of Object.entries(pageQuery(read.paging, page))) url.searchParams.set(name, value);
  }
  const body = read.body === undefined ? undefined : fillJson(read.body, variables);
  return send(settings, { method: read.method, url: url.href, shown, ...(body !== undefined && { body }) }, context);
}

/** The records of an answer. @throws ContractError when the service refused the request or the answer has another shape. */
export function pageOf(settings: RestSettings, read: ReadSettings, answer: Answer): { items: Json[]; body: Json | undefined } {
  const shown = `${read.method} ${read.path}`;
  if (read.emptyStatus.includes(answer.status) || answer.status === 204) return { items: [], body: undefined };
  if (answer.status >= 400) throw new ContractError(`${shown} menjawab ${answer.status}: ${wordsOf(settings, leniently(answer.text)) || 'tanpa pesan'}; periksa jalur dan parameter.`);
  const body = jsonOf(answer, shown);
  if (!isSuccess(settings, body)) throw new ContractError(`${shown} menjawab tidak berhasil: ${wordsOf(settings, body) || 'tanpa pesan'}.`);
  const found = at(body, read.records);
  if (found === undefined) throw new ContractError(`${shown}: jawaban tidak memuat "${read.records}"; periksa setelan "records".`);
  return { items: found === null ? [] : Array.isArray(found) ? [...found] : [found], body };
}

async function recordsOf(settings: RestSettings, read: ReadSettings, items: readonly Json[], page: Page, from: number, since: Since, context: ConnectorContext): Promise<SourceRecord[]> {
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
  if (item === null || typeof item !== 'object' || Array.isArray(item)) {
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
  const path = fill(detail.path, variables, encodeURIComponent);
  if (path === undefined) return failed('rincian tidak dapat diminta karena kolom untuk jalurnya kosong');
  const answer = await send(settings, { method: 'GET', url: settings.baseUrl.replace(/\/$/, '') + path, shown }, context);
  if (detail.skipStatus.includes(answer.status)) return record;
  if (answer.status >= 400) return failed(`rincian ditolak dengan status ${answer.status}`);
  const found = at(jsonOf(answer, shown), detail.records);
  if (detail.as) return { ...record, value: { ...record.value, [detail.as]: found ?? null } };
  const object = Array.isArray(found) ? found[0] : found;
  if (object === null || typeof object !== 'object' || Array.isArray(object)) return failed('rincian bukan objek');
  return { ...record, value: { ...record.value, ...(object as JsonObject) } };
}

/** What a position keeps may be seen by people. */
function withoutKeysOf(settings: RestSettings, page: Page | undefined): Page | undefined {
  return page?.kind === 'link' ? { ...page, url: withoutKeys(settings, page.url) } : page;
}

function originOf(page: Page): string {
  if (page.kind === 'page') return `halaman ${page.page}, `;
  return page.kind === 'offset' && page.offset > 0 ? `mulai ${page.offset}, ` : '';
}

function leniently(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof RejectedRecord) return undefined;
    throw error;
  }
}
