/** Sends records to a service, one by one or in groups, and turns its answers into receipts. */
import type { ConnectorContext, Receipt, SinkBatch } from '../../hub/connector.js';
import { ContractError, RejectedRecord, RetriableError, SettingsError } from '../../hub/errors.js';
import { at, isObject, parseJson } from '../../hub/json.js';
import type { Fault, Json, JsonObject, SinkRecord } from '../../hub/record.js';
import { clientOf, send } from './client.js';
import { addressOf, type Answer, isSuccess, tellable, wordsOf } from './exchange.js';
import type { RestSettings, WriteSettings } from './settings.js';
import { fill, fillPath, type Variables } from './template.js';

/** Sink. What was sent before a batch broke off is remembered while the instance lives and not sent again, so that a quota smaller than a batch still gets through. */
export async function writeService(settings: RestSettings, batch: SinkBatch, context: ConnectorContext): Promise<Receipt[]> {
  const write = settings.write;
  if (!write) throw new SettingsError([{ path: 'settings.write', message: 'wajib diisi untuk menulis' }]);
  const { sent } = clientOf(settings);
  const place = `${context.instance} ${batch.topic} ${batch.partition}`;
  const receipts = sent.get(place) ?? new Map<number, Receipt>();
  sent.set(place, receipts);
  const open = batch.records.filter((record) => !receipts.has(record.offset));
  for (const group of groupsOf(open, write.batch)) {
    const answers = await sendGroup(settings, write, group, context);
    group.forEach((record, index) => receipts.set(record.offset, answers[index]!));
  }
  sent.delete(place);
  return batch.records.map((record) => receipts.get(record.offset)!);
}

/** Runs of records that go into one request; deletions go alone, and order is kept. */
function groupsOf(records: readonly SinkRecord[], size: number): SinkRecord[][] {
  const groups: SinkRecord[][] = [];
  for (const record of records) {
    const last = groups.at(-1);
    if (last && last.length < size && record.value !== null && last[0]!.value !== null) last.push(record);
    else groups.push([record]);
  }
  return groups;
}

async function sendGroup(settings: RestSettings, write: WriteSettings, group: readonly SinkRecord[], context: ConnectorContext): Promise<Receipt[]> {
  const first = group[0]!;
  if (first.value === null) return [await sendDeletion(settings, write, first, context)];
  const bodies = group.map((record) => ({ ...record.value!, ...(write.idField && { [write.idField]: record.id }) }));
  const content: Json = write.batch === 1 ? bodies[0]! : bodies;
  const path = fillPath(write.path, variablesOf(first));
  if (path === undefined) return group.map(() => rejected([fault('', 'path', `kolom untuk jalur ${write.path} kosong atau berisi ".."`)]));
  const shown = `${write.method} ${write.path}`;
  const url = urlOf(settings, path, write, first);
  const headers = { [write.idempotencyHeader]: group.length === 1 ? first.id : `${first.id}..${group.at(-1)!.id}` };
  const answer = await send(settings, { method: write.method, url, shown, headers, body: write.wrap ? { [write.wrap]: content } : content }, context);
  const body = bodyOf(settings, write, answer, shown);
  if (write.results !== undefined && group.length > 1 && isTaken(write, answer)) {
    const results = at(body, write.results);
    if (!Array.isArray(results) || results.length !== group.length) throw new ContractError(`${shown}: jawaban tidak memuat ${group.length} hasil pada "${write.results}"; periksa setelan "results".`);
    return group.map((record, index) => receiptOf(settings, write, record, results[index], isSuccess(settings, results[index]), answer.status, context));
  }
  const good = isTaken(write, answer) && (write.accept.includes(answer.status) || isSuccess(settings, body));
  if (good) return group.map((record) => receiptOf(settings, write, record, body, true, answer.status, context));
  if (!isTaken(write, answer) && !write.reject.includes(answer.status)) {
    throw new ContractError(`${shown} menjawab ${answer.status}: ${wordsOf(settings, body) || 'tanpa pesan'}; periksa jalur dan cara kirim.`);
  }
  if (group.length === 1) return [receiptOf(settings, write, first, body, false, answer.status, context)];
  // The group was refused as a whole: one by one shows which record it was.
  const receipts: Receipt[] = [];
  for (const record of group) receipts.push(...(await sendGroup(settings, write, [record], context)));
  return receipts;
}

