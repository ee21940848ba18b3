-- What is known of a customer. `id` is a keyed hash of the number; number and profile (name, CRM data, what calls learned) are sealed.
CREATE TABLE customers (
    id        TEXT PRIMARY KEY NOT NULL,
    number    TEXT NOT NULL,
    shown     TEXT NOT NULL,
    reference TEXT,
    tier      TEXT,
    tags      TEXT NOT NULL,
    profile   TEXT NOT NULL,
    revision  BIGINT NOT NULL,
    updated   BIGINT NOT NULL
);
CREATE INDEX customers_by_reference ON customers (reference);

-- What people and systems wrote about a customer; numbers in it are masked.
CREATE TABLE customer_notes (
    customer_id TEXT NOT NULL,
    seq         BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    author      TEXT NOT NULL,
    call_id     TEXT,
    text        TEXT NOT NULL,
    PRIMARY KEY (customer_id, seq)
);

-- Whose call it was.
CREATE TABLE customer_calls (
    call_id     TEXT PRIMARY KEY NOT NULL,
    customer_id TEXT NOT NULL
);
CREATE INDEX customer_calls_by_customer ON customer_calls (customer_id, call_id);

-- Events on their way to other systems: one row an event and endpoint. state: pending, delivered, dead.
CREATE TABLE outbox (
    event_id TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    kind     TEXT NOT NULL,
    body     TEXT NOT NULL,
    state    TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    created  BIGINT NOT NULL,
    due      BIGINT NOT NULL,
    error    TEXT,
    PRIMARY KEY (event_id, endpoint)
);
CREATE INDEX outbox_by_due ON outbox (state, due);

-- Signed requests that were taken, so that the same one again changes nothing.
CREATE TABLE inbox (
    id TEXT PRIMARY KEY NOT NULL,
    at BIGINT NOT NULL
);

-- What a call left for a person to do. Numbers in text and fields are masked; `sealed` holds both as they were said, and the caller's number.
CREATE TABLE tickets (
    number   BIGINT PRIMARY KEY NOT NULL,
    call_id  TEXT NOT NULL,
    kind     TEXT NOT NULL,
    priority TEXT NOT NULL,
    caller   TEXT NOT NULL,
    text     TEXT NOT NULL,
    fields   TEXT NOT NULL,
    sealed   TEXT NOT NULL,
    opened   BIGINT NOT NULL,
    closed   BIGINT,
    state    TEXT NOT NULL
);
CREATE INDEX tickets_by_state ON tickets (state, opened);
CREATE INDEX tickets_by_call ON tickets (call_id);

-- What a promised callback needs, sealed: the number in full, another number, what it is about. The latest promise of a call counts.
CREATE TABLE promises (
    call_id TEXT PRIMARY KEY NOT NULL,
    sealed  TEXT NOT NULL
);

-- Words a caller left, and where they are in the recording (milliseconds since the call began).
CREATE TABLE messages (
    call_id TEXT NOT NULL,
    seq     BIGINT NOT NULL,
    text    TEXT NOT NULL,
    from_t  BIGINT NOT NULL,
    to_t    BIGINT NOT NULL,
    PRIMARY KEY (call_id, seq)
);

CREATE TABLE surveys (
    call_id TEXT NOT NULL,
    seq     BIGINT NOT NULL,
    slot    TEXT NOT NULL,
    value   TEXT NOT NULL,
    PRIMARY KEY (call_id, seq)
);
