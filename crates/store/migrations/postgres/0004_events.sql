-- What happened, from when to when: why readings are missing or look odd.
--
-- kind, subject and start are the key, so that an event may be delivered again, first open and then
-- with its end.

CREATE TABLE events (
    started_at   timestamptz NOT NULL,
    ended_at     timestamptz,            -- NULL while it lasts
    site_id      integer     NOT NULL DEFAULT 1,
    kind         text        NOT NULL,   -- alarm, sleep, dtu_outage, …
    subject      text        NOT NULL,   -- serial of an inverter, name of a DTU, …
    text         text        NOT NULL,
    PRIMARY KEY (site_id, kind, subject, started_at)
);

-- Newest first, whatever the kind.
CREATE INDEX events_by_start ON events (site_id, started_at);
-- What lasts is never much, however many events there were.
CREATE INDEX events_open ON events (site_id, started_at) WHERE ended_at IS NULL;
