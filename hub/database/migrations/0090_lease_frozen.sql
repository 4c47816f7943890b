-- A frozen process holds its leases for 4 s, so that whoever starts beside it is at work within 5 s.
CREATE OR REPLACE FUNCTION lease_is_free(held lease) RETURNS boolean LANGUAGE sql VOLATILE AS $$
  SELECT held.renewed < clock_timestamp() - interval '4 seconds'
      OR held.renewed NOT BETWEEN clock_timestamp() - interval '1.5 seconds' AND clock_timestamp()
         AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = held.pid AND backend_start = held.session_started)
$$;
