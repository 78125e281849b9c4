-- How often the label of a package was printed: every print after the first is a reprint, and is marked.
ALTER TABLE packages ADD COLUMN printed BIGINT NOT NULL DEFAULT 0;
