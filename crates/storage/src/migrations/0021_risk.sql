-- What orders of the same hand are known by: keyed digests of phone and address, filled by a reader of
-- the journal.
CREATE TABLE order_marks (
    order_id   BIGINT PRIMARY KEY,
    phone      BIGINT,
    address    BIGINT,
    suspicions BIGINT NOT NULL CHECK (suspicions >= 0) -- What looks made up about the recipient.
) /*rows*/;
CREATE INDEX order_marks_by_phone ON order_marks (phone, order_id);
CREATE INDEX order_marks_by_address ON order_marks (address, order_id);

-- What speaks against a buyer, a phone or an address. Collected by itself, and forgotten.
CREATE TABLE risk_signals (
    subject_kind TEXT NOT NULL CHECK (subject_kind IN ('buyer', 'phone', 'address')),
    subject      BIGINT NOT NULL,
    kind         TEXT NOT NULL,
    order_id     BIGINT NOT NULL, -- In which it was seen.
    weight       BIGINT NOT NULL CHECK (weight > 0),
    seen_at      BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    PRIMARY KEY (subject_kind, subject, kind, order_id)
) /*clustered*/;
CREATE INDEX risk_signals_by_order ON risk_signals (order_id);
CREATE INDEX risk_signals_by_end ON risk_signals (expires_at);

-- Who is watched, why, until when, and what was said against it. subject is as above.
CREATE TABLE watch_entries (
    id           BIGINT PRIMARY KEY,
    subject_kind TEXT NOT NULL CHECK (subject_kind IN ('buyer', 'phone', 'address')),
    subject      BIGINT NOT NULL,
    order_id     BIGINT NOT NULL, -- From which it was put there.
    reason       TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('watched', 'appealed', 'lifted')),
    expires_at   BIGINT NOT NULL,
    appeal       TEXT NOT NULL,
    version      BIGINT NOT NULL CHECK (version >= 1),
    updated_at   BIGINT NOT NULL
) /*rows*/;
CREATE INDEX watch_entries_by_subject ON watch_entries (subject, subject_kind);
