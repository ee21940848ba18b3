-- The records of calls. Only BIGINT, TEXT and DOUBLE PRECISION, so that one text serves SQLite and PostgreSQL:
-- times are milliseconds (wall clock since 1970, or since the call began where the name says so), truth is 0 or 1.
-- Words and numbers arrive masked.

CREATE TABLE calls (
    id          TEXT PRIMARY KEY NOT NULL,
    began       BIGINT NOT NULL,
    caller      TEXT NOT NULL,
    called      TEXT NOT NULL,
    dialplan    TEXT NOT NULL,
    hash        TEXT NOT NULL,
    answered_t  BIGINT,
    ended_t     BIGINT,
    disposition TEXT,
    seat        TEXT,
    queue       TEXT,
    reason      TEXT,
    intent      TEXT,
    recording   TEXT
);
CREATE INDEX calls_by_time ON calls (began);

-- What was said. `seq` orders the facts of a call and makes writing one twice harmless.
CREATE TABLE turns (
    call_id    TEXT NOT NULL,
    seq        BIGINT NOT NULL,
    t          BIGINT NOT NULL,
    who        TEXT NOT NULL,
    text       TEXT NOT NULL,
    confidence DOUBLE PRECISION NOT NULL,
    cut        BIGINT NOT NULL,
    PRIMARY KEY (call_id, seq)
);

CREATE TABLE slots (
    call_id TEXT NOT NULL,
    name    TEXT NOT NULL,
    seq     BIGINT NOT NULL,
    value   TEXT NOT NULL,
    PRIMARY KEY (call_id, name)
);

-- Everything else that happened, as JSON.
CREATE TABLE events (
    call_id TEXT NOT NULL,
    seq     BIGINT NOT NULL,
    body    TEXT NOT NULL,
    PRIMARY KEY (call_id, seq)
);

-- Promised callbacks: open until somebody called back.
CREATE TABLE callbacks (
    call_id  TEXT NOT NULL,
    seq      BIGINT NOT NULL,
    queue    TEXT NOT NULL,
    promised BIGINT NOT NULL,
    due      BIGINT NOT NULL,
    state    TEXT NOT NULL,
    PRIMARY KEY (call_id, seq)
);
CREATE INDEX callbacks_by_due ON callbacks (state, due);
