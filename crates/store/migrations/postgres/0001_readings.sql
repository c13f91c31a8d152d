-- Inverters, their readings, and what the bridge remembers between runs.
--
-- * Columns stand in 8-, 4-, 2-byte order: no padding inside a row.
-- * The key (inverter, port, sample time) is what makes redelivery harmless. There is no surrogate
--   id: it would be a second index to fill for each row and tell nobody anything.
-- * No foreign key on the hot tables: it would cost a look-up per row, and the writer registers an
--   inverter in the transaction that stores its first reading. No trigger and no sequence on them
--   either, and time and inverter in every key: Citus and TimescaleDB can take these tables as they are.
-- * A physical value that the device did not report is NULL, never zero.

CREATE TABLE inverters (
    first_seen     timestamptz NOT NULL,
    last_seen      timestamptz NOT NULL,
    inverter_id    integer     GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id        integer     NOT NULL DEFAULT 1,
    serial_number  text        NOT NULL UNIQUE,
    dtu_name       text,       -- as configured; that of the newest snapshot
    dtu_serial     text,
    inverter_type  text,       -- model family ('HM', 'HMS', ...), NULL when the serial does not tell
    metadata       jsonb
);

-- One row per inverter and poll, however many ports the inverter has.
CREATE TABLE inverter_data (
    timestamp         timestamptz NOT NULL,
    inverter_id       integer     NOT NULL,
    grid_voltage      real,       -- V
    grid_frequency    real,       -- Hz
    active_power      real,       -- W
    reactive_power    real,       -- var
    power_factor      real,
    temperature       real,       -- degrees Celsius
    -- Codes and counts are unsigned 16-bit numbers on the wire: smallint would refuse half of them.
    alarm_code        integer,
    alarm_count       integer,
    operating_status  integer,
    link_status       integer,
    extra             jsonb,
    PRIMARY KEY (inverter_id, timestamp)
);

-- One row per port and poll.
CREATE TABLE port_data (
    timestamp         timestamptz NOT NULL,
    total_production  bigint,     -- Wh since installation: a full unsigned 32-bit number on the wire
    inverter_id       integer     NOT NULL,
    pv_voltage        real,       -- V
    pv_current        real,       -- A
    pv_power          real,       -- W
    today_production  integer,    -- Wh, the device's own day counter
    port_number       smallint    NOT NULL,
    PRIMARY KEY (inverter_id, port_number, timestamp)
);

-- The latest reading of each port, so that "now" is never looked for in port_data.
-- Half of each page is kept free: every poll updates every row, and an update that stays within
-- its page touches no index.
CREATE TABLE production_cache (
    timestamp         timestamptz NOT NULL,
    total_production  bigint,
    last_updated      timestamptz NOT NULL,
    inverter_id       integer     NOT NULL,
    pv_voltage        real,
    pv_current        real,
    pv_power          real,
    today_production  integer,
    port_number       smallint    NOT NULL,
    PRIMARY KEY (inverter_id, port_number)
) WITH (fillfactor = 50);

-- Run-time configuration the bridge really uses: panel names, roof layout, learned DTU dialects.
CREATE TABLE config_cache (
    last_updated  timestamptz NOT NULL,
    key           text        PRIMARY KEY,
    value         jsonb       NOT NULL
);

-- The bridge's own health. The tags belong to the key: the same figure of two DTUs is two rows.
CREATE TABLE system_metrics (
    timestamp     timestamptz      NOT NULL,
    metric_value  double precision NOT NULL,
    metric_name   text             NOT NULL,
    tags          jsonb            NOT NULL DEFAULT '{}',  -- {"dtu_name": "..."} or {}
    PRIMARY KEY (metric_name, timestamp, tags)
);

-- Exact row counts of the tables that only grow, kept by the writer: counting would read them all.
CREATE TABLE row_counts (
    rows        bigint  NOT NULL,
    site_id     integer NOT NULL DEFAULT 1,
    table_name  text    NOT NULL,
    PRIMARY KEY (table_name, site_id)
) WITH (fillfactor = 50);

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
