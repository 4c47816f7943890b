/** Which lines of a payroll are compared now, and which of them a corrected file has replaced. */
import type { LatestView } from '../latest/latest.js';
import type { Log } from '../log/log.js';
import type { JsonObject } from '../record.js';
import { deliveryOf, LINES, type Progress } from './arrivals.js';
import { all, type Decode, type Stored } from './facts.js';
import { lineKey } from './verdict.js';
import { readWarrants } from './warrants.js';

/** What is to be looked at. */
export interface Wanted {
  /** Files that are complete. */
  readonly files: ReadonlySet<string>;
  /** Lines of a checked file that were cases and now have passed. */
  readonly lines: ReadonlySet<string>;
  /** NIK of people whose death was told; undefined when none was told, corrected or withdrawn. */
  readonly dead?: ReadonlySet<string>;
}

/** Where lines are read. */
export interface LineReading {
  readonly view: LatestView;
  readonly log: Pick<Log, 'read'>;
  readonly codec: Decode;
}

/** Findings that change when a death is corrected or withdrawn. */
const OF_DEATHS = ['MENINGGAL_BUKAN_TERUSAN', 'TERUSAN_LEWAT_BULAN'];

/** @param known every finding there is, by id. */
export async function linesToCheck(reading: LineReading, wanted: Wanted, progress: Progress, known: ReadonlyMap<string, JsonObject>): Promise<{ rows: JsonObject[]; replaced: JsonObject[] }> {
  const rows = await linesOf(reading, wanted, progress, known);
  const replaced = await replacedOf(reading.log, rows);
  return { rows: rows.map(({ value }) => value).filter((value) => !replaced.has(value)), replaced: [...replaced] };
}

async function linesOf({ view, codec }: LineReading, { files, lines, dead }: Wanted, progress: Progress, known: ReadonlyMap<string, JsonObject>): Promise<Stored[]> {
  const doubted = new Set(dead && [...known.values()].filter(({ aturan }) => OF_DEATHS.includes(String(aturan))).map(lineKey));
  const rows: Stored[] = [];
  const late: Stored[] = [];
  for await (const row of all(view, LINES, codec)) {
    const { berkas, nik } = row.value;
    if (files.has(String(berkas)) || lines.has(row.key)) rows.push(row);
    else if (dead && progress[String(berkas)]?.checked && (dead.has(String(nik)) || doubted.has(row.key))) late.push(row);
  }
  if (late.length === 0) return rows;
  const paid = await readWarrants(view, codec);
  return [...rows, ...late.filter(({ value }) => !paid(value))];
}

/** A corrected file that has gaji terusan where the file before it had gaji induk, or the reverse, leaves the former line in the topic, since its key is another. */
async function replacedOf(log: LineReading['log'], rows: readonly Stored[]): Promise<Set<JsonObject>> {
  const persons = new Map<string, Stored[]>();
  for (const row of rows) {
    const { nip, periode, jenis_gaji, berkas } = row.value;
    if (jenis_gaji !== 'INDUK' && jenis_gaji !== 'TERUSAN') continue;
    const person = [nip, periode, berkas].join('|');
    persons.set(person, [...(persons.get(person) ?? []), row]);
  }
  const replaced = new Set<JsonObject>();
  for (const both of persons.values()) {
    if (both.length < 2) continue;
    const [older, newer] = [...both].sort((a, b) => a.time - b.time) as [Stored, Stored];
    const [before, after] = [await deliveryIn(log, older), await deliveryIn(log, newer)];
    if (before !== '' && after !== '' && before !== after) replaced.add(older.value);
  }
  return replaced;
}

async function deliveryIn(log: LineReading['log'], { partition, offset }: Stored): Promise<string> {
  const [record] = (await log.read(LINES, partition, offset, 1)).records;
  return record?.offset === offset ? deliveryOf(record.id) : '';
}
