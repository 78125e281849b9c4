-- Keeping the catalog: versions to edit by, what the shop tells of its goods, and files taken in.

ALTER TABLE categories ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE categories ADD COLUMN slug TEXT NOT NULL DEFAULT '';
ALTER TABLE categories ADD COLUMN about_zh TEXT NOT NULL DEFAULT '';
ALTER TABLE categories ADD COLUMN about_en TEXT NOT NULL DEFAULT '';

-- SKUs of one family are variants on one page.
ALTER TABLE skus ADD COLUMN family TEXT NOT NULL DEFAULT '';
ALTER TABLE skus ADD COLUMN variant_zh TEXT NOT NULL DEFAULT '';
ALTER TABLE skus ADD COLUMN variant_en TEXT NOT NULL DEFAULT '';
ALTER TABLE skus ADD COLUMN cost_minor BIGINT CHECK (cost_minor >= 0);
ALTER TABLE skus ADD COLUMN shelf_life_days BIGINT CHECK (shelf_life_days > 0);

ALTER TABLE locations ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE bins ADD COLUMN position BIGINT NOT NULL DEFAULT 0;

CREATE TABLE zones (
    location_id BIGINT NOT NULL,
    code        TEXT NOT NULL,
    name_zh     TEXT NOT NULL,
    name_en     TEXT NOT NULL,
    kind        TEXT NOT NULL,
    PRIMARY KEY (location_id, code)
) /*clustered*/;

-- Whose announcement it is: a purchase order, a transfer. Nothing more comes once it is closed.
ALTER TABLE incoming_stock ADD COLUMN reference TEXT NOT NULL DEFAULT '';
ALTER TABLE incoming_stock ADD COLUMN is_closed SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE incoming_stock ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

-- A file being taken in, or taken in. lines_done is where it goes on after an interruption: it
-- moves in the transaction of the lines themselves.
CREATE TABLE imports (
    id          BIGINT PRIMARY KEY,
    kind        TEXT NOT NULL,
    digest      BYTEA NOT NULL,
    file_name   TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('running', 'done')),
    lines_done  BIGINT NOT NULL DEFAULT 0,
    created     BIGINT NOT NULL DEFAULT 0,
    changed     BIGINT NOT NULL DEFAULT 0,
    unchanged   BIGINT NOT NULL DEFAULT 0,
    refused     BIGINT NOT NULL DEFAULT 0,
    actor       TEXT NOT NULL,
    started_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
) /*rows*/;
-- A file that was interrupted is found again by what is in it.
CREATE UNIQUE INDEX imports_running_once ON imports (digest, kind) WHERE state = 'running';

-- What could not be taken in, line by line.
CREATE TABLE import_problems (
    import_id BIGINT NOT NULL,
    line_no   BIGINT NOT NULL,
    field     TEXT NOT NULL,
    code      TEXT NOT NULL,
    reason    TEXT NOT NULL,
    PRIMARY KEY (import_id, line_no, field)
) /*clustered*/;
