CREATE TABLE statement (
  id         INTEGER PRIMARY KEY,
  query_id   TEXT NOT NULL,
  session_id TEXT NOT NULL,
  user       TEXT NOT NULL,
  database   TEXT NOT NULL,
  pool       TEXT NOT NULL,
  kind       TEXT NOT NULL,
  state      TEXT NOT NULL,
  sql        TEXT NOT NULL,    -- its beginning; the event file has all of it
  error      TEXT NOT NULL,    -- its beginning
  start      INTEGER NOT NULL, -- microseconds since 1970
  compile    INTEGER NOT NULL, -- microseconds, as the following
  queue      INTEGER NOT NULL,
  run        INTEGER NOT NULL,
  commits    INTEGER NOT NULL,
  elapsed    INTEGER NOT NULL,
  rows       INTEGER NOT NULL, -- -1: none
  tasks      INTEGER NOT NULL,
  failed     INTEGER NOT NULL, -- attempts
  spill      INTEGER NOT NULL, -- bytes, as the following
  shuffle    INTEGER NOT NULL,
  memory     INTEGER NOT NULL,
  bytes      INTEGER NOT NULL  -- of the event file
);
CREATE INDEX statement_query ON statement (query_id);
CREATE INDEX statement_state ON statement (state);
