-- Money in, money back, and the books.

CREATE TABLE payments (
    id           BIGINT PRIMARY KEY,
    order_id     BIGINT NOT NULL,
    version      BIGINT NOT NULL CHECK (version >= 1),
    state        TEXT NOT NULL,
    gateway      TEXT NOT NULL,
    merchant     TEXT NOT NULL,
    currency     TEXT NOT NULL,
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    gateway_ref  TEXT,
    -- What the gateway is told when it is asked to open it, the same each time.
    return_url   TEXT,
    notify_url   TEXT,
    expires_at   BIGINT,
    redirect_url TEXT,
    failure      TEXT,
    created_at   BIGINT NOT NULL,
    captured_at  BIGINT,
    -- When the poller asks the gateway next; NULL when nothing is open.
    ask_at       BIGINT,
    asked        BIGINT NOT NULL DEFAULT 0
) /*rows*/;
CREATE INDEX payments_by_order ON payments (order_id, id);
CREATE UNIQUE INDEX payments_by_reference ON payments (gateway, gateway_ref) WHERE gateway_ref IS NOT NULL;
CREATE INDEX payments_to_ask ON payments (ask_at) WHERE ask_at IS NOT NULL;

CREATE TABLE refunds (
    id           BIGINT PRIMARY KEY,
    payment_id   BIGINT NOT NULL,
    order_id     BIGINT NOT NULL,
    -- What the refund is for: one refund for one (payment, cause, subject), so that a cancel that
    -- runs twice refunds once.
    cause        TEXT NOT NULL,
    subject      BIGINT NOT NULL,
    version      BIGINT NOT NULL CHECK (version >= 1),
    state        TEXT NOT NULL,
    currency     TEXT NOT NULL,
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    failure      TEXT,
    granted_at   BIGINT NOT NULL,
    succeeded_at BIGINT,
    ask_at       BIGINT,
    asked        BIGINT NOT NULL DEFAULT 0
) /*rows*/;
CREATE UNIQUE INDEX refunds_once ON refunds (payment_id, cause, subject);
CREATE INDEX refunds_by_order ON refunds (order_id, id);
CREATE INDEX refunds_to_ask ON refunds (ask_at) WHERE ask_at IS NOT NULL;

-- Double entry: the entries of one posting add up to zero. Debits are positive.
CREATE TABLE ledger_entries (
    posting_id   BIGINT NOT NULL,
    entry_no     BIGINT NOT NULL,
    order_id     BIGINT NOT NULL,
    account      TEXT NOT NULL,
    currency     TEXT NOT NULL,
    amount_minor BIGINT NOT NULL CHECK (amount_minor <> 0),
    at           BIGINT NOT NULL,
    PRIMARY KEY (posting_id, entry_no)
) /*clustered*/;
CREATE INDEX ledger_entries_by_order ON ledger_entries (order_id, posting_id);
