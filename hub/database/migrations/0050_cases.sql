-- Cases: the projection of the internal topic `_kasus`. JSON is kept as text (jsonb refuses \u0000, which broken records do contain).
CREATE TABLE rejected_case (
  id text PRIMARY KEY,
  instance text NOT NULL,
  owner text NOT NULL,
  topic text NOT NULL,
  key text,
  state text NOT NULL CHECK (state IN ('open', 'replayed', 'closed')),
  -- Why it is no longer open: accepted (the same key passed later), mended (a mended row was uploaded), person.
  closed_because text,
  opened_at bigint NOT NULL,
  changed_at bigint NOT NULL,
  -- How often it was opened.
  seen int NOT NULL DEFAULT 1,
  -- The whole record of `_kasus`.
  content text NOT NULL
);
CREATE INDEX rejected_case_list ON rejected_case (state, opened_at DESC, id);
CREATE INDEX rejected_case_key ON rejected_case (instance, topic, key) WHERE state = 'open';

-- Next offset of `_kasus` to be projected.
CREATE TABLE case_offset (
  partition int PRIMARY KEY,
  next_offset bigint NOT NULL
);
