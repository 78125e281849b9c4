-- Boxes with goods of one fulfillment. One that was opened again stays, and counts no more.
CREATE TABLE packages (
    id             BIGINT PRIMARY KEY,
    order_id       BIGINT NOT NULL,
    fulfillment_id BIGINT NOT NULL,
    number         BIGINT NOT NULL CHECK (number >= 1),
    material       TEXT NOT NULL,
    length_mm      BIGINT NOT NULL CHECK (length_mm >= 0),
    width_mm       BIGINT NOT NULL CHECK (width_mm >= 0),
    height_mm      BIGINT NOT NULL CHECK (height_mm >= 0),
    gross_grams    BIGINT NOT NULL CHECK (gross_grams >= 0),
    is_weighed     BIGINT NOT NULL CHECK (is_weighed IN (0, 1)),
    contents       TEXT NOT NULL, -- JSON: line, SKU, pieces, lot, serial numbers.
    packed_at      BIGINT NOT NULL,
    opened_at      BIGINT
) /*rows*/;
CREATE INDEX packages_by_fulfillment ON packages (fulfillment_id, id);
CREATE INDEX packages_by_order ON packages (order_id, id);
