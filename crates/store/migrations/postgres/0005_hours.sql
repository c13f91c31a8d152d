-- Energy by hour: what the day tables hold, hour by hour, written in the same transaction.
--
-- An hour is counted from the beginning of the local day, so that the hours of a day are whole and
-- add up to it in every time zone. Only hours with readings or energy have a row.

CREATE TABLE port_hourly (
    hour         timestamptz NOT NULL,  -- when it begins
    peak_at      timestamptz,
    inverter_id  integer  NOT NULL,
    energy       integer  NOT NULL,     -- Wh
    estimated    integer  NOT NULL,     -- Wh of it whose hour is a guess: made in a gap
    peak_power   real,                  -- W
    samples      integer  NOT NULL,     -- readings
    port_number  smallint NOT NULL,
    PRIMARY KEY (inverter_id, port_number, hour)
);

CREATE TABLE plant_hourly (
    hour         timestamptz NOT NULL,
    peak_at      timestamptz,
    site_id      integer  NOT NULL DEFAULT 1,
    energy       integer  NOT NULL,     -- Wh
    estimated    integer  NOT NULL,
    peak_power   real,                  -- W, all panels of the DTU together
    polls        integer  NOT NULL,
    dtu_name     text     NOT NULL,
    PRIMARY KEY (site_id, dtu_name, hour)
);
