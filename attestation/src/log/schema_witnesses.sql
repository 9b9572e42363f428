-- What witnesses said about heads (c2sp.org/tlog-cosignature). Append-only like the rest.

CREATE TABLE cosignatures (
    size        INTEGER NOT NULL REFERENCES heads (size),
    witness     TEXT NOT NULL,
    time        INTEGER NOT NULL CHECK (time >= 0),
    signature   BLOB NOT NULL CHECK (length(signature) = 64),
    PRIMARY KEY (size, witness, time)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER cosignatures_stay BEFORE UPDATE ON cosignatures BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER cosignatures_remain BEFORE DELETE ON cosignatures BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
