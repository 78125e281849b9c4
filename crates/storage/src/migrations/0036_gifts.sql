-- The number of the rule that added a line as a gift; none: it was asked for.
ALTER TABLE order_lines ADD COLUMN gift BIGINT
    CHECK (gift IS NULL OR (gift >= 1 AND unit_price_minor = 0 AND total_minor = 0));
