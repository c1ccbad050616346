-- Collections and jobs belong to a database. Collections are made anew, since their names are no longer unique; the
-- counter is carried over, so that no id is used again.
CREATE TABLE databases (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  name          TEXT NOT NULL UNIQUE
);
INSERT INTO databases (name) VALUES ('default');

CREATE TABLE collections_of (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  database    TEXT NOT NULL,
  name        TEXT NOT NULL,
  body        TEXT NOT NULL,
  loaded      INTEGER NOT NULL,
  UNIQUE (database, name)
);
INSERT INTO collections_of (id, database, name, body, loaded) SELECT id, 'default', name, body, loaded FROM collections;
DELETE FROM sqlite_sequence WHERE name = 'collections_of';
INSERT INTO sqlite_sequence (name, seq) SELECT 'collections_of', seq FROM sqlite_sequence WHERE name = 'collections';
DROP TABLE collections;
ALTER TABLE collections_of RENAME TO collections;

ALTER TABLE jobs ADD COLUMN database TEXT NOT NULL DEFAULT 'default';
DROP INDEX jobs_collection;
CREATE INDEX jobs_collection ON jobs (database, collection, seq);
