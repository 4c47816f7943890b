-- A clock that was set back leaves renewals that lie ahead. A living holder renews them within a second; of one that is gone the lease is free, not only when the old time has come again.
CREATE OR REPLACE FUNCTION lease_is_free(held lease) RETURNS boolean LANGUAGE sql VOLATILE AS $$
  SELECT held.renewed < clock_timestamp() - interval '5 seconds'
      OR held.renewed NOT BETWEEN clock_timestamp() - interval '1.5 seconds' AND clock_timestamp()
         AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = held.pid AND backend_start = held.session_started)
$$;
