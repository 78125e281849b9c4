-- Orders that are split by hand, and held again after they were confirmed because they were changed.

-- Work that is not given to the floor before this moment.
ALTER TABLE fulfillments ADD COLUMN not_before BIGINT;

-- A confirmed order is held only when it was changed afterwards: few are, and no order on its usual way
-- is ever in here.
CREATE INDEX orders_by_status_held ON orders (status, id)
    WHERE status = 'confirmed' AND review NOT IN ('auto_passed', 'approved', 'released');