async function sendDeletion(settings: RestSettings, write: WriteSettings, record: SinkRecord, context: ConnectorContext): Promise<Receipt> {
  if (!write.delete) return { outcome: 'delivered' };
  const { method } = write.delete;
  const path = fillPath(write.delete.path, variablesOf(record));
  if (path === undefined && /^\.{0,2}$/.test(record.key)) return rejected([fault('', 'path', `kunci untuk jalur ${write.delete.path} kosong atau berisi ".."`)]);
  if (path === undefined) throw new SettingsError([{ path: 'settings.write.delete.path', message: 'pada penghapusan hanya {key} yang diketahui' }]);
  const shown = `${method} ${write.delete.path}`;
  const answer = await send(settings, { method, url: addressOf(settings, path), shown, headers: { [write.idempotencyHeader]: record.id } }, context);
  // What is no longer there is deleted.
  if (isTaken(write, answer) || answer.status === 404 || answer.status === 410) return { outcome: 'delivered' };
  const body = bodyOf(settings, write, answer, shown);
  if (!write.reject.includes(answer.status)) throw new ContractError(`${shown} menjawab ${answer.status}: ${wordsOf(settings, body) || 'tanpa pesan'}.`);
  return receiptOf(settings, write, record, body, false, answer.status, context);
}

function receiptOf(settings: RestSettings, write: WriteSettings, record: SinkRecord, body: Json | undefined, good: boolean, status: number, context: ConnectorContext): Receipt {
  const reply = write.reply && (good || write.reply.rejected) ? replyOf(write.reply, record, body, context) : {};
  return good ? { outcome: 'delivered', ...reply } : { ...rejected(faultsOf(settings, body, status)), ...reply };
}

function replyOf(settings: NonNullable<WriteSettings['reply']>, record: SinkRecord, body: Json | undefined, context: ConnectorContext): Pick<Receipt, 'reply'> {
  const found = at(body, settings.path);
  const kept = Object.fromEntries(settings.keep.map((name) => [name, at(record.value, name) ?? null]));
  const value: JsonObject = isObject(found) ? { ...kept, ...found } : { ...kept, jawaban: found ?? null };
  return { reply: { value, id: `${record.id}:balasan`, time: context.now().getTime() } };
}

/** Faults per field where the service says so (`errors: { nik: ['…'] }`), else its one message. */
function faultsOf(settings: RestSettings, body: Json | undefined, status: number): Fault[] {
  const errors = settings.errorsPath === undefined ? undefined : at(body, settings.errorsPath);
  if (isObject(errors)) {
    const faults = Object.entries(errors).map(([path, words]) => fault(path, `http.${status}`, tellable(Array.isArray(words) ? words.map(String).join('; ') : String(words))));
    if (faults.length) return faults;
  }
  return [fault('', `http.${status}`, `ditolak layanan tujuan: ${wordsOf(settings, body) || `status ${status}`}`)];
}

function fault(path: string, rule: string, message: string): Fault {
  return { path, rule, message, repair: 'Perbaiki data di sumber sesuai pesan ini', severity: 'reject' };
}

function rejected(faults: readonly Fault[]): Receipt & { outcome: 'rejected' } {
  return { outcome: 'rejected', faults };
}

function isTaken(write: WriteSettings, answer: Answer): boolean {
  return (answer.status >= 200 && answer.status < 300) || write.accept.includes(answer.status);
}

/** The body as JSON where it is needed: an answer that nobody reads may be anything. */
function bodyOf(settings: RestSettings, write: WriteSettings, answer: Answer, shown: string): Json | undefined {
  try {
    return answer.text.trim() === '' ? undefined : parseJson(answer.text);
  } catch (error) {
    if (!(error instanceof RejectedRecord)) throw error;
    const needed = isTaken(write, answer) && !write.accept.includes(answer.status) && (settings.success || write.reply || write.results);
    if (needed) throw new RetriableError(`${shown} menjawab ${answer.status} tetapi isinya bukan JSON yang benar; dikirim lagi nanti.`);
    return undefined;
  }
}

function variablesOf(record: SinkRecord): Variables {
  return (name) => {
    const value = name === 'key' ? record.key : at(record.value, name);
    return value === undefined || value === null || value === '' ? undefined : String(value);
  };
}

function urlOf(settings: RestSettings, path: string, write: WriteSettings, record: SinkRecord): string {
  const url = new URL(addressOf(settings, path));
  for (const [name, value] of Object.entries(write.query)) {
    const text = fill(String(value), variablesOf(record));
    if (text !== undefined) url.searchParams.set(name, text);
  }
  return url.href;
}
