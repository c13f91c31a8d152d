-- Inverters, their readings, and what the bridge remembers between runs.
--
-- The same tables as in PostgreSQL, in SQLite's terms:
--
-- * A time is an INTEGER: microseconds since 1970-01-01T00:00:00Z. As text:
--   SELECT datetime(timestamp / 1000000, 'unixepoch') FROM port_readings;
-- * JSON is TEXT.
-- * STRICT, because a column that quietly takes any type would hide a defect of ours.
-- * WITHOUT ROWID on the tables of readings: the key is the clustering, so the readings of one
--   port lie together in time order and there is no second index to fill.
-- * A physical value that the device did not report is NULL, never zero.

CREATE TABLE inverters (
    inverter_id    INTEGER PRIMARY KEY,
    site_id        INTEGER NOT NULL DEFAULT 1,
    serial_number  TEXT    NOT NULL UNIQUE,
    dtu_name       TEXT,             -- as configured; that of the newest snapshot
    dtu_serial     TEXT,
    inverter_type  TEXT,             -- model family ('HM', 'HMS', ...), NULL when the serial does not tell
    first_seen     INTEGER NOT NULL,
    last_seen      INTEGER NOT NULL,
    metadata       TEXT
) STRICT;

-- One row per inverter and poll, however many ports the inverter has.
CREATE TABLE inverter_data (
    inverter_id       INTEGER NOT NULL,
    timestamp         INTEGER NOT NULL,
    grid_voltage      REAL,          -- V
    grid_frequency    REAL,          -- Hz
    active_power      REAL,          -- W
    reactive_power    REAL,          -- var
    power_factor      REAL,
    temperature       REAL,          -- degrees Celsius
    alarm_code        INTEGER,
    alarm_count       INTEGER,
    operating_status  INTEGER,
    link_status       INTEGER,
    extra             TEXT,
    PRIMARY KEY (inverter_id, timestamp)
) STRICT, WITHOUT ROWID;

-- One row per port and poll.
CREATE TABLE port_data (
    inverter_id       INTEGER NOT NULL,
    port_number       INTEGER NOT NULL,
    timestamp         INTEGER NOT NULL,
    pv_voltage        REAL,          -- V
    pv_current        REAL,          -- A
    pv_power          REAL,          -- W
    today_production  INTEGER,       -- Wh, the device's own day counter
    total_production  INTEGER,       -- Wh since installation
    PRIMARY KEY (inverter_id, port_number, timestamp)
) STRICT, WITHOUT ROWID;

-- The latest reading of each port, so that "now" is never looked for in port_data.
CREATE TABLE production_cache (
    inverter_id       INTEGER NOT NULL,
    port_number       INTEGER NOT NULL,
    timestamp         INTEGER NOT NULL,
    pv_voltage        REAL,
    pv_current        REAL,
    pv_power          REAL,
    today_production  INTEGER,
    total_production  INTEGER,
    last_updated      INTEGER NOT NULL,
    PRIMARY KEY (inverter_id, port_number)
) STRICT, WITHOUT ROWID;

-- Run-time configuration the bridge really uses: panel names, roof layout, learned DTU dialects.
CREATE TABLE config_cache (
    key           TEXT    PRIMARY KEY NOT NULL,
    value         TEXT    NOT NULL,  -- JSON
    last_updated  INTEGER NOT NULL
) STRICT;

-- The bridge's own health. The tags belong to the key: the same figure of two DTUs is two rows.
CREATE TABLE system_metrics (
    metric_name   TEXT    NOT NULL,
    timestamp     INTEGER NOT NULL,
    tags          TEXT    NOT NULL DEFAULT '{}',  -- JSON: {"dtu_name": "..."} or {}
    metric_value  REAL    NOT NULL,
    PRIMARY KEY (metric_name, timestamp, tags)
) STRICT, WITHOUT ROWID;

-- Exact row counts of the tables that only grow, kept by the writer: counting would read them all.
CREATE TABLE row_counts (
    table_name  TEXT    NOT NULL,
    site_id     INTEGER NOT NULL DEFAULT 1,
    rows        INTEGER NOT NULL,
    PRIMARY KEY (table_name, site_id)
) STRICT, WITHOUT ROWID;

-- For people who write SQL: readings with the serial number instead of our own id.
CREATE VIEW inverter_readings AS
SELECT d.timestamp,
       i.serial_number,
       i.dtu_name,
       d.grid_voltage,
       d.grid_frequency,
       d.active_power,
       d.reactive_power,
       d.power_factor,
       d.temperature,
       d.alarm_code,
       d.alarm_count,
       d.operating_status,
       d.link_status
FROM inverter_data AS d
JOIN inverters AS i USING (inverter_id);

CREATE VIEW port_readings AS
SELECT d.timestamp,
       i.serial_number,
       i.dtu_name,
       d.port_number,
       d.pv_voltage,
       d.pv_current,
       d.pv_power,
       d.today_production,
       d.total_production
FROM port_data AS d
JOIN inverters AS i USING (inverter_id);
