-- Pieces that have left and are sent again: they count as shipped only once.
ALTER TABLE order_lines ADD COLUMN resent BIGINT NOT NULL DEFAULT 0 CHECK (resent >= 0);
-- When another parcel was sent in the place of this one.
ALTER TABLE shipments ADD COLUMN reshipped_at BIGINT;

-- What carriers are told to do with parcels that they have. The id is what the carrier knows it by.
CREATE TABLE carrier_instructions (
    id          BIGINT PRIMARY KEY,
    shipment_id BIGINT NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('return', 'forward')),
    state       TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'failed')),
    -- Where it is to go instead, as ciphertext; gone once the carrier knows it.
    address     BYTEA,
    created_at  BIGINT NOT NULL,
    done_at     BIGINT,
    asked       BIGINT NOT NULL DEFAULT 0,
    -- When the carrier is told, or told again; NULL when it is over.
    ask_at      BIGINT,
    failure     TEXT,
    CHECK ((state = 'waiting') = (ask_at IS NOT NULL)),
    CHECK ((state = 'done') = (done_at IS NOT NULL)),
    CHECK (kind = 'forward' OR address IS NULL)
) /*rows*/;
CREATE UNIQUE INDEX carrier_instructions_once ON carrier_instructions (shipment_id)
    WHERE state = 'waiting';
CREATE INDEX carrier_instructions_to_ask ON carrier_instructions (ask_at) WHERE ask_at IS NOT NULL;
CREATE INDEX carrier_instructions_by_shipment ON carrier_instructions (shipment_id, id);
