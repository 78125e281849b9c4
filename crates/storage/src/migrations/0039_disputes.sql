-- Captured money that a buyer's bank wants back.
CREATE TABLE disputes (
    id           BIGINT PRIMARY KEY,
    order_id     BIGINT NOT NULL,
    payment_id   BIGINT NOT NULL,
    gateway      TEXT NOT NULL,
    gateway_ref  TEXT NOT NULL,
    version      BIGINT NOT NULL CHECK (version >= 1),
    state        TEXT NOT NULL CHECK (state IN ('needs_response', 'under_review', 'won', 'lost', 'accepted')),
    reason       TEXT NOT NULL,
    currency     TEXT NOT NULL,
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    fee_minor    BIGINT NOT NULL CHECK (fee_minor >= 0),
    opened_at    BIGINT NOT NULL,
    respond_by   BIGINT NOT NULL,
    -- What finance has decided and the gateway has not taken yet.
    answer       TEXT CHECK (answer IN ('evidence', 'accept')),
    closed_at    BIGINT,
    -- What was or is to be submitted, as ciphertext.
    evidence     BYTEA,
    -- Why the gateway did not take the last answer, in its words.
    failure      TEXT,
    -- When the gateway is told or asked next; NULL when nothing is on its way.
    ask_at       BIGINT,
    asked        BIGINT NOT NULL DEFAULT 0,
    CHECK (answer IS NULL OR state = 'needs_response'),
    CHECK ((state IN ('needs_response', 'under_review')) = (closed_at IS NULL))
) /*rows*/;
CREATE UNIQUE INDEX disputes_by_reference ON disputes (gateway, gateway_ref);
CREATE INDEX disputes_by_order ON disputes (order_id, id);
CREATE INDEX disputes_by_payment ON disputes (payment_id);
CREATE INDEX disputes_by_state ON disputes (state, id);
CREATE INDEX disputes_to_ask ON disputes (ask_at) WHERE ask_at IS NOT NULL;

-- How far the list of disputes of each gateway was read, so that a lost notice is found.
CREATE TABLE dispute_cursors (
    gateway TEXT PRIMARY KEY,
    place   TEXT,            -- In the gateway's own words; none: from the beginning.
    ask_at  BIGINT NOT NULL  -- When it is read next.
) /*rows*/;
