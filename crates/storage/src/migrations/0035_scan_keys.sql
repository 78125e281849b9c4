-- A digest of what was sent with the id of a scan, so that the same id with something else is refused. None for
-- scans from before; they are forgotten with their answers.
ALTER TABLE hand_scans ADD COLUMN request_hash BYTEA;
ALTER TABLE pick_scans ADD COLUMN request_hash BYTEA;
