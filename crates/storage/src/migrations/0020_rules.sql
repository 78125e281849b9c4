-- Tables of rules as the shop keeps them: numbered versions for a purpose. definition is JSON, as its
-- author wrote it.
CREATE TABLE rule_tables (
    id         BIGINT PRIMARY KEY,
    purpose    TEXT NOT NULL,
    number     BIGINT NOT NULL CHECK (number >= 1), -- What decisions name; 0 is what is built in.
    state      TEXT NOT NULL CHECK (state IN ('draft', 'shadow', 'live', 'retired')),
    note       TEXT NOT NULL,
    definition TEXT NOT NULL,
    live_at    BIGINT, -- When it was put in force last.
    follows    BIGINT CHECK (follows >= 0), -- The number of what it took the place of then.
    version    BIGINT NOT NULL CHECK (version >= 1),
    updated_at BIGINT NOT NULL,
    UNIQUE (purpose, number),
    CHECK (state <> 'live' OR live_at IS NOT NULL),
    CHECK ((live_at IS NULL) = (follows IS NULL))
) /*rows*/;
-- One version decides and at most one decides beside it.
CREATE UNIQUE INDEX rule_tables_in_use ON rule_tables (purpose, state) WHERE state IN ('live', 'shadow');

-- What a version on trial would have decided, one row for each decision that it looked at. Both
-- outcomes are short texts; difference is JSON for people where they differ.
CREATE TABLE rule_trials (
    table_id   BIGINT NOT NULL,
    subject_id BIGINT NOT NULL, -- The order, by its raw id.
    sequence   BIGINT NOT NULL, -- Of the event that the decision in force led to.
    outcome    TEXT NOT NULL,
    difference TEXT, -- NULL where the version in force decided the same.
    decided_at BIGINT NOT NULL,
    PRIMARY KEY (table_id, subject_id, sequence)
) /*clustered*/;
CREATE INDEX rule_trials_that_differ ON rule_trials (table_id, subject_id) WHERE difference IS NOT NULL;
CREATE INDEX rule_trials_by_age ON rule_trials (decided_at);

-- Held orders are taken by whoever decides them: until when a task that somebody has taken is theirs; NULL: until they put it back.
ALTER TABLE tasks ADD COLUMN claimed_until BIGINT;
-- The queue of a desk, the most urgent first, and how long it is.
CREATE INDEX tasks_open_by_kind ON tasks (kind, due_at, id) WHERE state IN ('open', 'claimed');
