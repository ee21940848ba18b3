-- The full number of a caller to whom a callback was promised, and of nobody else.
CREATE TABLE callback_numbers (
    call_id TEXT PRIMARY KEY,
    number  TEXT NOT NULL
);
