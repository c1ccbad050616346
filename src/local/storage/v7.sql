-- Deaths of the process that ran a job. `deaths` counts those before a begin stored any row, `repeats` those after which
-- the job had stored no more rows than the most before, which is `furthest`.
ALTER TABLE jobs ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN repeats INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN furthest INTEGER NOT NULL DEFAULT 0;
