-- What the runtime remembers of an instance beside its position, which lies in the log.
CREATE TABLE instance_state (
  name text PRIMARY KEY,
  -- What people want; the rest of its state follows from what happens.
  wanted text NOT NULL DEFAULT 'running' CHECK (wanted IN ('running', 'paused', 'stopped')),
  wanted_by text,
  wanted_at timestamptz,
  -- Raised by `restart`, so that the hub that runs the instance starts it again, whichever hub was asked.
  generation int NOT NULL DEFAULT 0,
  -- Start of the last run that came to its end: from it follows whether a run was missed during a downtime.
  last_run timestamptz,
  -- Last known row of the list of instances, for hubs that do not run it and for instances at rest.
  status text
) WITH (fillfactor = 50);
