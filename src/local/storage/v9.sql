-- A large column of an import is a file of this many bytes, and `data` is empty.
ALTER TABLE segment_columns ADD COLUMN size INTEGER;
