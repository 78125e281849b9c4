-- People: staff, buyers and the keys of integrations, and how each of them proves who they are.

-- roles holds codes with blanks between; password is an Argon2id string; totp is ciphertext.
CREATE TABLE staff (
    id             BIGINT PRIMARY KEY,
    login          TEXT NOT NULL UNIQUE,
    name           TEXT NOT NULL,
    roles          TEXT NOT NULL,
    location_id    BIGINT,
    is_active      SMALLINT NOT NULL,
    password       TEXT NOT NULL,
    totp           BYTEA,
    -- 0 while the secret was shown but no code of it was typed yet.
    has_totp       SMALLINT NOT NULL DEFAULT 0 CHECK (has_totp = 0 OR totp IS NOT NULL),
    -- The newest step whose code was used: each is good once.
    totp_step      BIGINT,
    version        BIGINT NOT NULL CHECK (version >= 1),
    created_at     BIGINT NOT NULL,
    signed_in_at   BIGINT
) /*rows*/;

CREATE TABLE customers (
    id          BIGINT PRIMARY KEY,
    -- Blind indexes; both are gone once the person is erased.
    phone_blind BIGINT,
    email_blind BIGINT,
    -- Name, phone, e-mail and addresses as ciphertext.
    profile     BYTEA NOT NULL,
    version     BIGINT NOT NULL CHECK (version >= 1),
    created_at  BIGINT NOT NULL
) /*rows*/;
CREATE UNIQUE INDEX customers_by_phone ON customers (phone_blind) WHERE phone_blind IS NOT NULL;
CREATE UNIQUE INDEX customers_by_email ON customers (email_blind) WHERE email_blind IS NOT NULL;

-- Who is signed in. The token itself is only in the browser.
CREATE TABLE sessions (
    digest      BYTEA PRIMARY KEY,
    staff_id    BIGINT,
    customer_id BIGINT,
    user_agent  TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    seen_at     BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    CHECK ((staff_id IS NULL) <> (customer_id IS NULL))
) /*clustered*/;
CREATE INDEX sessions_by_staff ON sessions (staff_id, created_at) WHERE staff_id IS NOT NULL;
CREATE INDEX sessions_by_customer ON sessions (customer_id, created_at) WHERE customer_id IS NOT NULL;
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE api_keys (
    id           BIGINT PRIMARY KEY,
    digest       BYTEA NOT NULL UNIQUE,
    name         TEXT NOT NULL,
    hint         TEXT NOT NULL,
    scopes       TEXT NOT NULL,
    channel_id   BIGINT,
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at   BIGINT
) /*rows*/;

-- Codes sent to buyers, as keyed digests. blind tells whom: no phone or address stands here.
CREATE TABLE login_codes (
    id         BIGINT PRIMARY KEY,
    blind      BIGINT NOT NULL,
    code       BYTEA NOT NULL,
    attempts   BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
) /*rows*/;
CREATE INDEX login_codes_by_blind ON login_codes (blind, id);

-- How often someone tried, by keyed digest of a login or a network address.
CREATE TABLE attempts (
    subject  BIGINT PRIMARY KEY,
    count    BIGINT NOT NULL,
    last_at  BIGINT NOT NULL,
    next_at  BIGINT NOT NULL
) /*rows*/;
CREATE INDEX attempts_by_age ON attempts (last_at);

-- Looks at personal data, for the limit of each member of staff; reasons are in the journal.
CREATE TABLE reveals (
    id       BIGINT PRIMARY KEY,
    order_id BIGINT NOT NULL,
    staff_id BIGINT NOT NULL,
    fields   TEXT NOT NULL,
    at       BIGINT NOT NULL
) /*rows*/;
CREATE INDEX reveals_by_staff ON reveals (staff_id, at);
CREATE INDEX reveals_by_order ON reveals (order_id, id);
