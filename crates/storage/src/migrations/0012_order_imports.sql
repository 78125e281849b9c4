-- Orders from files: an import of orders belongs to a channel, and the same file may be taken in for
-- another one. 0 for what belongs to none.

ALTER TABLE imports ADD COLUMN channel_id BIGINT NOT NULL DEFAULT 0;
DROP INDEX imports_running_once;
CREATE UNIQUE INDEX imports_running_once ON imports (digest, kind, channel_id) WHERE state = 'running';
