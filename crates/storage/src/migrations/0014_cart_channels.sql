-- The channel whose integration keeps a cart; NULL for carts of the own shop.
ALTER TABLE carts ADD COLUMN channel_id BIGINT;
