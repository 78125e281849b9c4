-- Until when a task that somebody has taken is theirs; NULL: until they put it back.
ALTER TABLE tasks ADD COLUMN claimed_until BIGINT;
-- The queue of a desk, the most urgent first, and how long it is.
CREATE INDEX tasks_open_by_kind ON tasks (kind, due_at, id) WHERE state IN ('open', 'claimed');
