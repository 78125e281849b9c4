-- Bulk work: one step taken with every order of a view, order by order, newest first.
CREATE TABLE bulks (
    id            BIGINT PRIMARY KEY,
    action        TEXT NOT NULL,
    cancel_reason TEXT,
    -- Why, in the words of whoever started it.
    reason        TEXT NOT NULL,
    -- Which orders, as JSON: what the list of orders showed.
    filter        TEXT NOT NULL,
    staff_id      BIGINT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('running', 'done', 'stopped')),
    stop_cause    TEXT,
    -- Orders before this id are still to be looked at.
    walked_to     BIGINT NOT NULL,
    done          BIGINT NOT NULL DEFAULT 0 CHECK (done >= 0),
    refused       BIGINT NOT NULL DEFAULT 0 CHECK (refused >= 0),
    -- The fencing token of the node that handles it; one with an older token changes nothing.
    token         BIGINT NOT NULL DEFAULT 0,
    started_at    BIGINT NOT NULL,
    ended_at      BIGINT,
    CHECK ((action = 'cancel') = (cancel_reason IS NOT NULL)),
    CHECK ((state = 'stopped') = (stop_cause IS NOT NULL)),
    CHECK ((state = 'running') = (ended_at IS NULL))
) /*rows*/;
CREATE INDEX bulks_running ON bulks (id) WHERE state = 'running';

-- What became of each order: NULL if it took the step. The key is what handles it at most once.
CREATE TABLE bulk_orders (
    bulk_id  BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    refusal  TEXT,
    PRIMARY KEY (bulk_id, order_id)
) /*clustered*/;
CREATE INDEX bulk_orders_refused ON bulk_orders (bulk_id, order_id) WHERE refusal IS NOT NULL;
