-- Lists of orders that few belong to, so that a page of them is not looked for among all others. Each
-- condition stands word for word in the query that it is for: see order/list.rs.
CREATE INDEX orders_by_channel ON orders (channel_id, id);
CREATE INDEX orders_charged_back ON orders (id) WHERE charged_back_minor > 0;
CREATE INDEX orders_refunded ON orders (id) WHERE refunded_minor > 0;
CREATE INDEX orders_overpaid ON orders (id) WHERE paid_minor > total_minor;
CREATE INDEX orders_partly_paid ON orders (id) WHERE paid_minor > 0 AND paid_minor < total_minor;
CREATE INDEX orders_at_the_door ON orders (id) WHERE terms = 'cash_on_delivery';
CREATE INDEX orders_backordered ON orders (id) WHERE is_backordered = 1;
