-- Two-phase jobs wait for their commit; a deadline ends a job that is not done by then (Unix milliseconds).
ALTER TABLE jobs ADD COLUMN two_phase INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN deadline INTEGER;
