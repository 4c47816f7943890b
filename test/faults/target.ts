/** The sink's side: tables that remember every write, and a gate at which a test holds transactions. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../hub/database/database.js';

/** `writing`: a statement of the transaction does not end. `committing`: its COMMIT does not. */
export type HoldAt = 'writing' | 'committing';

const LOCKS: Record<HoldAt, number> = { writing: 7_001, committing: 7_002 };

/** `fault_write` tells of every write of a row, also of one that changes nothing. */
export async function createSinkTables(target: Database): Promise<void> {
  await target.query(`
    CREATE TABLE fault_row (id text PRIMARY KEY, topic text, partition int, record_offset int8, member text);
    CREATE TABLE fault_write (nth bigserial PRIMARY KEY, id text, topic text, partition int, record_offset int8, member text);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO fault_write (id, topic, partition, record_offset, member) VALUES (NEW.id, NEW.topic, NEW.partition, NEW.record_offset, NEW.member); RETURN NEW; END $$;
    CREATE TRIGGER note BEFORE INSERT OR UPDATE ON fault_row FOR EACH ROW EXECUTE FUNCTION note()`);
  await createGate(target, 'fault_row', 0.02);
}

/** Lets `hold` stop the transactions that write this table; each of their statements lasts up to so many seconds longer. */
export async function createGate(target: Database, table: string, lasts: number): Promise<void> {
  await target.query(`
    CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      PERFORM pg_advisory_xact_lock_shared(TG_ARGV[0]::int8), pg_sleep(random() * TG_ARGV[1]::float8); RETURN NULL; END $$;
    CREATE TRIGGER writing AFTER INSERT ON ${table} FOR EACH STATEMENT EXECUTE FUNCTION pass(${LOCKS.writing}, ${lasts});
    CREATE CONSTRAINT TRIGGER committing AFTER INSERT ON ${table} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pass(${LOCKS.committing}, 0)`);
}

export interface Write {
  readonly id: string;
  readonly partition: number;
  readonly offset: number;
  readonly member: string;
}

/** In the order in which they were done. Within a partition that is also the order of their commits, since writers of a partition lock its offset. */
export async function writesOf(target: Database, topic: string): Promise<Write[]> {
  const { rows } = await target.query<{ id: string; partition: number; record_offset: string; member: string }>(
    'SELECT id, partition, record_offset, member FROM fault_write WHERE topic = $1 ORDER BY nth',
    [topic],
  );
  return rows.map(({ id, partition, record_offset, member }) => ({ id, partition, offset: Number(record_offset), member }));
}

export interface Held {
  /** Resolves once so many transactions wait at the gate, or no more came for two seconds. Answers how many. */
  waiting(count: number): Promise<number>;
  /** The same of transactions that wait for another to end. */
  behind(count: number): Promise<number>;
  /** May be called twice. */
  release(): Promise<void>;
}

/** From now on no transaction passes this point. */
export async function hold(target: Database, at: HoldAt): Promise<Held> {
  const connection = await target.connect();
  let held = true;
  await connection.query('SELECT pg_advisory_lock($1)', [LOCKS[at]]);
  const reaching = async (count: number, sql: string): Promise<number> => {
    let found = 0;
    for (let since = Date.now(); found < count && Date.now() - since < 2_000; await sleep(20)) {
      const { rows } = await connection.query<{ n: number }>(sql);
      if (rows[0]!.n > found) since = Date.now();
      found = rows[0]!.n;
    }
    return found;
  };
  const activity = (event: string): string => `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = '${event}'`;
  return {
    waiting: (count) => reaching(count, activity('advisory')),
    behind: (count) => reaching(count, activity('transactionid')),
    release: async () => {
      if (!held) return;
      held = false;
      await connection.query('SELECT pg_advisory_unlock($1)', [LOCKS[at]]);
      connection.release();
    },
  };
}
