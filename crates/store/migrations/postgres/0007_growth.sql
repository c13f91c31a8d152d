-- Ranges of time in tables that grow: each is found through a key, however long ago it all began.

-- What began before a range and reaches into it. Without this, every event there ever was is read.
CREATE INDEX events_by_end ON events (site_id, ended_at);
-- A week of all DTUs: the primary key begins with the name of the DTU.
CREATE INDEX plant_daily_by_day ON plant_daily (site_id, day);
