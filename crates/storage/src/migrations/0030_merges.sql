-- Work on several orders of one buyer that travels in one parcel.

-- Fulfillments of one merge are picked together and packed into the same boxes.
ALTER TABLE fulfillments ADD COLUMN merge_id BIGINT;
CREATE INDEX fulfillments_by_merge ON fulfillments (merge_id, id) WHERE merge_id IS NOT NULL;

-- The package whose box these goods lie in, and whose label they travel with; NULL for a box.
ALTER TABLE packages ADD COLUMN inside_id BIGINT;
CREATE INDEX packages_inside ON packages (inside_id) WHERE inside_id IS NOT NULL;
