-- Which of several bridges polls a DTU.
--
-- * The key is the DTU's own serial number: two homes in one database may well use the same
--   address and the same name.
-- * Times are the database's, the only clock that all bridges share.
-- * A row is never deleted. Released is expired, so the epoch only ever grows.
-- * One key per statement, no lock beyond the row: this works behind a transaction pooler, and on
--   Citus as a table distributed by dtu_key.

CREATE TABLE dtu_leases (
    epoch        bigint      NOT NULL,  -- grows with each grant, not with each renewal
    granted_at   timestamptz NOT NULL,
    renewed_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    dtu_key      text        PRIMARY KEY,
    holder       text        NOT NULL,  -- identity of a bridge, kept in its data directory
    process      text        NOT NULL,  -- of one run of it
    holder_name  text        NOT NULL   -- the bridge in words for people: host and port
) WITH (fillfactor = 50);

-- Every grant there was, so that it can be told later which bridge read a DTU at what time.
CREATE TABLE dtu_lease_grants (
    epoch        bigint      NOT NULL,
    granted_at   timestamptz NOT NULL,
    dtu_key      text        NOT NULL,
    holder       text        NOT NULL,
    holder_name  text        NOT NULL,
    PRIMARY KEY (dtu_key, epoch)
);
