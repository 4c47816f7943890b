/** Takes a signed request apart into records. */
import type { ConnectorContext, ReceivedRequest } from '../../hub/connector.js';
import { RejectedRecord } from '../../hub/errors.js';
import { at, isObject, parseJson } from '../../hub/json.js';
import type { Json, SourceRecord } from '../../hub/record.js';
import type { WebhookSettings } from './settings.js';
import { verifySignature } from './signature.js';

/**
 * Receiver. A request as a whole is refused with RejectedRecord, whose rule tells the API its status: `signature` 401, `method` 405, `limit` 413, and 400 for
 * `syntax`, `depth`, `encoding`, `type`. A single bad record in an array is handed over with its faults.
 */
export function receiveRequest(settings: WebhookSettings, request: ReceivedRequest, context: ConnectorContext): Promise<SourceRecord[]> {
  return Promise.resolve().then(() => {
    if (request.method !== 'POST' && request.method !== 'PUT') throw refused('method', 'hanya POST yang diterima', 'Kirim dengan POST');
    verifySignature(settings.signature, request, context.now());
    const body = parseJson(textOf(request.body));
    const found = at(body, settings.records);
    if (found === null || found === undefined || typeof found !== 'object') {
      throw refused('type', settings.records ? `"${settings.records}" tidak memuat objek atau larik` : 'isi harus objek atau larik JSON', 'Kirim satu objek atau larik objek');
    }
    const items = Array.isArray(found) ? found : [found];
    if (items.length > settings.maxRecords) throw refused('limit', `${items.length} catatan dalam satu kiriman, paling banyak ${settings.maxRecords}`, 'Bagi menjadi beberapa kiriman');
    const delivery = request.headers[settings.idHeader.toLowerCase()];
    return items.map((item, index) => recordOf(settings, item, body, delivery && (Array.isArray(found) ? `${delivery}/${index}` : delivery), Array.isArray(found) ? `catatan ${index + 1}` : undefined));
  });
}

function recordOf(settings: WebhookSettings, item: Json, body: Json, delivery: string | undefined, place: string | undefined): SourceRecord {
  const origin = [delivery && `kiriman ${delivery.slice(0, 100)}`, place].filter(Boolean).join(', ');
  if (!isObject(item)) {
    return { value: { nilai: item }, ...(origin && { origin }), ...(delivery && { id: delivery }), faults: [{ path: '', rule: 'type', message: 'bukan objek', repair: 'Kirim setiap catatan sebagai objek', severity: 'reject' }] };
  }
  const stream = settings.streamField === undefined ? undefined : (at(item, settings.streamField) ?? at(body, settings.streamField));
  const own = settings.idField === undefined ? undefined : at(item, settings.idField);
  const id = typeof own === 'string' || typeof own === 'number' ? String(own) : delivery;
  const time = settings.timeField === undefined ? undefined : timeOf(at(item, settings.timeField));
  const mark = settings.deleted && at(item, settings.deleted.field);
  const deleted = mark !== undefined && settings.deleted!.values.some((value) => String(value) === String(mark));
  return {
    value: item,
    ...(origin && { origin }),
    ...(id && { id }),
    ...(typeof stream === 'string' && stream !== '' && { stream }),
    ...(time !== undefined && { time }),
    ...(deleted && { deleted }),
  };
}

function timeOf(value: Json | undefined): number | undefined {
  // What no calendar holds is NaN.
  const time = typeof value === 'number' || typeof value === 'string' ? new Date(typeof value === 'number' ? value * 1000 : value).getTime() : NaN;
  return Number.isNaN(time) ? undefined : time;
}

function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw refused('encoding', 'isi bukan teks UTF-8 yang benar', 'Kirim JSON dalam UTF-8', cause);
  }
}

function refused(rule: string, message: string, repair: string, cause?: unknown): RejectedRecord {
  return new RejectedRecord([{ path: '', rule, message, repair, severity: 'reject' }], { cause });
}
