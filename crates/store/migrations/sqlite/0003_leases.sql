-- The leases of a PostgreSQL database, kept while the readings are in SQLite.
--
-- Nobody claims a lease here: a SQLite file has one bridge. But every table of one engine is a table
-- of the other, so that readings can be moved there and back and nothing is lost, least of all the
-- epochs, which must go on growing.

CREATE TABLE dtu_leases (
    dtu_key      TEXT    PRIMARY KEY NOT NULL,
    holder       TEXT    NOT NULL,
    process      TEXT    NOT NULL,
    holder_name  TEXT    NOT NULL,
    epoch        INTEGER NOT NULL,
    granted_at   INTEGER NOT NULL,
    renewed_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE dtu_lease_grants (
    dtu_key      TEXT    NOT NULL,
    epoch        INTEGER NOT NULL,
    granted_at   INTEGER NOT NULL,
    holder       TEXT    NOT NULL,
    holder_name  TEXT    NOT NULL,
    PRIMARY KEY (dtu_key, epoch)
) STRICT, WITHOUT ROWID;
