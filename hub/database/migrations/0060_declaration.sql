-- Instances as people declared them: the newest row of a name counts, all of them are its history. `content` is the YAML; null when the instance was taken away.
CREATE TABLE declaration (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  file text NOT NULL,
  content text,
  applied_by text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX declaration_newest ON declaration (name, id DESC);
