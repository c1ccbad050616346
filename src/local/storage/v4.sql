-- Rows of a segment that were deleted: how many, and a bit a row.
ALTER TABLE segments ADD COLUMN dead INTEGER NOT NULL DEFAULT 0;
DROP INDEX segments_count;
CREATE INDEX segments_count ON segments (collection_id, state, partition_id, rows, dead);
CREATE TABLE segment_dead (
  segment_id INTEGER PRIMARY KEY,
  rows       BLOB NOT NULL
);

-- The indexes of a collection where one was made or dropped after its create call (JSON), which else tells them.
ALTER TABLE collections ADD COLUMN indexes TEXT;

-- Other names of collections.
CREATE TABLE aliases (
  database      TEXT NOT NULL,
  name          TEXT NOT NULL,
  collection_id INTEGER NOT NULL,
  PRIMARY KEY (database, name)
) WITHOUT ROWID;
