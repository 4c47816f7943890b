/** Reads a service page by page; each page is a batch, cut where it is very long. */
import type { ConnectorContext, SourceBatch } from '../../hub/connector.js';
import { ContractError, SettingsError } from '../../hub/errors.js';
import { at } from '../../hub/json.js';
import type { Json } from '../../hub/record.js';
import { send } from './client.js';
import { addressOf, type Answer, isSuccess, jsonOf, readJson, wordsOf } from './exchange.js';
import { firstPage, nextPage, type Page, pageQuery } from './page.js';
import { recordsOf } from './records.js';
import type { ReadSettings, RestSettings } from './settings.js';
import { createSince, type Since } from './since.js';
import { fill, fillJson, fillPath, type Variables } from './template.js';
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
    const repeated = answer.text === before && items.length > 0;
    before = answer.text;
    const fresh = repeated ? [] : items;
    const next: Page | undefined = repeated ? undefined : withoutKeysOf(settings, nextPage(read.paging, page, items.length, body, answer.headers, settings.baseUrl));
    for (let from = skip; from < fresh.length || from === skip; from += LONGEST_BATCH) {
      const part = fresh.slice(from, from + LONGEST_BATCH);
      const records = await recordsOf(settings, read, part, { page, from, since }, context);
      const done = from + part.length >= fresh.length;
      const goesOn = done ? next && { page: next } : { page, skip: from + part.length };
      const reached = since.reached();
      const ended: Position = reached === undefined ? {} : { since: reached };
      const after: Position = goesOn ? { ...(start.since !== undefined && { since: start.since }), ...(reached !== undefined && { reached }), ...goesOn } : ended;
      if (part.length > 0 || !goesOn) yield { records, position: after as Json };
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
    url = new URL(addressOf(settings, fillPath(read.path, variables) ?? ''));
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
  if (answer.status >= 400) throw new ContractError(`${shown} menjawab ${answer.status}: ${wordsOf(settings, readJson(answer.text)) || 'tanpa pesan'}; periksa jalur dan parameter.`);
  const body = jsonOf(answer, shown);
  if (!isSuccess(settings, body)) throw new ContractError(`${shown} menjawab tidak berhasil: ${wordsOf(settings, body) || 'tanpa pesan'}.`);
  const found = at(body, read.records);
  if (found === undefined) throw new ContractError(`${shown}: jawaban tidak memuat "${read.records}"; periksa setelan "records".`);
  return { items: found === null ? [] : Array.isArray(found) ? [...found] : [found], body };
}

/** What a position keeps may be seen by people. */
function withoutKeysOf(settings: RestSettings, page: Page | undefined): Page | undefined {
  return page?.kind === 'link' ? { ...page, url: withoutKeys(settings, page.url) } : page;
}
