CREATE TABLE database (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  name        TEXT NOT NULL UNIQUE,
  comment     TEXT NOT NULL,
  location    TEXT NOT NULL,
  owner       TEXT NOT NULL,
  owner_type  TEXT NOT NULL,
  create_time INTEGER NOT NULL,
  parameters  TEXT NOT NULL
);

-- Column lists and storage descriptors are stored once per content: the partitions of a table nearly always share one.
-- Rows never change and ids are never used again, so what is read of them may be cached for good.
CREATE TABLE column_list (
  id   INTEGER PRIMARY KEY AUTOINCREMENT,
  hash BLOB NOT NULL UNIQUE,
  body TEXT NOT NULL
);
CREATE TABLE storage (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  hash           BLOB NOT NULL UNIQUE,
  column_list_id INTEGER NOT NULL,
  body           TEXT NOT NULL
);
CREATE INDEX storage_column_list ON storage (column_list_id);

CREATE TABLE tbl (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  database_id      INTEGER NOT NULL,
  name             TEXT NOT NULL,
  type             TEXT NOT NULL,
  owner            TEXT NOT NULL,
  owner_type       TEXT NOT NULL,
  create_time      INTEGER NOT NULL,
  last_access_time INTEGER NOT NULL,
  retention        INTEGER NOT NULL,
  location         TEXT NOT NULL,
  storage_id       INTEGER NOT NULL,
  partition_keys   TEXT NOT NULL,
  parameters       TEXT NOT NULL,
  view_original    TEXT NOT NULL,
  view_expanded    TEXT NOT NULL,
  rewrite_enabled  INTEGER NOT NULL,
  UNIQUE (database_id, name)
);
CREATE INDEX tbl_storage ON tbl (storage_id);

CREATE TABLE part (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  tbl_id           INTEGER NOT NULL,
  name             TEXT NOT NULL,
  create_time      INTEGER NOT NULL,
  last_access_time INTEGER NOT NULL,
  location         TEXT NOT NULL,
  storage_id       INTEGER NOT NULL,
  parameters       TEXT NOT NULL,
  UNIQUE (tbl_id, name)
);
CREATE INDEX part_storage ON part (storage_id);

-- One row per partition and key; val has no declared type, so integers order as numbers, text by its bytes and the
-- order-preserving encodings of the other types as blobs. val is 0 where is_null.
CREATE TABLE partition_key_val (
  tbl_id  INTEGER NOT NULL,
  key_no  INTEGER NOT NULL,
  is_null INTEGER NOT NULL,
  val     NOT NULL,
  part_id INTEGER NOT NULL,
  PRIMARY KEY (tbl_id, key_no, is_null, val, part_id)
) WITHOUT ROWID;

-- part_id is 0 for statistics of the whole table.
CREATE TABLE column_statistics (
  tbl_id     INTEGER NOT NULL,
  part_id    INTEGER NOT NULL,
  col        TEXT NOT NULL,
  body       TEXT NOT NULL,
  bit_vector BLOB,
  PRIMARY KEY (tbl_id, part_id, col)
) WITHOUT ROWID;

CREATE TABLE function (
  database_id INTEGER NOT NULL,
  name        TEXT NOT NULL,
  class       TEXT NOT NULL,
  owner       TEXT NOT NULL,
  owner_type  TEXT NOT NULL,
  create_time INTEGER NOT NULL,
  resources   TEXT NOT NULL,
  PRIMARY KEY (database_id, name)
) WITHOUT ROWID;

CREATE TABLE table_constraint (
  tbl_id INTEGER NOT NULL,
  name   TEXT NOT NULL,
  kind   TEXT NOT NULL,
  body   TEXT NOT NULL,
  PRIMARY KEY (tbl_id, name)
) WITHOUT ROWID;

CREATE TABLE intent (
  seq   INTEGER PRIMARY KEY AUTOINCREMENT,
  id    TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL,
  body  BLOB NOT NULL
);
