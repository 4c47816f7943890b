/** The BKD connector: payment orders with their lines. (Payroll files are read by `file`, SP2D by `rest`.) */
import axios, { AxiosError } from 'axios';
import type { Connector, ConnectorContext, SourceBatch } from '../../hub/connector.js';
import { ContractError, CredentialError, RetriableError } from '../../hub/errors.js';
import { parseJson } from '../../hub/json.js';
import type { Json, JsonObject, SourceRecord } from '../../hub/record.js';
import { bkdSettings, type BkdSettings } from './settings.js';

export const bkd: Connector<BkdSettings> = {
  name: 'bkd',
  version: '1.0.0',
  summary: 'Perintah bayar BKAD: kepala batch dan baris-barisnya, persis seperti yang diterbitkan.',
  settings: bkdSettings,
  async check(settings, context) {
    await fetchOrders(settings, 0, context);
  },
  read: readOrders,
};

interface Position {
  /** Orders read so far; the service numbers them. */
  readonly after: number;
}

interface Order extends JsonObject {
  id_batch: string;
  jumlah_baris: number;
  baris: JsonObject[];
}

/** One order is one batch: its head and lines become durable together. */
async function* readOrders(settings: BkdSettings, position: Json | undefined, context: ConnectorContext): AsyncGenerator<SourceBatch> {
  let after = (position as Position | undefined)?.after ?? 0;
  for (;;) {
    const { data, berikut } = await fetchOrders(settings, after, context);
    if (data.length === 0) return;
    after = berikut;
    yield { records: data.flatMap(recordsOf), position: { after } };
    context.signal.throwIfAborted();
  }
}

/** An order whose lines are not as many as its head says is handed over as one broken record: the whole batch is one case, none of its lines passes. */
function recordsOf(order: Order): SourceRecord[] {
  const { baris: lines, ...head } = order;
  const origin = `perintah bayar ${order.id_batch}`;
  if (!Array.isArray(lines) || lines.length !== order.jumlah_baris) {
    const count = Array.isArray(lines) ? lines.length : 0;
    return [{ value: order, origin, id: `${order.id_batch}:0`, faults: [{ path: 'jumlah_baris', rule: 'batch', message: `seluruh batch ditolak: kepala batch menyebut ${String(order.jumlah_baris)} baris, isinya ${count}`, repair: 'Terbitkan ulang perintah bayar yang lengkap', severity: 'reject' }] }];
  }
  return [
    { value: { ...head, jenis: 'KEPALA' }, origin, id: `${order.id_batch}:0` },
    ...lines.map((line, i) => ({ value: { ...line, jenis: 'BARIS', id_batch: order.id_batch, nomor_sp2d: order.nomor_sp2d ?? null, nomor_urut: i + 1 }, origin: `${origin}, baris ${i + 1}`, id: `${order.id_batch}:${i + 1}` })),
  ];
}

async function fetchOrders(settings: BkdSettings, after: number, context: ConnectorContext): Promise<{ data: Order[]; berikut: number }> {
  let answer;
  try {
    answer = await axios.get<string>('/perintah-bayar', { baseURL: settings.url, params: { setelah: after }, auth: settings, signal: context.signal, timeout: 60_000, responseType: 'text', transformResponse: (body: string) => body, validateStatus: () => true, maxContentLength: 100_000_000 });
  } catch (error) {
    context.signal.throwIfAborted();
    throw new RetriableError(`Layanan BKAD tidak dapat dihubungi (${error instanceof AxiosError ? (error.code ?? error.message) : String(error)}).`, { cause: error });
  }
  if (answer.status === 401 || answer.status === 403) throw new CredentialError('BKAD menolak akun hub; periksa nama pengguna dan kata sandi pada pengaturan.');
  if (answer.status >= 400) {
    const wait = Number(answer.headers['retry-after']);
    throw new RetriableError(`Layanan BKAD menjawab ${answer.status}.`, Number.isFinite(wait) ? { retryAfter: wait } : {});
  }
  let page: Json;
  try {
    page = parseJson(answer.data);
  } catch (cause) {
    throw new RetriableError(`Layanan BKAD menjawab ${answer.status} tetapi isinya bukan JSON yang utuh; layanan mungkin sedang dipelihara.`, { cause });
  }
  const { data, berikut } = (page ?? {}) as { data?: Order[]; berikut?: number };
  if (!Array.isArray(data) || typeof berikut !== 'number') throw new ContractError('Layanan BKAD menjawab tanpa "data" dan "berikut"; tanyakan kepada BKAD apakah layanannya berubah.');
  return { data, berikut };
}
