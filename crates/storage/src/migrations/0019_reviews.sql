-- Why orders are or were kept from being released, one row for each reason that an event gave.
CREATE TABLE order_holds (
    order_id        BIGINT NOT NULL,
    sequence        BIGINT NOT NULL, -- Of the event that placed it.
    is_interception BIGINT NOT NULL CHECK (is_interception IN (0, 1)),
    reason          TEXT NOT NULL,
    placed_at       BIGINT NOT NULL,
    lifted_at       BIGINT, -- By the clock of whoever decided, which may have been set back.
    PRIMARY KEY (order_id, sequence, is_interception, reason)
) /*clustered*/;

-- How a table of rules came to its ruling on an order: every rule with what became of it. A pass that
-- no rule asked for has no row; its event names the version of the table.
CREATE TABLE review_decisions (
    order_id   BIGINT NOT NULL,
    sequence   BIGINT NOT NULL, -- Of the event that it led to.
    version    BIGINT NOT NULL CHECK (version >= 0), -- Of the table; 0 is the one built in.
    decision   TEXT NOT NULL,
    decided_at BIGINT NOT NULL,
    PRIMARY KEY (order_id, sequence)
) /*clustered*/;
