/**
 * Pushes proposals (usulan) from SIMPEG to SIASN. SIASN has no idempotency key: before a proposal is sent, the history of that NIP is read, and one with the same
 * decree number and date is taken as sent. The answer becomes a reply record, accepted or refused.
 */
import type { ConnectorContext, Receipt, SinkBatch } from '../../hub/connector.js';
import type { JsonObject, SinkRecord } from '../../hub/record.js';
import { createClient, type SiasnClient } from './client.js';
import type { BknSettings } from './settings.js';

export async function writeUsulan(settings: BknSettings, batch: SinkBatch, context: ConnectorContext): Promise<Receipt[]> {
  const client = createClient(settings, context.now);
  const receipts: Receipt[] = [];
  for (const record of batch.records) receipts.push(record.value === null ? { outcome: 'delivered' } : await send(client, record, record.value, context));
  return receipts;
}

/** The same whether it was saved now or, before a crash, the first time: the reply that goes back is then the same record. */
const RECORDED = 'Berhasil disimpan';

/** `value`: `{ nip, id_usulan, isi: <body of /jabatan/unorjabatan/save> }`, the shape that the instance's mapping makes. */
async function send(client: SiasnClient, record: SinkRecord, value: JsonObject, context: ConnectorContext): Promise<Receipt> {
  const { nip, id_usulan: proposal, ...body } = value;
  const reply = (fields: JsonObject): { value: JsonObject; id: string; time: number } => ({ value: { id_usulan: proposal ?? record.key, nip: nip ?? null, ...fields }, id: `bkn:${record.id}`, time: context.now().getTime() });
  const known = await client.get(`/pns/rw-jabatan/${encodeURIComponent(String(nip))}`, context.signal);
  const sent = (Array.isArray(known) ? (known as JsonObject[]) : []).find((row) => row.nomorSk === body.nomorSk && row.tanggalSk === body.tanggalSk);
  if (sent) return { outcome: 'delivered', reply: reply({ status: 'DITERIMA', id_riwayat: sent.id ?? null, pesan: RECORDED }) };
  const answer = await client.post('/jabatan/unorjabatan/save', { id: null, ...body }, context.signal);
  if (answer.success === true) {
    const saved = answer.mapData as JsonObject | undefined;
    return { outcome: 'delivered', reply: reply({ status: 'DITERIMA', id_riwayat: saved?.rwJabatanId ?? null, pesan: RECORDED }) };
  }
  const reason = [answer.message, answer.mapData, answer.data].find((text) => typeof text === 'string') ?? 'tanpa alasan';
  return {
    outcome: 'rejected',
    faults: [{ path: '', rule: 'bkn', message: `ditolak BKN: ${String(reason)}`, repair: 'Perbaiki usulan di SIMPEG lalu kirim lagi', severity: 'reject' }],
    reply: reply({ status: 'DITOLAK', id_riwayat: null, pesan: String(reason) }),
  };
}
