-- Energy, accounted: what the counters of port_data are worth.
--
-- production_cache.today_production and total_production are accounted energy from now on; the
-- device's counters stay in port_data. The daily tables are written in the transaction that stores
-- the readings, and can be recomputed from them at any time.
--
-- Days are texts like 2026-06-21.

ALTER TABLE production_cache ADD COLUMN day        TEXT;  -- the local day of today_production
ALTER TABLE production_cache ADD COLUMN accounting TEXT;  -- JSON: what is believed, what is doubted

-- One row per port and local day of the plant's time zone. A day on which nothing was read has a
-- row if energy was booked to it later.
CREATE TABLE port_daily (
    inverter_id  INTEGER NOT NULL,
    port_number  INTEGER NOT NULL,
    day          TEXT    NOT NULL,
    energy       INTEGER NOT NULL,  -- Wh
    estimated    INTEGER NOT NULL,  -- Wh of it whose day is a guess: made in a gap
    peak_power   REAL,              -- W
    peak_at      INTEGER,
    first_at     INTEGER,           -- first and last reading of the day
    last_at      INTEGER,
    samples      INTEGER NOT NULL,  -- readings
    corrections  INTEGER NOT NULL,  -- counters that were not believed
    PRIMARY KEY (inverter_id, port_number, day)
) STRICT, WITHOUT ROWID;

-- One row per DTU and local day.
CREATE TABLE plant_daily (
    site_id      INTEGER NOT NULL DEFAULT 1,
    dtu_name     TEXT    NOT NULL,
    day          TEXT    NOT NULL,
    energy       INTEGER NOT NULL,  -- Wh
    estimated    INTEGER NOT NULL,
    peak_power   REAL,              -- W, all panels of the DTU together
    peak_at      INTEGER,
    first_at     INTEGER,
    last_at      INTEGER,
    polls        INTEGER NOT NULL,
    PRIMARY KEY (site_id, dtu_name, day)
) STRICT, WITHOUT ROWID;
