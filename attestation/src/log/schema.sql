-- Version 1. Everything but the outbox is append-only, and says so itself.

-- Whose log this is; written with the first entry.
CREATE TABLE identity (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    origin  TEXT NOT NULL,
    device  BLOB NOT NULL CHECK (length(device) = 32)
) STRICT;

-- The operator's words for this kiosk (COSE_Sign1); a few over its life.
CREATE TABLE credentials (
    id      INTEGER PRIMARY KEY,
    cose    BLOB NOT NULL UNIQUE
) STRICT;

-- The leaves: attestations (COSE_Sign1), in order from 0.
CREATE TABLE entries (
    leaf        INTEGER PRIMARY KEY CHECK (leaf >= 0),
    id          BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    credential  INTEGER NOT NULL REFERENCES credentials (id),
    cose        BLOB NOT NULL
) STRICT;

-- The roots of complete subtrees; level 0 are the leaves' hashes.
CREATE TABLE nodes (
    level       INTEGER NOT NULL CHECK (level >= 0),
    position    INTEGER NOT NULL CHECK (position >= 0),
    hash        BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, position)
) STRICT, WITHOUT ROWID;

-- The signed heads, one after each entry.
CREATE TABLE heads (
    size        INTEGER PRIMARY KEY CHECK (size > 0),
    root        BLOB NOT NULL CHECK (length(root) = 32),
    signature   BLOB NOT NULL CHECK (length(signature) = 64)
) STRICT;

-- The heads that an outside ledger has not confirmed yet.
CREATE TABLE outbox (
    size        INTEGER PRIMARY KEY REFERENCES heads (size)
) STRICT;

CREATE TRIGGER identity_stays BEFORE UPDATE ON identity BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER identity_remains BEFORE DELETE ON identity BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER credentials_stay BEFORE UPDATE ON credentials BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER credentials_remain BEFORE DELETE ON credentials BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER entries_stay BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER entries_remain BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER nodes_stay BEFORE UPDATE ON nodes BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER nodes_remain BEFORE DELETE ON nodes BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER heads_stay BEFORE UPDATE ON heads BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER heads_remain BEFORE DELETE ON heads BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
