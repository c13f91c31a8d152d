-- Energy by hour: what the day tables hold, hour by hour, written in the same transaction.
--
-- An hour is counted from the beginning of the local day, so that the hours of a day are whole and
-- add up to it in every time zone. Only hours with readings or energy have a row.

CREATE TABLE port_hourly (
    inverter_id  INTEGER NOT NULL,
    port_number  INTEGER NOT NULL,
    hour         INTEGER NOT NULL,  -- when it begins
    energy       INTEGER NOT NULL,  -- Wh
    estimated    INTEGER NOT NULL,  -- Wh of it whose hour is a guess: made in a gap
    peak_power   REAL,              -- W
    peak_at      INTEGER,
    samples      INTEGER NOT NULL,  -- readings
    PRIMARY KEY (inverter_id, port_number, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE plant_hourly (
    site_id      INTEGER NOT NULL DEFAULT 1,
    dtu_name     TEXT    NOT NULL,
    hour         INTEGER NOT NULL,
    energy       INTEGER NOT NULL,  -- Wh
    estimated    INTEGER NOT NULL,
    peak_power   REAL,              -- W, all panels of the DTU together
    peak_at      INTEGER,
    polls        INTEGER NOT NULL,
    PRIMARY KEY (site_id, dtu_name, hour)
) STRICT, WITHOUT ROWID;
