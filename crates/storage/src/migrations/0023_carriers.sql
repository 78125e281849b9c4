-- Carriers, labels, parcels on their way, and the lists on which carriers take parcels over.

CREATE TABLE carriers (
    id         BIGINT PRIMARY KEY,
    code       TEXT NOT NULL UNIQUE,
    name_zh    TEXT NOT NULL,
    name_en    TEXT NOT NULL,
    -- What it offers and demands, as JSON.
    terms      TEXT NOT NULL,
    -- How it is spoken to; empty: labels are made outside.
    protocol   TEXT NOT NULL,
    url        TEXT NOT NULL,
    account    TEXT NOT NULL,
    secret     BYTEA,
    is_active  SMALLINT NOT NULL,
    version    BIGINT NOT NULL CHECK (version >= 1),
    updated_at BIGINT NOT NULL
) /*rows*/;

-- Labels that are to be made: the intent stands before the carrier is asked, and its id is what the
-- carrier knows it by, so that one parcel never has two.
CREATE TABLE label_requests (
    id            BIGINT PRIMARY KEY,
    order_id      BIGINT NOT NULL,
    package_id    BIGINT NOT NULL,
    location_id   BIGINT NOT NULL,
    carrier_id    BIGINT NOT NULL,
    service       TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('wanted', 'made', 'refused', 'withdrawn')),
    weight_grams  BIGINT NOT NULL CHECK (weight_grams > 0),
    length_mm     BIGINT NOT NULL CHECK (length_mm > 0),
    width_mm      BIGINT NOT NULL CHECK (width_mm > 0),
    height_mm     BIGINT NOT NULL CHECK (height_mm > 0),
    insured_minor BIGINT NOT NULL CHECK (insured_minor >= 0),
    currency      TEXT NOT NULL,
    expected_by   BIGINT NOT NULL,
    -- Everything that was looked at and why this one, as JSON.
    choice        TEXT NOT NULL,
    failure       TEXT,
    created_at    BIGINT NOT NULL,
    -- When the carrier is asked next: for the label, or to take back one that nobody wants any more.
    ask_at        BIGINT,
    asked         BIGINT NOT NULL DEFAULT 0,
    CHECK (CASE state WHEN 'wanted' THEN ask_at IS NOT NULL WHEN 'withdrawn' THEN 1 = 1
                      ELSE ask_at IS NULL END)
) /*rows*/;
CREATE UNIQUE INDEX label_requests_once ON label_requests (package_id) WHERE state IN ('wanted', 'made');
CREATE INDEX label_requests_to_ask ON label_requests (ask_at) WHERE ask_at IS NOT NULL;
CREATE INDEX label_requests_by_order ON label_requests (order_id, id);

CREATE TABLE shipments (
    id             BIGINT PRIMARY KEY,
    order_id       BIGINT NOT NULL,
    package_id     BIGINT NOT NULL,
    location_id    BIGINT NOT NULL,
    carrier_id     BIGINT NOT NULL,
    service        TEXT NOT NULL,
    waybill        TEXT NOT NULL,
    -- What stands in large letters on the label.
    routing        TEXT NOT NULL,
    version        BIGINT NOT NULL CHECK (version >= 1),
    state          TEXT NOT NULL,
    track          TEXT NOT NULL,
    scanned_at     BIGINT,
    -- What is done about its delivery exception.
    plan           TEXT,
    cost_minor     BIGINT NOT NULL CHECK (cost_minor >= 0),
    insured_minor  BIGINT NOT NULL CHECK (insured_minor >= 0),
    currency       TEXT NOT NULL,
    weight_grams   BIGINT NOT NULL CHECK (weight_grams > 0),
    expected_by    BIGINT NOT NULL,
    manifest_id    BIGINT,
    created_at     BIGINT NOT NULL,
    handed_over_at BIGINT,
    delivered_at   BIGINT,
    -- When the carrier last said anything, by its own clock; older than scanned_at never.
    heard_at       BIGINT,
    -- Whether it ever had a delivery exception, and whether it was ever damaged: for the scorecard.
    had_exception  SMALLINT NOT NULL DEFAULT 0,
    was_damaged    SMALLINT NOT NULL DEFAULT 0,
    -- When its silence is looked at next; NULL when it is over.
    look_at        BIGINT,
    CHECK ((state = 'delivered') <= (delivered_at IS NOT NULL))
) /*rows*/ /*hot*/;
CREATE UNIQUE INDEX shipments_by_waybill ON shipments (waybill, carrier_id);
CREATE UNIQUE INDEX shipments_by_package ON shipments (package_id) WHERE state <> 'voided';
CREATE INDEX shipments_by_order ON shipments (order_id, id);
CREATE INDEX shipments_by_state ON shipments (state, id);
CREATE INDEX shipments_by_carrier ON shipments (carrier_id, handed_over_at) WHERE handed_over_at IS NOT NULL;
CREATE INDEX shipments_in_trouble ON shipments (track, id)
    WHERE track IN ('stalled', 'address', 'out_of_zone', 'damaged', 'refused', 'sign_off_disputed');
CREATE INDEX shipments_to_look_at ON shipments (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX shipments_by_manifest ON shipments (manifest_id) WHERE manifest_id IS NOT NULL;

-- Hand-over lists: one is open for each carrier at each location.
CREATE TABLE manifests (
    id           BIGINT PRIMARY KEY,
    carrier_id   BIGINT NOT NULL,
    location_id  BIGINT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    opened_at    BIGINT NOT NULL,
    closed_at    BIGINT,
    -- What the carrier says of its driver.
    confirmation TEXT,
    pickup_from  BIGINT,
    pickup_until BIGINT,
    failure      TEXT,
    -- When the carrier is asked for a driver next; NULL when nothing is open.
    ask_at       BIGINT,
    asked        BIGINT NOT NULL DEFAULT 0,
    CHECK ((state = 'closed') = (closed_at IS NOT NULL))
) /*rows*/;
CREATE UNIQUE INDEX manifests_open ON manifests (carrier_id, location_id) WHERE state = 'open';
CREATE INDEX manifests_to_ask ON manifests (ask_at) WHERE ask_at IS NOT NULL;
CREATE INDEX manifests_by_location ON manifests (location_id, id);

-- Parcels that were scanned onto a list; each is on one list at most.
CREATE TABLE manifest_parcels (
    shipment_id BIGINT PRIMARY KEY,
    manifest_id BIGINT NOT NULL,
    scanned_at  BIGINT NOT NULL
) /*rows*/;
CREATE INDEX manifest_parcels_by_manifest ON manifest_parcels (manifest_id, shipment_id);
