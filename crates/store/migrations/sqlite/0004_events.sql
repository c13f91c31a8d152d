-- What happened, from when to when: why readings are missing or look odd.
--
-- kind, subject and start are the key, so that an event may be delivered again, first open and then
-- with its end.

CREATE TABLE events (
    site_id      INTEGER NOT NULL DEFAULT 1,
    kind         TEXT    NOT NULL,  -- alarm, sleep, dtu_outage, …
    subject      TEXT    NOT NULL,  -- serial of an inverter, name of a DTU, …
    started_at   INTEGER NOT NULL,
    ended_at     INTEGER,           -- NULL while it lasts
    text         TEXT    NOT NULL,
    PRIMARY KEY (site_id, kind, subject, started_at)
) STRICT, WITHOUT ROWID;

-- Newest first, whatever the kind.
CREATE INDEX events_by_start ON events (site_id, started_at);
-- What lasts is never much, however many events there were.
CREATE INDEX events_open ON events (site_id, started_at) WHERE ended_at IS NULL;
