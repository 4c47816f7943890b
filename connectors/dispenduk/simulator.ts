/** Dispenduk: the Dukcapil web service (credentials in the body, faults as HTTP 200, labels instead of codes) and the inbox that answers with a receipt number. */
import { randomBytes } from 'node:crypto';
import type { Express } from 'express';
import type { JsonObject } from '../../hub/record.js';
import { type SimulatedServer, startServer } from '../city/server.js';

export interface DispendukSimulator extends SimulatedServer {
  readonly credentials: { userId: string; password: string; ip: string; token: string };
  readonly dukcapil: { quota: number; wrongIp: boolean };
  /** NIKs that were verified, in the order of their first time. */
  readonly verified: Set<string>;
  /** What arrived in the inbox, by the sender's document number: a second delivery of one document gets the first receipt. */
  readonly inbox: Map<string, { receipt: string; document: JsonObject }>;
}

/** `residents`: by NIK, under the names of the web service (`NAMA_LGKP`, `TGL_LHR` …). */
export async function startDispendukSimulator(options: { residents: { get(nik: string): JsonObject | undefined }; port?: number; now?: () => Date }): Promise<DispendukSimulator> {
  const credentials = { userId: 'kominfo5371', password: randomBytes(12).toString('hex'), ip: '10.53.71.2', token: randomBytes(16).toString('hex') };
  const dukcapil = { quota: 100_000, wrongIp: false };
  const verified = new Set<string>();
  const inbox = new Map<string, { receipt: string; document: JsonObject }>();
  const page = (content: JsonObject[]): JsonObject => ({ content, lastPage: true, firstPage: true, numberOfElements: content.length, totalElements: content.length, number: 0, size: 1, sort: null });

  const server = await startServer((app: Express) => {
    app.post('/dukcapil/get_json/53-71/kominfo/:call', (request, response) => {
      const body = request.body as JsonObject;
      const person = options.residents.get(String(body.nik ?? body.NIK));
      if (body.user_id !== credentials.userId || body.password !== credentials.password) return void response.json(page([{ RESPON: 'Login Gagal' }]));
      if (dukcapil.wrongIp || body.ip_user !== credentials.ip) return void response.json(page([{ RESPON: 'IP Address Tidak Sesuai' }]));
      if (dukcapil.quota-- <= 0) return void response.json(page([{ RESPON: 'Kuota Akses Hari ini telah Habis' }]));
      if (!person) return void response.json(page([{ RESPON: 'Data Tidak Ditemukan' }]));
      if (request.params.call.toUpperCase() === 'CALL_VERIFY_BY_ELEMEN') {
        verified.add(String(person.NIK));
        return void response.json(page([verification(body, person)]));
      }
      // NIK and NO_KK as JSON numbers, as some instances of the service send them.
      const text = JSON.stringify(page([person])).replace(/"(NIK|NO_KK)":"(\d{16})"/g, '"$1":$2');
      response.type('json').send(text);
    });
    app.post('/kotak-masuk', (request, response) => {
      if (request.headers.authorization !== `Bearer ${credentials.token}`) return void response.status(401).json({ pesan: 'Token tidak berlaku' });
      const document = request.body as JsonObject;
      if (!document.nomor_dokumen) return void response.status(422).json({ pesan: 'nomor_dokumen wajib diisi' });
      const number = String(document.nomor_dokumen);
      const receipt = inbox.get(number)?.receipt ?? `TT-${String(inbox.size + 1).padStart(6, '0')}`;
      inbox.set(number, { receipt, document });
      response.status(201).json({ nomor_tanda_terima: receipt, nomor_dokumen: number, waktu: (options.now?.() ?? new Date()).toISOString() });
    });
  }, options.port);
  return { ...server, credentials, dukcapil, verified, inbox };
}

/** Per element `Sesuai` or `Tidak Sesuai`; names and addresses with a score. */
function verification(asked: JsonObject, person: JsonObject): JsonObject {
  const elements = Object.keys(asked).filter((name) => name === name.toUpperCase() && !['NIK', 'TRESHOLD', 'IP_USER'].includes(name));
  return Object.fromEntries(
    elements.map((name) => {
      const same = String(asked[name]).trim().toUpperCase() === String(person[name]).trim().toUpperCase();
      return [name, ['NAMA_LGKP', 'ALAMAT'].includes(name) ? (same ? 'Sesuai (100)' : 'Sesuai (40)') : same ? 'Sesuai' : 'Tidak Sesuai'];
    }),
  );
}
