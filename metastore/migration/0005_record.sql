-- What the catalog keeps besides databases and what is in them: resource plans, connectors, scheduled queries. Bodies are JSON
-- that the package of each kind reads.
CREATE TABLE record (
  id   INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (kind, name)
);
