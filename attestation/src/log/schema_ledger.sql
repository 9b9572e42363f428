-- What the outbox has to do with a ledger outside. `ledger` is the chain's number
-- (8 bytes, big-endian) and the contract's address (20 bytes).

-- The signed transactions, stored before they are sent; the last few are kept.
CREATE TABLE submissions (
    id          INTEGER PRIMARY KEY,
    ledger      BLOB NOT NULL CHECK (length(ledger) = 28),
    sender      BLOB NOT NULL CHECK (length(sender) = 20),
    size        INTEGER NOT NULL REFERENCES heads (size),
    nonce       INTEGER NOT NULL CHECK (nonce >= 0),
    gas_price   INTEGER NOT NULL CHECK (gas_price >= 0),
    hash        BLOB NOT NULL CHECK (length(hash) = 32),
    signed      BLOB NOT NULL
) STRICT;

-- The heads that a ledger confirmed. A row goes only if the ledger lost it.
CREATE TABLE anchors (
    ledger      BLOB NOT NULL CHECK (length(ledger) = 28),
    size        INTEGER NOT NULL REFERENCES heads (size),
    sequence    INTEGER NOT NULL CHECK (sequence > 0),
    block       INTEGER NOT NULL CHECK (block >= 0),
    time        INTEGER NOT NULL CHECK (time >= 0),
    PRIMARY KEY (ledger, size)
) STRICT, WITHOUT ROWID;
