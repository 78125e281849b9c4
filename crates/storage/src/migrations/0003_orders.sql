-- Orders, their lines, and the stock they hold.

CREATE TABLE channels (
    id         BIGINT PRIMARY KEY,
    code       TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    settings   TEXT NOT NULL,
    secret     BYTEA,
    is_active  SMALLINT NOT NULL DEFAULT 1
) /*rows*/;

-- The order number is made from the id, so it needs no column. recipient is ciphertext.
CREATE TABLE orders (
    id               BIGINT PRIMARY KEY,
    channel_id       BIGINT NOT NULL,
    channel_order_id TEXT,
    customer_id      BIGINT,
    status           TEXT NOT NULL,
    version          BIGINT NOT NULL CHECK (version >= 1),
    terms            TEXT NOT NULL,
    is_promotion     SMALLINT NOT NULL,
    review           TEXT NOT NULL,
    currency         TEXT NOT NULL,
    tax_mode         TEXT NOT NULL,
    goods_minor      BIGINT NOT NULL CHECK (goods_minor >= 0),
    discount_minor   BIGINT NOT NULL CHECK (discount_minor >= 0),
    freight_minor    BIGINT NOT NULL CHECK (freight_minor >= 0),
    tax_minor        BIGINT NOT NULL CHECK (tax_minor >= 0),
    total_minor      BIGINT NOT NULL CHECK (total_minor >= 0),
    paid_minor       BIGINT NOT NULL DEFAULT 0 CHECK (paid_minor >= 0),
    refunded_minor   BIGINT NOT NULL DEFAULT 0 CHECK (refunded_minor BETWEEN 0 AND paid_minor),
    charged_back_minor BIGINT NOT NULL DEFAULT 0 CHECK (charged_back_minor BETWEEN 0 AND paid_minor),
    is_backordered   SMALLINT NOT NULL,
    accepts_backorder SMALLINT NOT NULL,
    cancel_reason    TEXT,
    region           TEXT NOT NULL,
    recipient        BYTEA NOT NULL,
    placed_at        BIGINT NOT NULL,
    paid_at          BIGINT,
    confirmed_at     BIGINT,
    shipped_at       BIGINT,
    completed_at     BIGINT,
    ended_at         BIGINT,
    archived_at      BIGINT
) /*rows*/ /*hot*/;
CREATE INDEX orders_by_status ON orders (status, id);
CREATE UNIQUE INDEX orders_by_channel_order ON orders (channel_id, channel_order_id) WHERE channel_order_id IS NOT NULL;
CREATE INDEX orders_by_customer ON orders (customer_id, id) WHERE customer_id IS NOT NULL;

CREATE TABLE order_lines (
    order_id         BIGINT NOT NULL,
    line_no          BIGINT NOT NULL CHECK (line_no >= 1),
    sku_id           BIGINT NOT NULL,
    quantity         BIGINT NOT NULL CHECK (quantity >= 1),
    unit_price_minor BIGINT NOT NULL CHECK (unit_price_minor >= 0),
    discount_minor   BIGINT NOT NULL CHECK (discount_minor >= 0),
    tax_minor        BIGINT NOT NULL CHECK (tax_minor >= 0),
    total_minor      BIGINT NOT NULL CHECK (total_minor >= 0),
    canceled         BIGINT NOT NULL DEFAULT 0 CHECK (canceled >= 0),
    allocated        BIGINT NOT NULL DEFAULT 0 CHECK (allocated >= 0),
    backordered      BIGINT NOT NULL DEFAULT 0 CHECK (backordered >= 0),
    shipped          BIGINT NOT NULL DEFAULT 0 CHECK (shipped >= 0),
    PRIMARY KEY (order_id, line_no),
    CHECK (canceled + allocated + backordered + shipped <= quantity)
) /*clustered*/;

-- Where each part of the price came from: one row for each discount of a line.
CREATE TABLE order_discounts (
    order_id     BIGINT NOT NULL,
    line_no      BIGINT NOT NULL,
    source       TEXT NOT NULL,
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    PRIMARY KEY (order_id, line_no, source)
) /*clustered*/;

-- A soft hold on stock. A row stays, with its final state, as long as its order.
CREATE TABLE reservations (
    order_id    BIGINT NOT NULL,
    line_no     BIGINT NOT NULL,
    location_id BIGINT NOT NULL,
    -- 1 for pieces that are sold while there are none: they are apart from those held there.
    is_backorder SMALLINT NOT NULL,
    sku_id      BIGINT NOT NULL,
    quantity    BIGINT NOT NULL CHECK (quantity > 0),
    state       TEXT NOT NULL,
    expires_at  BIGINT,
    PRIMARY KEY (order_id, line_no, location_id, is_backorder)
) /*clustered*/;
CREATE INDEX reservations_waiting ON reservations (sku_id, order_id) WHERE state = 'backordered';

-- Orders by blind index of phone and e-mail, filled by a reader of the journal so that random keys
-- stay off the road of a new order.
CREATE TABLE order_contacts (
    blind    BIGINT NOT NULL,
    order_id BIGINT NOT NULL,
    PRIMARY KEY (blind, order_id)
) /*clustered*/;

CREATE TABLE order_notes (
    id       BIGINT PRIMARY KEY,
    order_id BIGINT NOT NULL,
    actor    TEXT NOT NULL,
    at       BIGINT NOT NULL,
    text     BYTEA NOT NULL
) /*rows*/;
CREATE INDEX order_notes_by_order ON order_notes (order_id, id);

CREATE TABLE carts (
    id          BIGINT PRIMARY KEY,
    customer_id BIGINT,
    lines       TEXT NOT NULL,
    coupons     TEXT NOT NULL,
    -- The order that this cart became; a cart is consumed once.
    order_id    BIGINT,
    version     BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
) /*rows*/;
CREATE INDEX carts_by_age ON carts (updated_at);
