-- What is sold, where it lies, and how much of it.

CREATE TABLE categories (
    id        BIGINT PRIMARY KEY,
    code      TEXT NOT NULL UNIQUE,
    name_zh   TEXT NOT NULL,
    name_en   TEXT NOT NULL,
    position  BIGINT NOT NULL DEFAULT 0
) /*rows*/;

CREATE TABLE skus (
    id             BIGINT PRIMARY KEY,
    code           TEXT NOT NULL UNIQUE,
    gtin           TEXT UNIQUE,
    name_zh        TEXT NOT NULL,
    name_en        TEXT NOT NULL,
    description_zh TEXT NOT NULL,
    description_en TEXT NOT NULL,
    category_id    BIGINT NOT NULL,
    price_minor    BIGINT NOT NULL CHECK (price_minor >= 0),
    list_price_minor BIGINT CHECK (list_price_minor >= 0),
    currency       TEXT NOT NULL,
    tax_class      TEXT NOT NULL,
    weight_grams   BIGINT NOT NULL CHECK (weight_grams >= 0),
    length_mm      BIGINT NOT NULL CHECK (length_mm >= 0),
    width_mm       BIGINT NOT NULL CHECK (width_mm >= 0),
    height_mm      BIGINT NOT NULL CHECK (height_mm >= 0),
    is_fragile     SMALLINT NOT NULL DEFAULT 0,
    is_high_value  SMALLINT NOT NULL DEFAULT 0,
    is_perishable  SMALLINT NOT NULL DEFAULT 0,
    is_hazardous   SMALLINT NOT NULL DEFAULT 0,
    is_oversized   SMALLINT NOT NULL DEFAULT 0,
    is_active      SMALLINT NOT NULL DEFAULT 1,
    reorder_point  BIGINT NOT NULL DEFAULT 0,
    substitutes    TEXT NOT NULL DEFAULT '[]',
    art            TEXT,
    version        BIGINT NOT NULL DEFAULT 1,
    updated_at     BIGINT NOT NULL
) /*rows*/;
CREATE INDEX skus_by_category ON skus (category_id, id);

CREATE TABLE locations (
    id           BIGINT PRIMARY KEY,
    code         TEXT NOT NULL UNIQUE,
    name_zh      TEXT NOT NULL,
    name_en      TEXT NOT NULL,
    country      TEXT NOT NULL,
    region       TEXT NOT NULL,
    address      TEXT NOT NULL,
    latitude     DOUBLE PRECISION NOT NULL,
    longitude    DOUBLE PRECISION NOT NULL,
    time_zone    TEXT NOT NULL,
    cut_off      TEXT NOT NULL,
    daily_capacity BIGINT NOT NULL CHECK (daily_capacity >= 0),
    is_active    SMALLINT NOT NULL DEFAULT 1,
    priority     BIGINT NOT NULL DEFAULT 0
) /*rows*/;

CREATE TABLE bins (
    id          BIGINT PRIMARY KEY,
    location_id BIGINT NOT NULL,
    zone        TEXT NOT NULL,
    code        TEXT NOT NULL
) /*rows*/;
CREATE UNIQUE INDEX bins_by_code ON bins (location_id, code);

-- One row per (SKU, location); changed only through movements and reservations.
CREATE TABLE stock_levels (
    sku_id       BIGINT NOT NULL,
    location_id  BIGINT NOT NULL,
    on_hand      BIGINT NOT NULL DEFAULT 0 CHECK (on_hand >= 0),
    reserved     BIGINT NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    allocated    BIGINT NOT NULL DEFAULT 0 CHECK (allocated >= 0),
    quarantine   BIGINT NOT NULL DEFAULT 0 CHECK (quarantine >= 0),
    incoming     BIGINT NOT NULL DEFAULT 0 CHECK (incoming >= 0),
    safety_stock BIGINT NOT NULL DEFAULT 0 CHECK (safety_stock >= 0),
    backorder    TEXT NOT NULL DEFAULT 'deny' CHECK (backorder IN ('deny', 'allow')),
    -- Changes of on_hand so far: the sequence of the level's own journal entries.
    version      BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (sku_id, location_id),
    CHECK (on_hand >= reserved + allocated + quarantine)
) /*clustered*/ /*hot*/;

-- How much of a level lies where, and until when it keeps. lot is '' and expires_on NULL for goods
-- without lots.
CREATE TABLE stock_bins (
    sku_id      BIGINT NOT NULL,
    location_id BIGINT NOT NULL,
    bin_id      BIGINT NOT NULL,
    lot         TEXT NOT NULL,
    expires_on  TEXT,
    on_hand     BIGINT NOT NULL CHECK (on_hand >= 0),
    PRIMARY KEY (sku_id, location_id, bin_id, lot)
) /*clustered*/;

-- Why on_hand is what it is: append-only.
CREATE TABLE stock_movements (
    id          BIGINT PRIMARY KEY,
    sku_id      BIGINT NOT NULL,
    location_id BIGINT NOT NULL,
    bin_id      BIGINT,
    lot         TEXT,
    kind        TEXT NOT NULL,
    quantity    BIGINT NOT NULL CHECK (quantity <> 0),
    reference_id BIGINT,
    reason      TEXT,
    actor       TEXT NOT NULL,
    at          BIGINT NOT NULL
) /*rows*/;
CREATE INDEX stock_movements_by_sku ON stock_movements (sku_id, id);

-- Goods on their way to a location.
CREATE TABLE incoming_stock (
    id          BIGINT PRIMARY KEY,
    sku_id      BIGINT NOT NULL,
    location_id BIGINT NOT NULL,
    quantity    BIGINT NOT NULL CHECK (quantity > 0),
    received    BIGINT NOT NULL DEFAULT 0 CHECK (received >= 0),
    expected_on TEXT NOT NULL
) /*rows*/;
CREATE INDEX incoming_stock_by_sku ON incoming_stock (sku_id, expected_on);
