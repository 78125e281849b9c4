-- Outgoing webhooks: who is told of what happens, and each telling.

CREATE TABLE webhook_endpoints (
    id               BIGINT PRIMARY KEY,
    url              TEXT NOT NULL,
    description      TEXT NOT NULL,
    -- Patterns of kinds of events, as a JSON array.
    events           TEXT NOT NULL,
    -- Both secrets are ciphertext. The one before the last rotation signs too until previous_until.
    secret           BYTEA,
    previous_secret  BYTEA,
    previous_until   BIGINT,
    state            TEXT NOT NULL CHECK (state IN ('active', 'paused', 'disabled', 'deleted')),
    disabled_because TEXT,
    -- The first failure since the last success.
    failing_since    BIGINT,
    delivered_at     BIGINT,
    version          BIGINT NOT NULL CHECK (version >= 1),
    created_at       BIGINT NOT NULL,
    CHECK ((secret IS NULL) = (state = 'deleted')),
    CHECK ((previous_secret IS NULL) = (previous_until IS NULL)),
    CHECK ((disabled_because IS NULL) = (state <> 'disabled'))
) /*rows*/;

-- One event on its way to one endpoint; the event's id is its identity for the receiver.
CREATE TABLE webhook_deliveries (
    id           BIGINT PRIMARY KEY,
    endpoint_id  BIGINT NOT NULL,
    event_id     BIGINT NOT NULL,
    kind         TEXT NOT NULL,
    aggregate    TEXT NOT NULL,
    aggregate_id BIGINT NOT NULL,
    -- Deliveries of one lane (an order with its payments and refunds) arrive one after the other.
    lane         BIGINT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed', 'dropped')),
    attempts     BIGINT NOT NULL DEFAULT 0 CHECK (attempts BETWEEN 0 AND 10),
    next_at      BIGINT NOT NULL,
    -- Grows with every claim: who outlived their claim changes nothing.
    claim_token  BIGINT NOT NULL DEFAULT 0,
    -- What the endpoint said last, in a word or two.
    answer       TEXT NOT NULL DEFAULT '',
    happened_at  BIGINT NOT NULL,
    tried_at     BIGINT,
    closed_at    BIGINT,
    CHECK ((state = 'waiting') = (closed_at IS NULL))
) /*rows*/;
CREATE UNIQUE INDEX webhook_deliveries_once ON webhook_deliveries (endpoint_id, event_id);
CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint_id, id);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, next_at) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_in_lane ON webhook_deliveries (endpoint_id, lane, id) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_by_end ON webhook_deliveries (closed_at) WHERE closed_at IS NOT NULL;
