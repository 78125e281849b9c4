-- The mechanisms that every subject stands on: journal, deadlines, tasks, keys, inbox, leases.

-- What happened. The position is a time-ordered id; (xid, position) is the order in which readers
-- may trust it: on PostgreSQL xid is the writing transaction, on SQLite it is 0.
CREATE TABLE journal (
    position     BIGINT PRIMARY KEY,
    xid          BIGINT NOT NULL DEFAULT /*xid*/0,
    aggregate    TEXT NOT NULL,
    aggregate_id BIGINT NOT NULL,
    sequence     BIGINT NOT NULL CHECK (sequence >= 1),
    kind         TEXT NOT NULL,
    at           BIGINT NOT NULL,
    actor        TEXT NOT NULL,
    reason       TEXT,
    request_id   TEXT,
    body         TEXT NOT NULL
) /*rows*/;
CREATE UNIQUE INDEX journal_by_aggregate ON journal (aggregate_id, aggregate, sequence);
/*if postgres*/CREATE INDEX journal_in_order ON journal (xid, position);

-- The hash chain over the journal, sealed block by block by one reader. leaves holds 16 bytes of
-- SHA-256 for each entry, so that a changed entry is named and not only its block. How the bytes
-- are made stands in audit.rs.
CREATE TABLE journal_blocks (
    block          BIGINT PRIMARY KEY,
    first_xid      BIGINT NOT NULL,
    first_position BIGINT NOT NULL,
    last_xid       BIGINT NOT NULL,
    last_position  BIGINT NOT NULL,
    entries        BIGINT NOT NULL CHECK (entries >= 1),
    leaves         BYTEA NOT NULL,
    hash           BYTEA NOT NULL,
    sealed_at      BIGINT NOT NULL
) /*rows*/;

-- How far each reader of the journal has come.
CREATE TABLE cursors (
    reader     TEXT PRIMARY KEY,
    xid        BIGINT NOT NULL,
    position   BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) /*clustered*/;

-- Who may run what only one node runs. A token that has grown fences off the former holder.
CREATE TABLE leases (
    name       TEXT PRIMARY KEY,
    holder     TEXT NOT NULL,
    token      BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
) /*clustered*/;

-- What must happen by when. A row goes when it is met or handled; its history is in the journal.
CREATE TABLE deadlines (
    subject_id   BIGINT NOT NULL,
    kind         TEXT NOT NULL,
    due_at       BIGINT NOT NULL,
    -- When its owner is warned; NULL once that is done.
    warn_at      BIGINT,
    attempts     BIGINT NOT NULL DEFAULT 0,
    claimed_until BIGINT,
    claim_token  BIGINT NOT NULL DEFAULT 0,
    last_error   TEXT,
    PRIMARY KEY (subject_id, kind)
) /*clustered*/;
-- One index for both moments: first the warning, and when that is given (NULL) the breach.
CREATE INDEX deadlines_by_next ON deadlines ((COALESCE(warn_at, due_at)));

-- What a person must do.
CREATE TABLE tasks (
    id          BIGINT PRIMARY KEY,
    kind        TEXT NOT NULL,
    subject_id  BIGINT NOT NULL,
    role        TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('open', 'claimed', 'done', 'dropped')),
    priority    BIGINT NOT NULL DEFAULT 0,
    detail      TEXT NOT NULL,
    assignee_id BIGINT,
    due_at      BIGINT,
    outcome     TEXT,
    created_at  BIGINT NOT NULL,
    closed_at   BIGINT,
    version     BIGINT NOT NULL DEFAULT 1
) /*rows*/;
CREATE INDEX tasks_by_state ON tasks (state, id);
CREATE INDEX tasks_by_subject ON tasks (subject_id, id);
-- The same trouble of the same subject is one task while it is open.
CREATE UNIQUE INDEX tasks_open_once ON tasks (subject_id, kind) WHERE state IN ('open', 'claimed');

-- What a client's key has already caused. Random keys live here alone and go after a day.
CREATE TABLE idempotency_keys (
    principal    TEXT NOT NULL,
    key          TEXT NOT NULL,
    request_hash BYTEA NOT NULL,
    subject_id   BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (principal, key)
) /*clustered*/;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- What came in from outside, stored as received (sealed) before anything is made of it.
CREATE TABLE inbox (
    id          BIGINT PRIMARY KEY,
    source      TEXT NOT NULL,
    external_id TEXT NOT NULL,
    topic       TEXT NOT NULL,
    body        BYTEA NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'quarantined')),
    attempts    BIGINT NOT NULL DEFAULT 0,
    next_at     BIGINT NOT NULL,
    last_error  TEXT,
    received_at BIGINT NOT NULL,
    closed_at   BIGINT
) /*rows*/;
CREATE UNIQUE INDEX inbox_once ON inbox (source, external_id);
CREATE INDEX inbox_by_state ON inbox (state, next_at);

-- Settings that one shop changes at run time, as JSON by name.
CREATE TABLE settings (
    name       TEXT PRIMARY KEY,
    value      TEXT NOT NULL,
    version    BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
) /*clustered*/;

-- Data keys, wrapped by the key of the installation.
CREATE TABLE data_keys (
    id         BIGINT PRIMARY KEY,
    purpose    TEXT NOT NULL,
    wrapped    BYTEA NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('active', 'retired', 'destroyed')),
    created_at BIGINT NOT NULL
) /*rows*/;
