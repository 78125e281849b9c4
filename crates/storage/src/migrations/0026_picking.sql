-- Work on the floor: waves, pick lists with their stops, the scans that were taken, and what of a bin is
-- claimed by lists that are not done.

-- Pieces of on_hand that a pick list will take; changed under the lock of the stock level.
ALTER TABLE stock_bins ADD COLUMN claimed BIGINT NOT NULL DEFAULT 0
    CHECK (claimed >= 0 AND claimed <= on_hand);

-- Work that was released together. A wave is never changed; how far it is, its lists tell.
CREATE TABLE waves (
    id           BIGINT PRIMARY KEY,
    location_id  BIGINT NOT NULL,
    -- What was asked for, as JSON: cut-off, carrier, zone, priority, what fits on a cart.
    filter       TEXT NOT NULL,
    fulfillments BIGINT NOT NULL CHECK (fulfillments >= 1),
    pieces       BIGINT NOT NULL CHECK (pieces >= 1),
    lists        BIGINT NOT NULL CHECK (lists >= 1),
    walk_mm      BIGINT NOT NULL CHECK (walk_mm >= 0),
    -- How long the walks would have been one fulfillment at a time.
    walk_alone_mm BIGINT NOT NULL CHECK (walk_alone_mm >= 0),
    released_at  BIGINT NOT NULL,
    released_by  TEXT NOT NULL
) /*rows*/;
CREATE INDEX waves_by_location ON waves (location_id, id);

CREATE TABLE pick_lists (
    id          BIGINT PRIMARY KEY,
    location_id BIGINT NOT NULL,
    wave_id     BIGINT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('open', 'picking', 'done')),
    picker_id   BIGINT,
    totes       BIGINT NOT NULL CHECK (totes >= 1),
    walk_mm     BIGINT NOT NULL CHECK (walk_mm >= 0),
    is_shortest SMALLINT NOT NULL,
    released_at BIGINT NOT NULL,
    done_at     BIGINT,
    version     BIGINT NOT NULL,
    CHECK ((state = 'done') = (done_at IS NOT NULL)),
    CHECK (state <> 'picking' OR picker_id IS NOT NULL)
) /*rows*/;
CREATE INDEX pick_lists_by_state ON pick_lists (location_id, state, id);
CREATE INDEX pick_lists_by_wave ON pick_lists (wave_id, id);

-- The stops of a list, position is the order of the walk.
CREATE TABLE pick_lines (
    pick_list_id     BIGINT NOT NULL,
    no               BIGINT NOT NULL CHECK (no >= 1),
    position         BIGINT NOT NULL,
    fulfillment_id   BIGINT NOT NULL,
    -- Of the order.
    line_no          BIGINT NOT NULL CHECK (line_no >= 1),
    sku_id           BIGINT NOT NULL,
    bin_id           BIGINT,
    lot              TEXT NOT NULL,
    expires_on       TEXT,
    tote             BIGINT NOT NULL CHECK (tote >= 1),
    quantity         BIGINT NOT NULL CHECK (quantity >= 1),
    picked           BIGINT NOT NULL CHECK (picked >= 0),
    short            BIGINT NOT NULL CHECK (short >= 0),
    dropped          BIGINT NOT NULL CHECK (dropped >= 0),
    returned         BIGINT NOT NULL CHECK (returned >= 0 AND returned <= picked),
    step             TEXT NOT NULL CHECK (step IN ('bin', 'item', 'lot')),
    is_lot_seen      SMALLINT NOT NULL,
    PRIMARY KEY (pick_list_id, no),
    CHECK (picked + short + dropped <= quantity)
) /*clustered*/;
CREATE INDEX pick_lines_by_fulfillment ON pick_lines (fulfillment_id);
CREATE INDEX pick_lines_by_bin ON pick_lines (bin_id, sku_id);

-- Scans by the ids that devices gave them, with the answer, so that one that is sent again is not
-- counted again. They go after some days.
CREATE TABLE pick_scans (
    pick_list_id BIGINT NOT NULL,
    scan_key     TEXT NOT NULL,
    answer       TEXT NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (pick_list_id, scan_key)
) /*clustered*/;
CREATE INDEX pick_scans_by_age ON pick_scans (at);
