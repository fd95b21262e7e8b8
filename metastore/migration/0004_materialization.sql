-- What a materialized view holds: when its query was run last, and the tables that it read, each with the state in which it
-- was (empty where the table has no states to tell apart).
CREATE TABLE materialization (
  tbl_id      INTEGER PRIMARY KEY,
  time        INTEGER NOT NULL, -- milliseconds since 1970
  incremental TEXT NOT NULL
);
CREATE TABLE materialization_source (
  tbl_id    INTEGER NOT NULL,
  source_id INTEGER NOT NULL,
  snapshot  TEXT NOT NULL,
  PRIMARY KEY (tbl_id, source_id)
) WITHOUT ROWID;
CREATE INDEX materialization_source_of ON materialization_source (source_id);
CREATE TRIGGER materialization_table AFTER DELETE ON tbl BEGIN
  DELETE FROM materialization WHERE tbl_id = OLD.id;
  DELETE FROM materialization_source WHERE tbl_id = OLD.id;
END;
