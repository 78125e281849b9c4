-- Pictures of goods, and the carts of customers.

-- A picture is known by the digest of its bytes, so what stands at an address never changes.
CREATE TABLE images (
    name      TEXT PRIMARY KEY,
    kind      TEXT NOT NULL,
    bytes     BYTEA NOT NULL,
    stored_at BIGINT NOT NULL
) /*rows*/;

CREATE INDEX carts_by_customer ON carts (customer_id, id) WHERE customer_id IS NOT NULL AND order_id IS NULL;
