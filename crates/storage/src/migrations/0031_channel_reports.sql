-- What channels are told with, and what they are told: one report for each parcel of theirs that has left.
ALTER TABLE channels ADD COLUMN access_token BYTEA;

CREATE TABLE channel_reports (
    -- The shipment's own id: a parcel is told of once.
    id         BIGINT PRIMARY KEY,
    order_id   BIGINT NOT NULL,
    channel_id BIGINT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('waiting', 'told', 'failed')),
    -- When the parcel left.
    left_at    BIGINT NOT NULL,
    -- When the channel had it on record.
    told_at    BIGINT,
    -- The channel's own id of it.
    reference  TEXT,
    attempts   BIGINT NOT NULL DEFAULT 0,
    -- When the channel is told, or told again; NULL when it is over.
    next_at    BIGINT,
    last_error TEXT,
    CHECK ((state = 'waiting') = (next_at IS NOT NULL)),
    CHECK ((state = 'told') = (told_at IS NOT NULL)),
    CHECK ((state = 'told') = (reference IS NOT NULL))
) /*rows*/;
CREATE INDEX channel_reports_to_tell ON channel_reports (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX channel_reports_by_order ON channel_reports (order_id, id);
