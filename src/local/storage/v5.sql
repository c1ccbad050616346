-- The last id of a job: ids are 64-bit integers as text, counted up. Jobs of earlier versions keep theirs (`job-…`).
CREATE TABLE job_ids (last INTEGER NOT NULL);
INSERT INTO job_ids (last) VALUES (0);
ALTER TABLE jobs ADD COLUMN create_time TEXT;

-- The order in which segments became visible: of rows with one primary key, queries return the one committed last.
ALTER TABLE segments ADD COLUMN commit_no INTEGER NOT NULL DEFAULT 0;
UPDATE segments SET commit_no = id WHERE state = 1;
CREATE INDEX segments_commit ON segments (commit_no);

ALTER TABLE databases ADD COLUMN properties TEXT NOT NULL DEFAULT '{}';

-- A partition that was released by itself while its collection is loaded.
ALTER TABLE partitions ADD COLUMN released INTEGER NOT NULL DEFAULT 0;
