CREATE TABLE collections (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  name        TEXT NOT NULL UNIQUE,
  body        TEXT NOT NULL,            -- the create call's body, from which the schema is read
  loaded      INTEGER NOT NULL
);

CREATE TABLE partitions (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  collection_id INTEGER NOT NULL,
  name          TEXT NOT NULL,
  UNIQUE (collection_id, name)
);

CREATE TABLE jobs (
  seq           INTEGER PRIMARY KEY AUTOINCREMENT,
  id            TEXT NOT NULL UNIQUE,
  collection_id INTEGER NOT NULL,       -- kept after the collection is dropped
  collection    TEXT NOT NULL,
  partition_id  INTEGER NOT NULL,
  key           TEXT,                   -- Idempotency-Key
  source        TEXT NOT NULL,          -- JSON: what to read and how to name it
  state         TEXT NOT NULL,
  attempt       INTEGER NOT NULL DEFAULT 0,
  reason        TEXT,
  complete_time TEXT,
  rows          INTEGER NOT NULL DEFAULT 0,
  bytes         INTEGER NOT NULL DEFAULT 0,
  size          INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX jobs_key ON jobs (collection_id, key) WHERE key IS NOT NULL;
CREATE INDEX jobs_open ON jobs (seq) WHERE state IN ('Pending', 'Importing');
CREATE INDEX jobs_collection ON jobs (collection, seq);

CREATE TABLE job_files (
  job_id        TEXT NOT NULL,
  no            INTEGER NOT NULL,
  name          TEXT NOT NULL,
  size          INTEGER NOT NULL,
  state         TEXT NOT NULL,
  reason        TEXT,
  complete_time TEXT,
  rows          INTEGER NOT NULL DEFAULT 0,
  bytes         INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (job_id, no)
) WITHOUT ROWID;

-- One batch of rows. state: 0 belongs to an unfinished job, 1 visible, 2 to be deleted.
CREATE TABLE segments (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  collection_id INTEGER NOT NULL,
  partition_id  INTEGER NOT NULL,
  job_id        TEXT NOT NULL,
  state         INTEGER NOT NULL,
  rows          INTEGER NOT NULL
);
CREATE INDEX segments_count ON segments (collection_id, state, partition_id, rows);
CREATE INDEX segments_job ON segments (job_id);
CREATE INDEX segments_trash ON segments (id) WHERE state = 2;

CREATE TABLE segment_columns (
  segment_id INTEGER NOT NULL,
  field_no   INTEGER NOT NULL,
  data       BLOB NOT NULL
);
CREATE INDEX segment_columns_segment ON segment_columns (segment_id, field_no);
