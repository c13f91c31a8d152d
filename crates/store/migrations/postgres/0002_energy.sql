-- Energy, accounted: what the counters of port_data are worth.
--
-- production_cache.today_production and total_production are accounted energy from now on; the
-- device's counters stay in port_data. The daily tables are written in the transaction that stores
-- the readings, and can be recomputed from them at any time.

ALTER TABLE production_cache
    ADD COLUMN day        date,   -- the local day of today_production
    ADD COLUMN accounting jsonb;  -- the state of the account: what is believed, what is doubted

-- One row per port and local day of the plant's time zone. A day on which nothing was read has a
-- row if energy was booked to it later.
CREATE TABLE port_daily (
    first_at     timestamptz,           -- first and last reading of the day
    last_at      timestamptz,
    peak_at      timestamptz,
    energy       bigint   NOT NULL,     -- Wh
    estimated    bigint   NOT NULL,     -- Wh of it whose day is a guess: made in a gap
    inverter_id  integer  NOT NULL,
    day          date     NOT NULL,
    peak_power   real,                  -- W
    samples      integer  NOT NULL,     -- readings
    corrections  integer  NOT NULL,     -- counters that were not believed
    port_number  smallint NOT NULL,
    PRIMARY KEY (inverter_id, port_number, day)
);

-- One row per DTU and local day.
CREATE TABLE plant_daily (
    first_at     timestamptz,
    last_at      timestamptz,
    peak_at      timestamptz,
    energy       bigint   NOT NULL,     -- Wh
    estimated    bigint   NOT NULL,
    site_id      integer  NOT NULL DEFAULT 1,
    day          date     NOT NULL,
    peak_power   real,                  -- W, all panels of the DTU together
    polls        integer  NOT NULL,
    dtu_name     text     NOT NULL,
    PRIMARY KEY (site_id, dtu_name, day)
);
