-- Volumes. An id is never used again, since it names the folder of a volume's files.
CREATE TABLE volumes (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  name        TEXT NOT NULL UNIQUE,
  project     TEXT NOT NULL,
  region      TEXT NOT NULL,
  create_time TEXT NOT NULL
);
