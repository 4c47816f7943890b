/** What the hub knows of the people on a payroll, read from the latest records in one snapshot. */
import { RejectedRecord } from '../errors.js';
import type { LatestView } from '../latest/latest.js';
import type { JsonObject } from '../record.js';
import type { KnownFacts, PayLine } from './findings.js';

/** Topics that the check looks at; it waits until the latest records have reached their ends. */
export const SOURCES = ['keuangan.gaji', 'kepegawaian.asn', 'kependudukan.peristiwa', 'keuangan.status_bayar', 'keuangan.sp2d', 'keuangan.perintah_bayar'] as const;

export interface Decode {
  prepare(values: readonly Buffer[]): Promise<void>;
  decode(value: Buffer): JsonObject;
}

const PAGE = 5000;
/** Region codes of the city's own kelurahan begin with it. */
const CITY = '53.71.';

/** A latest record, and where it lies in the log. */
export interface Stored {
  readonly key: string;
  readonly value: JsonObject;
  readonly partition: number;
  readonly offset: number;
  readonly time: number;
}

/** Undefined for bytes that are no record: whoever writes to a topic past the hub must not stop the check of everybody's salary. */
export function readable(codec: Decode, value: Buffer): JsonObject | undefined {
  try {
    return codec.decode(value);
  } catch (error) {
    if (error instanceof RejectedRecord) return undefined;
    throw error;
  }
}

/** All records of a topic that can be read, page by page. */
export async function* all(view: LatestView, topic: string, codec: Decode): AsyncGenerator<Stored> {
  for (let after: string | undefined; ; ) {
    const page = await view.scan(topic, { ...(after !== undefined && { after }), limit: PAGE });
    await codec.prepare(page.map(({ value }) => value));
    for (const record of page) {
      const value = readable(codec, record.value);
      if (value) yield { ...record, value };
    }
    if (page.length < PAGE) return;
    after = page.at(-1)!.key;
  }
}

/** Answers what is known of the person of a line. */
export async function readFacts(view: LatestView, codec: Decode, lines: readonly PayLine[]): Promise<(line: PayLine) => KnownFacts> {
  const asn = await view.get('kepegawaian.asn', [...new Set(lines.map(({ nip }) => nip))]);
  await codec.prepare([...asn.values()].map(({ value }) => value));
  const deaths = new Map<string, string>();
  const moves = new Map<string, string>();
  for await (const { value: event } of all(view, 'kependudukan.peristiwa', codec)) {
    const dates = event.jenis === 'MATI' ? deaths : event.jenis === 'PINDAH' && !String(event.kode_kelurahan_tujuan ?? '').startsWith(CITY) ? moves : undefined;
    if (typeof event.nik === 'string') keepLatest(dates, event.nik, String(event.tanggal_peristiwa));
  }
  const paid = new Map<string, { time: string; account: string }>();
  for await (const { value: payment } of all(view, 'keuangan.status_bayar', codec)) {
    if (payment.status !== 'BERHASIL' || typeof payment.nip !== 'string' || typeof payment.rekening !== 'string') continue;
    const time = String(payment.waktu ?? '');
    if ((paid.get(payment.nip)?.time ?? '') <= time) paid.set(payment.nip, { time, account: payment.rekening });
  }
  return (line) => {
    const stored = asn.get(line.nip);
    const person = stored && readable(codec, stored.value);
    return {
      asn: person && { tmtPensiun: textOrNull(person.tmt_pensiun), kedudukanHukum: textOrNull(person.kedudukan_hukum) },
      death: line.nik === null ? undefined : deaths.get(line.nik),
      movedOut: line.nik === null ? undefined : moves.get(line.nik),
      lastAccount: paid.get(line.nip)?.account,
    };
  };
}

function keepLatest(dates: Map<string, string> | undefined, nik: string, date: string): void {
  if (dates && (dates.get(nik) ?? '') < date) dates.set(nik, date);
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
