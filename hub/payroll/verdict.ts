/** What a check adds to the findings that are there: new ones, changed ones that are asked again, and those that no longer hold. A decision on the same finding stands. */
import { createHash } from 'node:crypto';
import type { JsonObject } from '../record.js';
import type { Finding } from './findings.js';

export interface Checked {
  /** Lines that were looked at, each with what was found. */
  readonly lines: readonly { readonly line: JsonObject; readonly findings: readonly Finding[] }[];
  /** Lines that a corrected file replaced by another kind for the same person and month. */
  readonly replaced: readonly JsonObject[];
  /** Every finding there is, by id. */
  readonly known: ReadonlyMap<string, JsonObject>;
  readonly officer: string;
  readonly now: Date;
}

/** Versions of findings to be written. */
export function verdict({ lines, replaced, known, officer, now }: Checked): JsonObject[] {
  const time = now.toISOString();
  const written: JsonObject[] = [];
  const held = new Set<string>();
  for (const { line, findings } of lines) {
    for (const finding of findings) {
      const found = findingRecord(line, finding, officer, time);
      const before = known.get(String(found.id_temuan));
      held.add(String(found.id_temuan));
      if (!before || before.keputusan === 'GUGUR') written.push(found);
      else if (ASKED.some((name) => (before[name] ?? null) !== (found[name] ?? null))) written.push({ ...found, ditemukan: before.ditemukan! });
    }
  }
  const looked = new Set([...lines.map(({ line }) => lineKey(line)), ...replaced.map(lineKey)]);
  for (const [id, before] of known) {
    if (held.has(id) || before.keputusan === 'GUGUR' || !looked.has(lineKey(before))) continue;
    const decided = before.keputusan === 'MENUNGGU' ? '' : `; sebelumnya ${String(before.keputusan).toLowerCase()}: ${String(before.alasan)}`;
    written.push({ ...before, keputusan: 'GUGUR', alasan: `Tidak ada lagi pada pemeriksaan ulang${decided}`, diputuskan: time });
  }
  return written;
}

/** What the officer decided upon: when one of them is another, the decision was about something else. */
const ASKED = ['tingkat', 'uraian', 'nilai', 'sidik'] as const;

/** The key of a line in `keuangan.gaji`; findings carry the same fields. */
export function lineKey({ nip, periode, jenis_gaji }: JsonObject): string {
  return [nip, periode, jenis_gaji].join('|');
}

function findingRecord(line: JsonObject, finding: Finding, officer: string, time: string): JsonObject {
  const { nip, periode, jenis_gaji, nama, kode_skpd, berkas, bersih } = line;
  const id = digest(`${lineKey(line)}|${finding.kode}`);
  return {
    id_temuan: id, nip: nip!, periode: periode!, jenis_gaji: jenis_gaji!, nama: nama ?? null, kode_skpd: kode_skpd ?? null, berkas: berkas ?? null,
    aturan: finding.kode, tingkat: finding.jenis, uraian: finding.uraian, nilai: bersih ?? null, sidik: finding.dinilai === undefined ? null : digest(`${id}|${finding.dinilai}`),
    keputusan: 'MENUNGGU', petugas: officer, ditemukan: time,
  };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
