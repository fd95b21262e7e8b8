-- Transactions that are open, and the last ones that were aborted. AUTOINCREMENT: an id is never given out again.
CREATE TABLE txn (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  state        TEXT NOT NULL,    -- OPEN or ABORTED
  owner        TEXT NOT NULL,    -- who, in a later process, may go on with it; empty: nobody
  user         TEXT NOT NULL,
  host         TEXT NOT NULL,
  start_time   INTEGER NOT NULL, -- in milliseconds, as all times here
  heartbeat    INTEGER NOT NULL
);

-- The write ids of open transactions. All others are valid: what was committed is to be seen, and what was aborted has left no files.
-- Temporary tables have negative ids.
CREATE TABLE txn_write_id (
  tbl_id   INTEGER NOT NULL,
  write_id INTEGER NOT NULL,
  txn_id   INTEGER NOT NULL,
  PRIMARY KEY (tbl_id, write_id)
) WITHOUT ROWID;
CREATE INDEX txn_write_id_txn ON txn_write_id (txn_id);

-- The highest write id of a table that was given out.
CREATE TABLE write_id_high (
  tbl_id INTEGER PRIMARY KEY,
  high   INTEGER NOT NULL
);

CREATE TABLE compaction (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  tbl_id        INTEGER NOT NULL,
  database      TEXT NOT NULL,
  tbl           TEXT NOT NULL,
  part          TEXT NOT NULL, -- name of the partition; empty: an unpartitioned table
  kind          TEXT NOT NULL, -- MAJOR or MINOR
  state         TEXT NOT NULL,
  properties    TEXT NOT NULL,
  pool          TEXT NOT NULL,
  initiator     TEXT NOT NULL,
  enqueue_time  INTEGER NOT NULL,
  start_time    INTEGER NOT NULL,
  end_time      INTEGER NOT NULL,
  worker        TEXT NOT NULL,
  high_write_id INTEGER NOT NULL,
  txn_id        INTEGER NOT NULL,
  message       TEXT NOT NULL
);
CREATE INDEX compaction_table ON compaction (tbl_id, part);

CREATE TRIGGER txn_table AFTER DELETE ON tbl BEGIN
  DELETE FROM txn_write_id WHERE tbl_id = OLD.id;
  DELETE FROM write_id_high WHERE tbl_id = OLD.id;
  DELETE FROM compaction WHERE tbl_id = OLD.id AND state IN ('initiated', 'working');
END;
