-- A large column of an import is a file of this many bytes, and `data` is one zero byte.
ALTER TABLE segment_columns ADD COLUMN size INTEGER;
