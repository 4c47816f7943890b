-- Leases: who may write under a name or read a partition. A change of epoch is a change of a key, so it waits for commits that hold the row (FOR KEY SHARE); renewals do not.
CREATE TABLE lease (
  name text PRIMARY KEY,
  epoch bigint NOT NULL,
  renewed timestamptz NOT NULL,
  -- The holder's session: when it is gone, so is the process, unless it renews from a new session within a moment.
  pid int NOT NULL,
  session_started timestamptz NOT NULL,
  UNIQUE (name, epoch)
) WITH (fillfactor = 50);

CREATE FUNCTION lease_is_free(held lease) RETURNS boolean LANGUAGE sql VOLATILE AS $$
  SELECT held.renewed < clock_timestamp() - interval '5 seconds'
      OR held.renewed < clock_timestamp() - interval '1.5 seconds'
         AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = held.pid AND backend_start = held.session_started)
$$;

-- Next offset that a group reads. Whoever is assigned the partition raises the epoch; the one before can store no more.
CREATE TABLE group_offset (
  group_name text NOT NULL,
  topic text NOT NULL,
  partition int NOT NULL,
  epoch bigint NOT NULL DEFAULT 0,
  next_offset bigint,
  PRIMARY KEY (group_name, topic, partition)
) WITH (fillfactor = 50);

-- The log itself, where the engine is PostgreSQL.
CREATE TABLE log_topic (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  partitions int NOT NULL,
  cleanup text NOT NULL CHECK (cleanup IN ('compact', 'time')),
  retention bigint
);

-- The head of each partition: locked from the moment offsets are given until they are visible, so that readers see them in order and without holes.
CREATE TABLE log_partition (
  topic int NOT NULL REFERENCES log_topic,
  partition int NOT NULL,
  -- Number of partitions of the topic, here so that the lock covers it.
  partitions int NOT NULL,
  start_offset bigint NOT NULL DEFAULT 0,
  next_offset bigint NOT NULL DEFAULT 0,
  records bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (topic, partition)
) WITH (fillfactor = 20);

CREATE TABLE log_record (
  record_offset bigint NOT NULL,
  -- Milliseconds since 1970.
  time bigint NOT NULL,
  topic int NOT NULL,
  partition int NOT NULL,
  key text NOT NULL,
  id text NOT NULL,
  traceparent text,
  value bytea,
  PRIMARY KEY (topic, partition, record_offset)
) WITH (autovacuum_vacuum_scale_factor = 0.05);

-- Where a partition ended when it was last cleaned: tells how long a tombstone has been there, whatever time the record carries.
CREATE TABLE log_mark (
  topic int NOT NULL,
  partition int NOT NULL,
  -- Milliseconds since 1970.
  marked bigint NOT NULL,
  next_offset bigint NOT NULL,
  PRIMARY KEY (topic, partition, marked)
);

-- Position of the last commit under a writer's name, as JSON text (jsonb refuses \u0000).
CREATE TABLE log_position (
  name text PRIMARY KEY,
  position text NOT NULL
) WITH (fillfactor = 50);

-- One commit, or several coalesced ones: one statement, so a frozen hub never holds a lock.
-- `fenced`: writers whose lease is gone; `stale`: topics have other partitions than the caller believes. In both cases nothing was written. Otherwise `bases` are the first new offsets.
CREATE FUNCTION log_commit(
  writers text[], epochs bigint[], position_names text[], position_values text[],
  topics int[], partitions int[], expected int[], counts int[],
  slots int[], ranks int[], keys text[], starts int[], lengths int[], data bytea, ids text[], times bigint[], traceparents text[],
  OUT fenced text[], OUT stale boolean, OUT bases text[]
) LANGUAGE plpgsql AS $$
DECLARE
  held int;
  firsts bigint[];
BEGIN
  PERFORM FROM lease JOIN unnest(writers, epochs) AS mine(name, epoch) USING (name, epoch) ORDER BY name FOR KEY SHARE OF lease;
  GET DIAGNOSTICS held = ROW_COUNT;
  IF held < cardinality(writers) THEN
    SELECT array_agg(mine.name) INTO fenced
      FROM unnest(writers, epochs) AS mine(name, epoch)
     WHERE NOT EXISTS (SELECT FROM lease WHERE lease.name = mine.name AND lease.epoch = mine.epoch);
    fenced := coalesce(fenced, writers);
    RETURN;
  END IF;

  IF cardinality(topics) > 0 THEN
    SELECT array_agg(locked.next_offset ORDER BY locked.slot), count(*) < cardinality(topics) OR bool_or(locked.partitions <> locked.expected) INTO firsts, stale
      FROM (
        SELECT head.next_offset, head.partitions, touched.expected, touched.slot
          FROM unnest(topics, partitions, expected) WITH ORDINALITY AS touched(topic, partition, expected, slot)
          JOIN log_partition AS head USING (topic, partition)
         ORDER BY head.topic, head.partition
           FOR UPDATE OF head
      ) AS locked;
    IF stale THEN
      RETURN;
    END IF;

    INSERT INTO log_record (record_offset, time, topic, partition, key, id, traceparent, value)
    SELECT firsts[slot] + rank, coalesce(time, (extract(epoch FROM clock_timestamp()) * 1000)::bigint), topics[slot], log_commit.partitions[slot], key, id, traceparent,
           CASE WHEN length >= 0 THEN substring(data FROM start + 1 FOR length) END
      FROM unnest(slots, ranks, keys, starts, lengths, ids, times, traceparents) AS record(slot, rank, key, start, length, id, time, traceparent);

    UPDATE log_partition AS head
       SET next_offset = head.next_offset + touched.count, records = head.records + touched.count
      FROM unnest(topics, log_commit.partitions, counts) AS touched(topic, partition, count)
     WHERE head.topic = touched.topic AND head.partition = touched.partition;

    PERFORM pg_notify('sasando_log', CASE WHEN length(said) < 7900 THEN said ELSE '*' END)
      FROM (
        SELECT string_agg(topic || ':' || partition || ':' || first + count, ',') AS said
          FROM unnest(topics, log_commit.partitions, firsts, counts) AS touched(topic, partition, first, count)
      ) AS message;
  END IF;

  INSERT INTO log_position (name, position)
  SELECT * FROM unnest(position_names, position_values)
      ON CONFLICT (name) DO UPDATE SET position = excluded.position;
  bases := firsts::text[];
END
$$;
