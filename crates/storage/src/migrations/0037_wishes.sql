-- How the buyer wants an order brought; none: as the shop sees fit, to the door.
ALTER TABLE orders ADD COLUMN service_wish TEXT
    CHECK (service_wish IN ('standard', 'next_day', 'timed', 'pickup_point'));
-- The last day of delivery that the buyer was promised; none: nothing was promised.
ALTER TABLE orders ADD COLUMN promised_by_on TEXT;
