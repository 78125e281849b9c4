-- How often papers were printed: packing slips, shipping notes, hand-over lists. Each print is in the journal.
CREATE TABLE papers (
    paper      TEXT NOT NULL CHECK (paper IN ('packing_slip', 'shipping_note', 'hand_over_note')),
    -- A package, a fulfillment, a hand-over list.
    subject_id BIGINT NOT NULL,
    printed    BIGINT NOT NULL CHECK (printed >= 1),
    PRIMARY KEY (paper, subject_id)
) /*clustered*/;

-- What a person with a scanner is gathering: one movement of each kind of work, not booked yet.
CREATE TABLE hand_work (
    staff_id   BIGINT NOT NULL,
    kind       TEXT NOT NULL CHECK (kind IN ('receive', 'put_away', 'count', 'transfer')),
    -- As JSON: the bin, and the item with its lot and pieces.
    state      TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (staff_id, kind)
) /*clustered*/;

-- Scans of such work by the ids that devices gave them, with the answer, as for pick lists.
CREATE TABLE hand_scans (
    staff_id BIGINT NOT NULL,
    scan_key TEXT NOT NULL,
    answer   TEXT NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (staff_id, scan_key)
) /*clustered*/;
CREATE INDEX hand_scans_by_age ON hand_scans (at);

-- Where vehicles of carriers were last. Only those that still report are kept.
CREATE TABLE vehicles (
    carrier_id      BIGINT NOT NULL,
    vehicle         TEXT NOT NULL,
    -- By the vehicle's clock; only a later position takes its place.
    at              BIGINT NOT NULL,
    latitude_micro  BIGINT NOT NULL CHECK (latitude_micro BETWEEN -90000000 AND 90000000),
    longitude_micro BIGINT NOT NULL CHECK (longitude_micro BETWEEN -180000000 AND 180000000),
    received_at     BIGINT NOT NULL,
    PRIMARY KEY (carrier_id, vehicle)
) /*clustered*/;
CREATE INDEX vehicles_by_age ON vehicles (received_at);

-- Parcels on board; id is the shipment. Where it stops for one is as good as an address, and sealed.
CREATE TABLE vehicle_parcels (
    id          BIGINT PRIMARY KEY,
    carrier_id  BIGINT NOT NULL,
    vehicle     TEXT NOT NULL,
    stop        BYTEA NOT NULL,
    arrives_at  BIGINT,
    received_at BIGINT NOT NULL
) /*rows*/;
CREATE INDEX vehicle_parcels_by_vehicle ON vehicle_parcels (carrier_id, vehicle);
CREATE INDEX vehicle_parcels_by_age ON vehicle_parcels (received_at);
