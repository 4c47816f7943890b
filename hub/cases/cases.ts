/**
 * Cases: records that could not pass, at the OPD that produced them. The truth is the internal topic `_kasus`; the table is its projection, brought up to date before each answer.
 * A case that is no longer open lies in the topic again under its id, with `closing`.
 */
import { transaction, type Connection, type Database } from '../database/database.js';
import { OffsetOutOfRangeError } from '../errors.js';
import { CASE_TOPIC, type Log } from '../log/log.js';
import type { NewRecord, Rejection, StoredRecord } from '../record.js';

export type CaseState = 'open' | 'replayed' | 'closed';
/** `accepted`: the same key passed later. `mended`: a mended row was uploaded. `person`: somebody replayed or closed it. */
export type CloseReason = 'accepted' | 'mended' | 'person';

export interface Closing {
  readonly state: 'replayed' | 'closed';
  readonly because: CloseReason;
  /** Who, where it was a person. */
  readonly by?: string;
  readonly note?: string;
  /** Milliseconds since 1970. */
  readonly time: number;
}

export interface Case extends Rejection {
  readonly state: CaseState;
  readonly closing?: Closing;
  /** First opened, milliseconds since 1970. */
  readonly openedAt: number;
  /** How often it was opened. */
  readonly seen: number;
}

export interface CaseFilter {
  /** `closed` means: no longer open, for whichever reason. */
  readonly state?: 'open' | 'closed' | 'all';
  readonly instance?: string;
  readonly owner?: string;
  readonly topic?: string;
  readonly limit?: number;
  readonly offset?: number;
}

export interface Cases {
  /** Newest first, with the number of all that match. */
  list(filter?: CaseFilter): Promise<{ cases: Case[]; total: number }>;
  show(id: string): Promise<Case | undefined>;
  /** Those of the ids that are known, with all that was committed before the call. */
  find(ids: readonly string[]): Promise<ReadonlyMap<string, Case>>;
  /** Open cases of an instance whose topic and key are among these. */
  openFor(instance: string, keys: readonly { readonly topic: string; readonly key: string }[]): Promise<Case[]>;
  /** Open cases per instance. */
  counts(): Promise<ReadonlyMap<string, number>>;
  /** Takes over what was committed before the call. */
  catchUp(): Promise<void>;
}

const PAGE = 1_000;

/** The record that ends a case: to be committed together with what ended it. */
export function closingRecord(one: Case, closing: Closing): NewRecord {
  const { state: _state, closing: _closing, openedAt: _openedAt, seen: _seen, ...rejection } = one;
  return { topic: CASE_TOPIC, key: one.id, value: Buffer.from(JSON.stringify({ ...rejection, closing })), id: `${one.id}:${closing.state}:${one.seen}`, time: closing.time };
}

/** @param log its topic `_kasus` is created where it is missing. */
export async function openCases({ database, log }: { database: Database; log: Log }): Promise<Cases> {
  if (!(await log.topics()).some((topic) => topic.name === CASE_TOPIC)) await log.ensureTopic({ name: CASE_TOPIC, partitions: 1, cleanup: 'compact' });
  let running: Promise<void> | undefined;
  let queued: Promise<void> | undefined;
  /** A call during a run is answered by one more run, since its records may have come after the first one looked. */
  const catchUp = (): Promise<void> => {
    if (!running) return (running = project(database, log).finally(() => (running = undefined)));
    return (queued ??= running.catch(() => undefined).then(() => {
      queued = undefined;
      return (running = project(database, log).finally(() => (running = undefined)));
    }));
  };

  return {
    catchUp,
    async list(filter = {}) {
      await catchUp();
      const values: unknown[] = [];
      const conditions = Object.entries({ instance: filter.instance, owner: filter.owner, topic: filter.topic })
        .filter(([, value]) => value !== undefined)
        .map(([column, value]) => `${column} = $${values.push(value)}`);
      if (filter.state === 'open') conditions.push(`state = 'open'`);
      if (filter.state === 'closed') conditions.push(`state <> 'open'`);
      const where = conditions.length ? `WHERE ${conditions.join(' AND ')}` : '';
      const total = await database.query<{ count: string }>(`SELECT count(*) FROM rejected_case ${where}`, values);
      const page = [...values, Math.min(filter.limit ?? 50, PAGE), filter.offset ?? 0];
      const { rows } = await database.query<Row>(`SELECT * FROM rejected_case ${where} ORDER BY opened_at DESC, id LIMIT $${page.length - 1} OFFSET $${page.length}`, page);
      return { cases: rows.map(toCase), total: Number(total.rows[0]!.count) };
    },
    async show(id) {
      await catchUp();
      const { rows } = await database.query<Row>('SELECT * FROM rejected_case WHERE id = $1', [id]);
      return rows[0] && toCase(rows[0]);
    },
    async find(ids) {
      await catchUp();
      const { rows } = await database.query<Row>('SELECT * FROM rejected_case WHERE id = ANY ($1)', [ids]);
      return new Map(rows.map((row) => [row.id, toCase(row)]));
    },
    async openFor(instance, keys) {
      await catchUp();
      const { rows } = await database.query<Row>(
        `SELECT DISTINCT ON (rejected_case.id) rejected_case.* FROM unnest($2::text[], $3::text[]) AS wanted(topic, key) JOIN rejected_case USING (topic, key) WHERE instance = $1 AND state = 'open'`,
        [instance, keys.map(({ topic }) => topic), keys.map(({ key }) => storable(key))],
      );
      return rows.map(toCase);
    },
    async counts() {
      await catchUp();
      const { rows } = await database.query<{ instance: string; count: string }>(`SELECT instance, count(*) FROM rejected_case WHERE state = 'open' GROUP BY instance`);
      return new Map(rows.map((row) => [row.instance, Number(row.count)]));
    },
  };
}

