-- Who pushes tracking to us, and everything that carriers have said.

CREATE TABLE trackers (
    id         BIGINT PRIMARY KEY,
    partner    TEXT NOT NULL,
    name       TEXT NOT NULL,
    -- What its pushes are signed with.
    secret     BYTEA NOT NULL,
    is_active  SMALLINT NOT NULL,
    created_at BIGINT NOT NULL
) /*rows*/;

-- Append-only; what comes again is the same word of the same carrier at the same moment.
CREATE TABLE tracking_events (
    id          BIGINT PRIMARY KEY,
    shipment_id BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    status      TEXT NOT NULL,
    outcome     TEXT,
    place       TEXT NOT NULL,
    -- The carrier's words, sealed: they may name people.
    text        BYTEA NOT NULL,
    source      TEXT NOT NULL,
    received_at BIGINT NOT NULL
) /*rows*/;
CREATE UNIQUE INDEX tracking_events_once ON tracking_events (shipment_id, at, status, place);
