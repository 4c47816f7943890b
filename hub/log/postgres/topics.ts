/** The topics of the PostgreSQL engine and what is remembered of them in this process. */
import { type Database, transaction } from '../../database/database.js';
import { ContractError } from '../../errors.js';
import type { TopicInfo, TopicSpec } from '../log.js';
import { ask } from '../outage.js';

export interface Topic {
  readonly id: number;
  readonly name: string;
  readonly partitions: number;
}

export interface Topics {
  /** From memory where known. @throws Error when there is no such topic. */
  find(name: string): Promise<Topic>;
  /** Asks the database again, since another process may have added partitions. */
  refresh(): Promise<void>;
  ensure(spec: TopicSpec): Promise<void>;
  list(): Promise<TopicInfo[]>;
}

interface TopicRow {
  id: number;
  name: string;
  partitions: number;
  cleanup: 'compact' | 'time';
  retention: string | null;
  records: string;
}

export function topicsOf(database: Database): Topics {
  let known = new Map<string, Topic>();

  const refresh = async () => {
    const { rows } = await ask(database, { text: 'SELECT id, name, partitions FROM log_topic' });
    known = new Map((rows as Topic[]).map((row) => [row.name, row]));
  };
  return {
    refresh,
    find: async (name) => {
      if (!known.has(name)) await refresh();
      const topic = known.get(name);
      if (!topic) throw new ContractError(`Topik ${name} belum ada di log. Daftarkan kontraknya di schemas/ lalu jalankan "sasando apply".`);
      return topic;
    },
    ensure: async (spec) => {
      if (!Number.isInteger(spec.partitions) || spec.partitions < 1) throw new ContractError(`Topik ${spec.name}: jumlah partisi ${spec.partitions} tidak sah, paling sedikit 1.`);
      await transaction(database, async (connection) => {
        const { rows } = await connection.query<TopicRow>(
          `INSERT INTO log_topic AS topic (name, partitions, cleanup, retention) VALUES ($1, $2, $3, $4)
           ON CONFLICT (name) DO UPDATE SET partitions = greatest(topic.partitions, excluded.partitions), cleanup = excluded.cleanup, retention = excluded.retention RETURNING *`,
          [spec.name, spec.partitions, spec.cleanup, spec.cleanup === 'time' ? (spec.retention ?? null) : null],
        );
        const { id, partitions } = rows[0]!;
        if (partitions > spec.partitions) {
          throw new ContractError(`Topik ${spec.name} memiliki ${partitions} partisi dan tidak dapat dikurangi menjadi ${spec.partitions}: kunci akan berpindah partisi. Tulis "partitions": ${partitions} dalam kontraknya.`);
        }
        // In the order in which commits lock them.
        await connection.query('SELECT FROM log_partition WHERE topic = $1 ORDER BY partition FOR UPDATE', [id]);
        await connection.query('UPDATE log_partition SET partitions = $2 WHERE topic = $1 AND partitions <> $2', [id, partitions]);
        await connection.query('INSERT INTO log_partition (topic, partition, partitions) SELECT $1, partition, $2 FROM generate_series(0, $2 - 1) AS partition ON CONFLICT DO NOTHING', [id, partitions]);
      });
      await refresh();
    },
    list: async () => {
      const { rows } = await ask(database, {
        text: `SELECT topic.*, (SELECT coalesce(sum(records), 0) FROM log_partition AS head WHERE head.topic = topic.id) AS records FROM log_topic AS topic ORDER BY name`,
      });
      return (rows as TopicRow[]).map((row) => ({
        name: row.name,
        partitions: row.partitions,
        cleanup: row.cleanup,
        ...(row.retention === null ? {} : { retention: Number(row.retention) }),
        records: Number(row.records),
      }));
    },
  };
}
