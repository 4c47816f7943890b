-- Which engine holds the log; one row, written at the first start and changed only by `sasando log migrate`.
CREATE TABLE log_engine (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  engine text NOT NULL CHECK (engine IN ('postgres', 'kafka')),
  since timestamptz NOT NULL DEFAULT now()
);
