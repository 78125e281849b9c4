-- Promotions: coupons and their uses, gift cards, points.

-- terms is JSON: what it gives, on what, from which amount on, and together with what.
CREATE TABLE coupons (
    id           BIGINT PRIMARY KEY,
    code         TEXT NOT NULL UNIQUE,
    name_zh      TEXT NOT NULL,
    name_en      TEXT NOT NULL,
    terms        TEXT NOT NULL,
    valid_from   BIGINT,
    valid_until  BIGINT,
    uses_max     BIGINT CHECK (uses_max >= 1),
    uses_per_customer_max BIGINT CHECK (uses_per_customer_max >= 1),
    is_active    SMALLINT NOT NULL,
    version      BIGINT NOT NULL CHECK (version >= 1),
    -- The rows of coupon_uses that were not released.
    uses         BIGINT NOT NULL DEFAULT 0 CHECK (uses >= 0),
    -- Grows with every use and every release, so that a writer notices what another did.
    turns        BIGINT NOT NULL DEFAULT 0,
    updated_at   BIGINT NOT NULL,
    CHECK (uses_max IS NULL OR uses <= uses_max)
) /*rows*/ /*hot*/;

-- One row for each order and coupon. buyer is the customer's id, or the blind index of a guest's
-- phone.
CREATE TABLE coupon_uses (
    coupon_id     BIGINT NOT NULL,
    order_id      BIGINT NOT NULL,
    buyer         BIGINT NOT NULL,
    goods_minor   BIGINT NOT NULL CHECK (goods_minor >= 0),
    freight_minor BIGINT NOT NULL CHECK (freight_minor >= 0),
    used_at       BIGINT NOT NULL,
    -- Its order has ended, so that the coupon can be used again.
    released_at   BIGINT,
    PRIMARY KEY (order_id, coupon_id)
) /*clustered*/;
CREATE INDEX coupon_uses_by_buyer ON coupon_uses (coupon_id, buyer) WHERE released_at IS NULL;

-- code is ciphertext; blind is the keyed index by which a typed code is found.
CREATE TABLE gift_cards (
    id            BIGINT PRIMARY KEY,
    blind         BIGINT NOT NULL UNIQUE,
    code          BYTEA NOT NULL,
    currency      TEXT NOT NULL,
    balance_minor BIGINT NOT NULL CHECK (balance_minor >= 0),
    version       BIGINT NOT NULL CHECK (version >= 1),
    issued_at     BIGINT NOT NULL
) /*rows*/ /*hot*/;

-- Why a balance is what it is: append-only. cause is the raw id of the payment or refund.
CREATE TABLE gift_card_movements (
    gift_card_id BIGINT NOT NULL,
    sequence     BIGINT NOT NULL CHECK (sequence >= 1),
    kind         TEXT NOT NULL,
    amount_minor BIGINT NOT NULL CHECK (amount_minor <> 0),
    order_id     BIGINT,
    cause        BIGINT,
    at           BIGINT NOT NULL,
    PRIMARY KEY (gift_card_id, sequence)
) /*clustered*/;
CREATE INDEX gift_card_movements_by_order ON gift_card_movements (order_id) WHERE order_id IS NOT NULL;
CREATE UNIQUE INDEX gift_card_movements_once ON gift_card_movements (kind, cause) WHERE cause IS NOT NULL;

CREATE TABLE points_accounts (
    customer_id BIGINT PRIMARY KEY,
    balance     BIGINT NOT NULL CHECK (balance >= 0),
    -- Taken back after they had been spent; the next points pay them off.
    owed        BIGINT NOT NULL CHECK (owed >= 0),
    version     BIGINT NOT NULL CHECK (version >= 0)
) /*rows*/ /*hot*/;

-- Why a balance is what it is: append-only. cause is the raw id of the payment or refund; of an
-- order that earned points or lost them again, its own.
CREATE TABLE points_movements (
    customer_id BIGINT NOT NULL,
    sequence    BIGINT NOT NULL CHECK (sequence >= 1),
    kind        TEXT NOT NULL,
    points      BIGINT NOT NULL,
    owed        BIGINT NOT NULL,
    order_id    BIGINT,
    cause       BIGINT,
    at          BIGINT NOT NULL,
    PRIMARY KEY (customer_id, sequence),
    CHECK (points <> 0 OR owed <> 0)
) /*clustered*/;
CREATE INDEX points_movements_by_order ON points_movements (order_id) WHERE order_id IS NOT NULL;
CREATE UNIQUE INDEX points_movements_once ON points_movements (kind, cause) WHERE cause IS NOT NULL;

ALTER TABLE orders ADD COLUMN coupons BIGINT NOT NULL DEFAULT 0 CHECK (coupons >= 0);
ALTER TABLE orders ADD COLUMN points_earned BIGINT NOT NULL DEFAULT 0 CHECK (points_earned >= 0);

-- The price in other currencies: {"USD": 899}, minor units of each.
ALTER TABLE skus ADD COLUMN prices TEXT NOT NULL DEFAULT '{}';
