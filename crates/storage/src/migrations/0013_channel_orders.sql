-- Orders as channels sent them: the first copy never changes, the latest is what the channel says
-- now. Both are sealed, and say what has become of them here.
CREATE TABLE channel_orders (
    id          BIGINT PRIMARY KEY,
    channel_id  BIGINT NOT NULL,
    external_id TEXT NOT NULL,
    number      TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('waiting', 'placed', 'canceled', 'test')),
    order_id    BIGINT,
    original    BYTEA NOT NULL,
    latest      BYTEA,
    -- When the channel last changed what we have.
    changed_at  BIGINT NOT NULL,
    -- What keeps it from becoming an order, as JSON without personal data.
    problem     TEXT,
    -- When it is tried again; NULL unless it waits.
    next_at     BIGINT,
    received_at BIGINT NOT NULL
) /*rows*/;
CREATE UNIQUE INDEX channel_orders_once ON channel_orders (channel_id, external_id);
CREATE INDEX channel_orders_by_state ON channel_orders (state, id);
CREATE INDEX channel_orders_to_try ON channel_orders (next_at) WHERE next_at IS NOT NULL;
