-- The line whose missing pieces a line is sent in place of; none: it was placed.
ALTER TABLE order_lines ADD COLUMN stands_for BIGINT
    CHECK (stands_for IS NULL OR (stands_for >= 1 AND stands_for < line_no AND gift IS NULL));

-- Buyers may take something else. A CHECK cannot be changed in SQLite: the table is made anew.
DROP INDEX choices_by_order;
DROP INDEX choices_open;
ALTER TABLE choices RENAME TO choices_before;
/*if postgres*/ ALTER INDEX choices_pkey RENAME TO choices_before_pkey;
CREATE TABLE choices (
    id            BIGINT PRIMARY KEY,
    order_id      BIGINT NOT NULL,
    line_no       BIGINT NOT NULL CHECK (line_no >= 1),
    sku_id        BIGINT NOT NULL,
    pieces        BIGINT NOT NULL CHECK (pieces >= 1),
    -- The day on which more is expected, if anybody knows.
    expected_on   TEXT,
    answer_by     BIGINT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('asked', 'answered', 'lapsed', 'moot')),
    answer        TEXT CHECK (answer IN ('refund', 'wait', 'call', 'substitute')),
    -- What is taken in place of the pieces.
    substitute_id BIGINT,
    asked_at      BIGINT NOT NULL,
    closed_at     BIGINT,
    version       BIGINT NOT NULL,
    CHECK ((state = 'answered') = (answer IS NOT NULL)),
    CHECK ((COALESCE(answer, '') = 'substitute') = (substitute_id IS NOT NULL)),
    CHECK ((state = 'asked') = (closed_at IS NULL))
) /*rows*/;
INSERT INTO choices (id, order_id, line_no, sku_id, pieces, expected_on, answer_by, state, answer,
        asked_at, closed_at, version)
    SELECT id, order_id, line_no, sku_id, pieces, expected_on, answer_by, state, answer,
        asked_at, closed_at, version FROM choices_before;
DROP TABLE choices_before;
CREATE INDEX choices_by_order ON choices (order_id, line_no);
-- A line has one question at a time.
CREATE UNIQUE INDEX choices_open ON choices (order_id, line_no) WHERE state = 'asked';
