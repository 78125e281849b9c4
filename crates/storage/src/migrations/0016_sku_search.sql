-- The catalog as people keep it: a list by code, of all goods or of one category.
CREATE INDEX skus_by_category_and_code ON skus (category_id, code);
