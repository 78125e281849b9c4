-- Messages to buyers: one for each (order, cause, subject), however often the journal is read.
-- Neither the text nor the address is kept: both are made from the order when the message is sent.
CREATE TABLE messages (
    id         BIGINT PRIMARY KEY,
    order_id   BIGINT NOT NULL,
    cause      TEXT NOT NULL,
    subject    BIGINT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'moot', 'dead')),
    attempts   BIGINT NOT NULL DEFAULT 0,
    -- When it is sent, or tried again; NULL when it is over.
    next_at    BIGINT,
    last_error TEXT,
    created_at BIGINT NOT NULL,
    closed_at  BIGINT
) /*rows*/;
CREATE UNIQUE INDEX messages_once ON messages (order_id, cause, subject);
CREATE INDEX messages_to_send ON messages (next_at) WHERE next_at IS NOT NULL;
