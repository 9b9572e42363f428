-- The device keys that followed the first one, each from the leaf after the rotation on. Append-only
-- like the rest; of two with the same leaf the later row counts.

CREATE TABLE devices (
    id      INTEGER PRIMARY KEY,
    since   INTEGER NOT NULL CHECK (since >= 0),
    device  BLOB NOT NULL CHECK (length(device) = 32)
) STRICT;

CREATE TRIGGER devices_stay BEFORE UPDATE ON devices BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER devices_remain BEFORE DELETE ON devices BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
