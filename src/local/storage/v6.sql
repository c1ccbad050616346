-- What was dropped of a job's files without an error: a JSON list of texts.
ALTER TABLE jobs ADD COLUMN warnings TEXT;
