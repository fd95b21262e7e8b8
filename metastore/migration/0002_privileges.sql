CREATE TABLE role (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  name        TEXT NOT NULL UNIQUE,
  owner       TEXT NOT NULL,
  create_time INTEGER NOT NULL
);
INSERT INTO role (name, owner, create_time) VALUES
  ('admin', 'admin', CAST(strftime('%s', 'now') AS INTEGER)), ('public', 'public', CAST(strftime('%s', 'now') AS INTEGER));

CREATE TABLE role_grant (
  role_id        INTEGER NOT NULL,
  principal_kind TEXT NOT NULL, -- USER or ROLE
  principal      TEXT NOT NULL,
  grant_option   INTEGER NOT NULL,
  grantor_kind   TEXT NOT NULL,
  grantor        TEXT NOT NULL,
  grant_time     INTEGER NOT NULL,
  PRIMARY KEY (role_id, principal_kind, principal)
) WITHOUT ROWID;
CREATE INDEX role_grant_principal ON role_grant (principal_kind, principal);

-- object_kind is DATABASE or TABLE, object_id the id in that table: privileges stay with what is renamed.
CREATE TABLE privilege (
  object_kind    TEXT NOT NULL,
  object_id      INTEGER NOT NULL,
  principal_kind TEXT NOT NULL,
  principal      TEXT NOT NULL,
  name           TEXT NOT NULL, -- SELECT, INSERT, UPDATE or DELETE
  grantor_kind   TEXT NOT NULL,
  grantor        TEXT NOT NULL,
  grant_option   INTEGER NOT NULL,
  grant_time     INTEGER NOT NULL,
  PRIMARY KEY (object_kind, object_id, principal_kind, principal, name, grantor_kind, grantor)
) WITHOUT ROWID;
CREATE INDEX privilege_principal ON privilege (principal_kind, principal);

-- What is dropped takes its privileges along, whichever statement drops it.
CREATE TRIGGER privilege_table AFTER DELETE ON tbl BEGIN
  DELETE FROM privilege WHERE object_kind = 'TABLE' AND object_id = OLD.id;
END;
CREATE TRIGGER privilege_database AFTER DELETE ON database BEGIN
  DELETE FROM privilege WHERE object_kind = 'DATABASE' AND object_id = OLD.id;
END;
CREATE TRIGGER privilege_role AFTER DELETE ON role BEGIN
  DELETE FROM role_grant WHERE role_id = OLD.id OR principal_kind = 'ROLE' AND principal = OLD.name;
  DELETE FROM privilege WHERE principal_kind = 'ROLE' AND principal = OLD.name;
END;

-- The owner of a table has all privileges on it and may grant them.
INSERT INTO privilege (object_kind, object_id, principal_kind, principal, name, grantor_kind, grantor, grant_option, grant_time)
  SELECT 'TABLE', t.id, 'USER', t.owner, p.column1, 'USER', t.owner, 1, t.create_time
  FROM tbl t, (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) p
  WHERE t.owner <> '' AND t.owner_type IN ('USER', '');