interface Row {
  readonly id: string;
  readonly state: CaseState;
  readonly opened_at: string;
  readonly seen: number;
  readonly content: string;
}

type Content = Rejection & { closing?: Closing };

function toCase(row: Row): Case {
  return { ...(JSON.parse(row.content) as Content), state: row.state, openedAt: Number(row.opened_at), seen: row.seen };
}

async function project(database: Database, log: Log): Promise<void> {
  const known = new Map((await database.query<{ partition: number; next_offset: string }>('SELECT partition, next_offset FROM case_offset')).rows.map((row) => [row.partition, Number(row.next_offset)]));
  for (const { partition, start, end } of await log.offsets(CASE_TOPIC)) {
    for (let next = Math.max(known.get(partition) ?? 0, start); next < end; ) {
      const batch = await log.read(CASE_TOPIC, partition, next, PAGE).catch((error: unknown) => {
        if (error instanceof OffsetOutOfRangeError) return { records: [], nextOffset: error.start };
        throw error;
      });
      if (batch.nextOffset <= next) break;
      const from = known.get(partition);
      next = await transaction(database, (connection) => store(connection, partition, from, batch));
      known.set(partition, next);
    }
  }
}

/** Answers where to go on: another hub may have been faster, then nothing is written. */
async function store(connection: Connection, partition: number, from: number | undefined, batch: { records: readonly StoredRecord[]; nextOffset: number }): Promise<number> {
  await connection.query('INSERT INTO case_offset VALUES ($1, 0) ON CONFLICT DO NOTHING', [partition]);
  const { rows } = await connection.query<{ next_offset: string }>('SELECT next_offset FROM case_offset WHERE partition = $1 FOR UPDATE', [partition]);
  const stored = Number(rows[0]!.next_offset);
  if (stored !== (from ?? 0)) return stored;
  const changes = new Map<string, { content: Content | undefined; opened: number }>();
  for (const { key, value } of batch.records) {
    const content = value === null ? undefined : (JSON.parse(value.toString('utf8')) as Content);
    const opened = content && !content.closing ? 1 : 0;
    changes.set(key, { content, opened: (changes.get(key)?.opened ?? 0) + opened });
  }
  const gone = [...changes].filter(([, change]) => !change.content).map(([id]) => id);
  if (gone.length > 0) await connection.query('DELETE FROM rejected_case WHERE id = ANY ($1)', [gone]);
  const kept = [...changes.values()].flatMap(({ content, opened }) => (content ? [{ content, opened }] : []));
  if (kept.length > 0) {
    await connection.query(
      `INSERT INTO rejected_case (id, instance, owner, topic, key, state, closed_because, opened_at, changed_at, seen, content)
       SELECT id, instance, owner, topic, key, state, because, time, changed, greatest(opened, 1), content
         FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::int[], $11::text[])
           AS change(id, instance, owner, topic, key, state, because, time, changed, opened, content)
       ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, key = excluded.key, state = excluded.state, closed_because = excluded.closed_because, changed_at = excluded.changed_at,
         seen = rejected_case.seen + (SELECT opened FROM unnest($1::text[], $10::int[]) AS change(id, opened) WHERE change.id = excluded.id), content = excluded.content`,
      [
        kept.map(({ content }) => content.id),
        kept.map(({ content }) => content.instance),
        kept.map(({ content }) => content.owner),
        kept.map(({ content }) => content.topic),
        kept.map(({ content }) => (content.key === undefined ? null : storable(content.key))),
        kept.map(({ content }) => content.closing?.state ?? 'open'),
        kept.map(({ content }) => content.closing?.because ?? null),
        kept.map(({ content }) => content.time),
        kept.map(({ content }) => content.closing?.time ?? content.time),
        kept.map(({ opened }) => opened),
        kept.map(({ content }) => JSON.stringify(content)),
      ],
    );
  }
  await connection.query('UPDATE case_offset SET next_offset = $2 WHERE partition = $1', [partition, batch.nextOffset]);
  return batch.nextOffset;
}

/** PostgreSQL keeps no U+0000 in a text. */
function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}
