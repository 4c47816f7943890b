/** BKAD: the services for SP2D (all values text, `0001-01-01` for no date) and payment orders, and the inbox for what the bank says of each payment. */
import { randomBytes } from 'node:crypto';
import type { Express, Request, Response } from 'express';
import type { JsonObject } from '../../hub/record.js';
import { type SimulatedServer, startServer } from '../city/server.js';

/** One order for the bank as the service shows it: its lines belong to it. */
export interface PaymentOrder {
  readonly id_batch: string;
  readonly nomor_sp2d: string;
  /** YYYY-MM-DD */
  readonly tanggal: string;
  readonly rekening_sumber: string;
  readonly jumlah_baris: number;
  readonly total: string;
  readonly baris: JsonObject[];
}

export interface BkdSimulator extends SimulatedServer {
  readonly credentials: { username: string; password: string };
  readonly warrants: JsonObject[];
  readonly orders: PaymentOrder[];
  /** Status of payments as told by the hub, by `id_batch|nomor_urut`. */
  readonly statuses: Map<string, JsonObject>;
}

const PAGE = 50;

export async function startBkdSimulator(options: { port?: number } = {}): Promise<BkdSimulator> {
  const credentials = { username: 'hub', password: randomBytes(12).toString('hex') };
  const warrants: JsonObject[] = [];
  const orders: PaymentOrder[] = [];
  const statuses = new Map<string, JsonObject>();
  const admitted = (request: Request, response: Response): boolean => {
    if (request.headers.authorization === `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`) return true;
    response.status(401).json({ message: 'Unauthorized' });
    return false;
  };
  const server = await startServer((app: Express) => {
    app.get('/sp2d', (request, response) => {
      if (!admitted(request, response)) return;
      const page = Number(request.query.page ?? 1);
      response.json({ data: warrants.slice((page - 1) * PAGE, page * PAGE), page, last_page: Math.max(1, Math.ceil(warrants.length / PAGE)) });
    });
    app.get('/perintah-bayar', (request, response) => {
      if (!admitted(request, response)) return;
      const after = Number(request.query.setelah ?? 0);
      response.json({ data: orders.slice(after, after + 1), berikut: Math.min(orders.length, after + 1) });
    });
    app.post('/status-bayar', (request, response) => {
      if (!admitted(request, response)) return;
      const status = request.body as JsonObject;
      if (!status.id_batch || !status.nomor_urut) return void response.status(422).json({ message: 'id_batch dan nomor_urut wajib' });
      statuses.set(`${String(status.id_batch)}|${String(status.nomor_urut)}`, status);
      response.json({ status: 'ok' });
    });
  }, options.port);
  return { ...server, credentials, warrants, orders, statuses };
}
