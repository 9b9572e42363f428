-- The parts of the log that receipts prove whose proof from the whole head would be long: entries
-- `start` up to, but without, `size`. Append-only like the rest.

CREATE TABLE parts (
    size        INTEGER PRIMARY KEY REFERENCES heads (size),
    start       INTEGER NOT NULL CHECK (start > 0 AND start < size),
    signature   BLOB NOT NULL CHECK (length(signature) = 64)
) STRICT;

CREATE TRIGGER parts_stay BEFORE UPDATE ON parts BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER parts_remain BEFORE DELETE ON parts BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
