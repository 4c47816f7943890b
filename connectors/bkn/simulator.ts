/** SIASN as BKN shows it: two tokens on each call, the envelope, 404 with a text, dd-mm-yyyy, `01-01-0001` for no date, a daily quota, proposals that are refused. */
import { randomBytes } from 'node:crypto';
import type { Express, Request, Response } from 'express';
import type { JsonObject } from '../../hub/record.js';
import { type SimulatedServer, startServer } from '../city/server.js';

/** The records of one ASN under SIASN's names. */
export interface SiasnFile {
  readonly dataUtama: JsonObject;
  readonly riwayatJabatan: JsonObject[];
  readonly riwayatGolongan: JsonObject[];
}

export interface BknSimulator extends SimulatedServer {
  readonly credentials: { consumerKey: string; consumerSecret: string; ssoClientId: string; username: string; password: string };
  /** Faults of its own: tokens that end at once, calls left today, whether proposals are refused. */
  readonly siasn: { tokenSeconds: number; quota: number; refuseProposals: boolean };
  /** How many calls of each kind were answered, so that politeness can be seen. */
  readonly calls: { token: number; data: number; save: number };
  expireTokens(): void;
}

export async function startBknSimulator(options: { files: Map<string, SiasnFile>; port?: number; now?: () => Date }): Promise<BknSimulator> {
  const now = options.now ?? ((): Date => new Date());
  const credentials = { consumerKey: 'kunci-kota', consumerSecret: randomBytes(12).toString('hex'), ssoClientId: 'kotakupang', username: 'petugas', password: randomBytes(12).toString('hex') };
  const siasn = { tokenSeconds: 3600, quota: 100_000, refuseProposals: false };
  const calls = { token: 0, data: 0, save: 0 };
  const tokens = new Map<string, number>();

  function issue(response: Response): void {
    calls.token++;
    const text = randomBytes(16).toString('hex');
    tokens.set(text, now().getTime() + siasn.tokenSeconds * 1000);
    response.json({ access_token: text, expires_in: siasn.tokenSeconds, token_type: 'Bearer' });
  }
  const valid = (header: string | undefined): boolean => (tokens.get((header ?? '').replace(/^bearer /i, '')) ?? 0) > now().getTime();

  /** Lets a call through only with both tokens and within the quota. */
  function admitted(request: Request, response: Response): boolean {
    if (!valid(request.headers.authorization)) response.status(401).json({ Error: 'Unauthorized', Message: 'Invalid Credentials' });
    else if (!valid(request.headers.auth as string | undefined)) response.status(401).json({ code: 0, data: 'Token SSO tidak berlaku' });
    else if (siasn.quota <= 0) response.status(429).set('Retry-After', '3600').json({ Error: 'Quota', Message: 'Kuota akses habis' });
    else {
      siasn.quota--;
      return true;
    }
    return false;
  }
  const answer = (response: Response, data: unknown): void => {
    calls.data++;
    if (data === undefined) response.status(404).json({ code: 0, data: 'Data tidak ditemukan' });
    else response.json({ code: 1, data });
  };

  const server = await startServer((app: Express) => {
    app.post('/oauth2/token', (request, response) => {
      const wanted = `Basic ${Buffer.from(`${credentials.consumerKey}:${credentials.consumerSecret}`).toString('base64')}`;
      if (request.headers.authorization !== wanted || request.body?.grant_type !== 'client_credentials') response.status(401).json({ error: 'invalid_client' });
      else issue(response);
    });
    app.post('/auth/token', (request, response) => {
      const { grant_type: grant, client_id: client, username, password } = request.body ?? {};
      if (grant !== 'password' || client !== credentials.ssoClientId || username !== credentials.username || password !== credentials.password) response.status(401).json({ error: 'invalid_grant' });
      else issue(response);
    });
    app.get('/apisiasn/1.0/pns/data-utama/:nip', (request, response) => void (admitted(request, response) && answer(response, options.files.get(request.params.nip)?.dataUtama)));
    app.get('/apisiasn/1.0/pns/rw-jabatan/:nip', (request, response) => void (admitted(request, response) && answer(response, options.files.get(request.params.nip)?.riwayatJabatan)));
    app.get('/apisiasn/1.0/pns/rw-golongan/:nip', (request, response) => void (admitted(request, response) && answer(response, options.files.get(request.params.nip)?.riwayatGolongan)));
    app.post('/apisiasn/1.0/jabatan/unorjabatan/save', (request, response) => {
      if (!admitted(request, response)) return;
      calls.save++;
      const body = request.body as JsonObject;
      const file = [...options.files.values()].find(({ dataUtama }) => dataUtama.id === body.pnsId);
      if (siasn.refuseProposals || !file) return void response.status(400).json({ success: false, message: 'Gagal menyimpan', mapData: file ? 'TMT jabatan mendahului TMT golongan' : 'pnsId tidak ditemukan' });
      const id = `rwj-${randomBytes(8).toString('hex')}`;
      file.riwayatJabatan.push({ ...body, id, idPns: body.pnsId ?? null, nipBaru: file.dataUtama.nipBaru ?? null, nipLama: '', path: null });
      Object.assign(file.dataUtama, { tmtJabatan: body.tmtJabatan, unorId: body.unorId ?? file.dataUtama.unorId });
      response.json({ success: true, message: 'Berhasil disimpan', mapData: { rwJabatanId: id } });
    });
  }, options.port);

  return { ...server, credentials, siasn, calls, expireTokens: () => tokens.clear() };
}
