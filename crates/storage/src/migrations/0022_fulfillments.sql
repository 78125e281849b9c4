-- One location's share of an order, and what it ships of each line.

CREATE TABLE fulfillments (
    id             BIGINT PRIMARY KEY,
    order_id       BIGINT NOT NULL,
    location_id    BIGINT NOT NULL,
    state          TEXT NOT NULL,
    version        BIGINT NOT NULL CHECK (version >= 1),
    is_urgent      BIGINT NOT NULL CHECK (is_urgent IN (0, 1)),
    ship_by        BIGINT,
    wave_id        BIGINT,
    reject_reason  TEXT,
    planned_at     BIGINT NOT NULL,
    released_at    BIGINT,
    picked_at      BIGINT,
    rechecked_at   BIGINT,
    packed_at      BIGINT,
    handed_over_at BIGINT,
    ended_at       BIGINT
) /*rows*/ /*hot*/;
CREATE INDEX fulfillments_by_order ON fulfillments (order_id, id);
-- Work that a location still has; what has left costs nothing here.
CREATE INDEX fulfillments_open ON fulfillments (location_id, state, id)
    WHERE state IN ('planned', 'released', 'picking', 'picked', 'rechecked', 'packed');
CREATE INDEX fulfillments_by_wave ON fulfillments (wave_id, id) WHERE wave_id IS NOT NULL;

CREATE TABLE fulfillment_lines (
    fulfillment_id BIGINT NOT NULL,
    line_no        BIGINT NOT NULL CHECK (line_no >= 1),
    sku_id         BIGINT NOT NULL,
    quantity       BIGINT NOT NULL CHECK (quantity >= 0),
    picked         BIGINT NOT NULL DEFAULT 0 CHECK (picked BETWEEN 0 AND quantity),
    PRIMARY KEY (fulfillment_id, line_no)
) /*clustered*/;

-- Why the locations of an order were chosen: every candidate with its cost part by part, or why it was
-- refused, and what would have been second best.
CREATE TABLE sourcing_decisions (
    order_id   BIGINT NOT NULL,
    id         BIGINT NOT NULL,
    decided_at BIGINT NOT NULL,
    decision   TEXT NOT NULL,
    PRIMARY KEY (order_id, id)
) /*clustered*/;

-- Pieces are promised in parts: 0 held when the order was placed, 1 waiting for stock then, more for
-- what was split off or moved to another location later.
ALTER TABLE reservations RENAME COLUMN is_backorder TO part;
ALTER TABLE reservations ADD COLUMN fulfillment_id BIGINT;

-- How far the work on an order is, rolled up from its fulfillments: kept beside the order so that lists
-- can ask for it; the checker compares it with what it was made of.
ALTER TABLE orders ADD COLUMN progress TEXT NOT NULL DEFAULT 'not_packed';
CREATE INDEX orders_by_progress ON orders (progress, id) WHERE progress <> 'not_packed';
