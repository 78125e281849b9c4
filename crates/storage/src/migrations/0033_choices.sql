-- Questions to buyers about pieces of a line that nobody has, and what they chose.
CREATE TABLE choices (
    id          BIGINT PRIMARY KEY,
    order_id    BIGINT NOT NULL,
    line_no     BIGINT NOT NULL CHECK (line_no >= 1),
    sku_id      BIGINT NOT NULL,
    pieces      BIGINT NOT NULL CHECK (pieces >= 1),
    -- The day on which more is expected, if anybody knows.
    expected_on TEXT,
    answer_by   BIGINT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('asked', 'answered', 'lapsed', 'moot')),
    answer      TEXT CHECK (answer IN ('refund', 'wait', 'call')),
    asked_at    BIGINT NOT NULL,
    closed_at   BIGINT,
    version     BIGINT NOT NULL,
    CHECK ((state = 'answered') = (answer IS NOT NULL)),
    CHECK ((state = 'asked') = (closed_at IS NULL))
) /*rows*/;
CREATE INDEX choices_by_order ON choices (order_id, line_no);
-- A line has one question at a time.
CREATE UNIQUE INDEX choices_open ON choices (order_id, line_no) WHERE state = 'asked';
