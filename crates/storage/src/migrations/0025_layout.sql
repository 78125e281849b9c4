-- The floor of a location: aisles, the cross-aisles that join them, and where bins stand. Lengths are
-- millimeters from the left and from the front.

CREATE TABLE layouts (
    location_id BIGINT PRIMARY KEY,
    -- Where on the front cross-aisle walks start and end.
    start_x_mm  BIGINT NOT NULL CHECK (start_x_mm >= 0),
    end_x_mm    BIGINT NOT NULL CHECK (end_x_mm >= 0),
    -- What people said of the floor, from which it was drawn.
    plan        TEXT NOT NULL
) /*rows*/;

CREATE TABLE layout_aisles (
    location_id BIGINT NOT NULL,
    number      BIGINT NOT NULL CHECK (number >= 1),
    zone        TEXT NOT NULL,
    x_mm        BIGINT NOT NULL CHECK (x_mm >= 0),
    PRIMARY KEY (location_id, number)
) /*clustered*/;

-- The first is the front, the last the back.
CREATE TABLE layout_cross_aisles (
    location_id BIGINT NOT NULL,
    number      BIGINT NOT NULL CHECK (number >= 1),
    y_mm        BIGINT NOT NULL CHECK (y_mm >= 0),
    PRIMARY KEY (location_id, number)
) /*clustered*/;

-- All empty for a bin that stands nowhere on the floor.
ALTER TABLE bins ADD COLUMN aisle BIGINT CHECK (aisle >= 1);
ALTER TABLE bins ADD COLUMN y_mm BIGINT CHECK (y_mm >= 0);
ALTER TABLE bins ADD COLUMN side TEXT CHECK (side IN ('left', 'right'));
ALTER TABLE bins ADD COLUMN level BIGINT CHECK (level >= 1);
ALTER TABLE bins ADD COLUMN height_mm BIGINT CHECK (height_mm >= 0);

CREATE INDEX stock_bins_by_bin ON stock_bins (location_id, bin_id);
