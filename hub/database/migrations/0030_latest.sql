-- The latest record of each key, a projection of the log that lookups read. Rebuilt from the log at any time.
CREATE TABLE latest (
  topic text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  partition int NOT NULL,
  record_offset bigint NOT NULL,
  -- Milliseconds since 1970.
  time bigint NOT NULL,
  value bytea NOT NULL,
  PRIMARY KEY (topic, key)
) WITH (fillfactor = 90);

-- Next offset that the projection reads of each partition, stored with its rows.
CREATE TABLE latest_offset (
  topic text COLLATE "C" NOT NULL,
  partition int NOT NULL,
  next_offset bigint NOT NULL,
  PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);

-- Applies one batch: one statement, so a frozen hub never holds a lock. Answers false, and changes nothing, when the partition does not stand at `expected`: somebody else reads it now.
-- Each key comes once. `lengths` of -1 are tombstones. A key that moved to another partition (partitions were added) is not overwritten by what is older.
CREATE FUNCTION latest_apply(
  of_topic text, of_partition int, expected bigint, next bigint,
  keys text[], offsets bigint[], times bigint[], starts int[], lengths int[], data bytea
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO latest_offset VALUES (of_topic, of_partition, 0) ON CONFLICT DO NOTHING;
  PERFORM FROM latest_offset WHERE topic = of_topic AND partition = of_partition AND next_offset = expected FOR UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;

  DELETE FROM latest USING unnest(keys, times, lengths) AS gone(key, time, length)
   WHERE latest.topic = of_topic AND latest.key = gone.key AND gone.length < 0 AND (latest.partition = of_partition OR latest.time <= gone.time);

  INSERT INTO latest (topic, key, partition, record_offset, time, value)
  SELECT of_topic, key, of_partition, record_offset, time, substring(data FROM start + 1 FOR length)
    FROM unnest(keys, offsets, times, starts, lengths) AS record(key, record_offset, time, start, length)
   WHERE length >= 0
      ON CONFLICT (topic, key) DO UPDATE
     SET partition = excluded.partition, record_offset = excluded.record_offset, time = excluded.time, value = excluded.value
   WHERE latest.partition = excluded.partition OR latest.time <= excluded.time;

  UPDATE latest_offset SET next_offset = next WHERE topic = of_topic AND partition = of_partition;
  RETURN true;
END
$$;
