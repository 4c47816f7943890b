/** Writes batches exactly once: records, offset and rejections in one transaction of the target. */
import type pg from 'pg';
import type { ConnectorContext, Receipt, SinkBatch } from '../../hub/connector.js';
import type { Fault, SinkRecord } from '../../hub/record.js';
import { withPooled } from './connection.js';
import { isDataError } from './failure.js';
import { lockOffset, type Rejections, storeOffset } from './offset.js';
import type { PostgresSettings } from './settings.js';
import { forgetTarget, type Target, type TargetColumn, targetOf } from './target.js';
import { applyRecords, upsertOne } from './upsert.js';

/** A hub that falls silent for so long in the middle of a batch is frozen: the server ends its transaction, so that the hub that goes on is not kept waiting by its lock. */
const FROZEN_AFTER = '4s';

/** Sink. Records below the stored offset were written before: they are answered from what is stored, and not written again. */
export async function writeTable(settings: PostgresSettings, batch: SinkBatch, context: ConnectorContext): Promise<Receipt[]> {
  try {
    return await withPooled(settings, context.signal, async (client) => {
      const target = await targetOf(client, settings);
      await client.query(`BEGIN; SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL idle_in_transaction_session_timeout = '${FROZEN_AFTER}'`);
      const { next, rejections: before } = await lockOffset(client, settings, context.instance, batch.topic, batch.partition);
      const fresh = batch.records.filter((record) => record.offset >= next);
      let rejections = before;
      if (fresh.length || batch.nextOffset > next) {
        const kept = Object.fromEntries(batch.records.filter((record) => record.offset < next && before[record.offset]).map((record) => [record.offset, before[record.offset]!]));
        rejections = { ...kept, ...(fresh.length ? await applyAll(client, settings, target, fresh, true) : {}) };
        await storeOffset(client, settings, context.instance, batch.topic, batch.partition, batch.nextOffset, rejections);
      }
      await client.query('COMMIT');
      return batch.records.map((record): Receipt => {
        const faults = rejections[record.offset];
        return faults ? { outcome: 'rejected', faults } : { outcome: 'delivered' };
      });
    });
  } catch (error) {
    forgetTarget(settings);
    throw error;
  }
}

/** All at once; after a data error the halves one by one, down to the records that the database refuses. */
async function applyAll(client: pg.ClientBase, settings: PostgresSettings, target: Target, records: readonly SinkRecord[], first = false): Promise<Rejections> {
  await client.query('SAVEPOINT part');
  try {
    const only = records.length === 1 ? records[0]!.value : null;
    if (only) await upsertOne(client, settings, target, only);
    else await applyRecords(client, settings, target, records, first);
    await client.query('RELEASE SAVEPOINT part');
    return {};
  } catch (error) {
    if (!isDataError(error)) throw error;
    await client.query('ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part');
    if (records.length === 1) return { [records[0]!.offset]: [faultOf(error, records[0]!)] };
    const half = records.length >> 1;
    return { ...(await applyAll(client, settings, target, records.slice(0, half))), ...(await applyAll(client, settings, target, records.slice(half))) };
  }
}

const SENTENCES: Record<string, string> = {
  '22001': 'terlalu panjang untuk kolom tujuan',
  '22003': 'angka di luar batas kolom tujuan',
  '22007': 'bukan tanggal atau waktu yang benar',
  '22008': 'tanggal atau waktu di luar batas',
  '22021': 'memuat huruf yang tidak dapat disimpan',
  '22P02': 'tidak sesuai dengan jenis kolom tujuan',
  '22P05': 'memuat huruf yang tidak dapat disimpan',
  '23502': 'wajib diisi di tujuan',
  '23503': 'merujuk data yang tidak ada di tujuan',
  '23505': 'nilai unik ini sudah dipakai baris lain di tujuan',
  '23514': 'melanggar aturan tabel tujuan',
};

/** The database's refusal as a fault. Its own message may quote the value, so it is not passed on. */
function faultOf(error: pg.DatabaseError, record: SinkRecord): Fault {
  const columns = (error as { columns?: readonly TargetColumn[] }).columns ?? [];
  const parameter = /parameter \$(\d+)/.exec(error.where ?? '')?.[1];
  const tooLong = error.code === '22001' ? columns.find((column) => column.length !== undefined && String(record.value?.[column.name] ?? '').length > column.length) : undefined;
  const path = error.column ?? (parameter ? columns[Number(parameter) - 1]?.name : undefined) ?? tooLong?.name ?? '';
  const sentence = SENTENCES[error.code ?? ''] ?? 'ditolak basis data tujuan';
  return {
    path,
    rule: `sql.${error.code}`,
    message: `${sentence}${error.constraint ? ` (${error.constraint})` : ''}`,
    repair: 'Perbaiki nilainya di sumber, atau sesuaikan kolom dan aturan tabel tujuan',
    severity: 'reject',
  };
}
