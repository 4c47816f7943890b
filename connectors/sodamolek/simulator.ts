/** Soda Molek in the kelurahan: tells the hub of requests by webhook, can be asked for those that were missed, and takes status, printable letters and news of residents. */
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import axios from 'axios';
import type { Express, Request, Response } from 'express';
import type { JsonObject } from '../../hub/record.js';
import { type SimulatedServer, startServer } from '../city/server.js';

export interface SodamolekSimulator extends SimulatedServer {
  readonly credentials: { token: string; webhookSecret: string };
  readonly requests: JsonObject[];
  readonly documents: JsonObject[];
  /** What the hub pushed, by id: statuses, letters that any kelurahan may print, residents who moved or died. */
  readonly received: { status: Map<string, JsonObject>; cetak: Map<string, JsonObject>; warga: Map<string, JsonObject> };
  /** Address of the hub's receiver; until it is set, requests wait to be pulled. */
  webhookUrl: string | undefined;
  /** A citizen asks for a letter. Returns its number. Tells the hub, and does not mind when the hub cannot be reached: it is pulled later. */
  request(fields: JsonObject): Promise<string>;
  /** The kelurahan worked on a request: its status (code of `status_permohonan`) changes. */
  progress(number: string, status: number): void;
  /** A letter was made; it is pulled with the next run. */
  issue(document: JsonObject): void;
}

const PAGE = 100;

export async function startSodamolekSimulator(options: { port?: number; now?: () => Date } = {}): Promise<SodamolekSimulator> {
  const now = options.now ?? ((): Date => new Date());
  const credentials = { token: randomBytes(16).toString('hex'), webhookSecret: `whsec_${randomBytes(24).toString('base64')}` };
  const requests: JsonObject[] = [];
  const documents: JsonObject[] = [];
  const received = { status: new Map<string, JsonObject>(), cetak: new Map<string, JsonObject>(), warga: new Map<string, JsonObject>() };
  const admitted = (request: Request, response: Response): boolean => {
    if (request.headers.authorization === `Bearer ${credentials.token}`) return true;
    response.status(401).json({ pesan: 'Token tidak berlaku' });
    return false;
  };
  const list = (rows: JsonObject[]) => (request: Request, response: Response) => {
    if (!admitted(request, response)) return;
    const since = String(request.query.sejak ?? '');
    const offset = Number(request.query.offset ?? 0);
    const found = rows.filter((row) => String(row.diubah) >= since);
    response.json({ data: found.slice(offset, offset + PAGE), jumlah: found.length });
  };
  const take = (kind: keyof typeof received) => (request: Request, response: Response) => {
    if (!admitted(request, response)) return;
    const body = request.body as JsonObject;
    if (!body.id) return void response.status(422).json({ pesan: 'id wajib diisi' });
    received[kind].set(String(body.id), body);
    response.json({ pesan: 'diterima' });
  };
  const server = await startServer((app: Express) => {
    app.get('/api/permohonan', list(requests));
    app.get('/api/dokumen', list(documents));
    app.get('/api/kemajuan', list(requests));
    app.post('/api/status', take('status'));
    app.post('/api/cetak', take('cetak'));
    app.post('/api/warga', take('warga'));
  }, options.port);

  const simulator: SodamolekSimulator = {
    ...server, credentials, requests, documents, received, webhookUrl: undefined,
    async request(fields) {
      const number = String(fields.nomor ?? `SM-${String(requests.length + 1).padStart(6, '0')}`);
      const row: JsonObject = { ...fields, nomor: number, status: fields.status ?? 1, diubah: now().toISOString() };
      requests.push(row);
      if (simulator.webhookUrl) await tell(simulator.webhookUrl, row).catch(() => undefined);
      return number;
    },
    progress(number, status) {
      const row = requests.find((request) => request.nomor === number);
      if (row) Object.assign(row, { status, diubah: now().toISOString() });
    },
    issue(document) {
      documents.push({ ...document, diubah: now().toISOString() });
    },
  };

  /** Standard Webhooks: HMAC-SHA256 over `<id>.<timestamp>.<body>`. */
  async function tell(url: string, row: JsonObject): Promise<void> {
    const body = JSON.stringify(row);
    const id = `msg_${randomUUID()}`;
    const time = Math.floor(now().getTime() / 1000);
    const signature = createHmac('sha256', Buffer.from(credentials.webhookSecret.replace('whsec_', ''), 'base64')).update(`${id}.${time}.${body}`).digest('base64');
    await axios.post(url, body, { headers: { 'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': String(time), 'webhook-signature': `v1,${signature}` }, timeout: 5000 });
  }
  return simulator;
}
