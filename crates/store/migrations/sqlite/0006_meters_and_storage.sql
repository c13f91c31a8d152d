-- What a Wi-Fi DTU shows besides inverters: energy meters, hybrid inverters with a battery, and the
-- power of the plant that it remembers by itself.
--
-- * The key has the serial number itself. A plant has one meter or two, so the number that
--   port_data saves bytes with would save little here, and cost a second table in every question.
-- * What there is one of per reading is a column. Inputs and the phases of grid and load, of which
--   there are several, are JSON lists; their keys carry their units.
-- * A quantity that the device did not report is NULL, never zero.

CREATE TABLE meters (
    first_seen     INTEGER NOT NULL,
    last_seen      INTEGER NOT NULL,
    site_id        INTEGER NOT NULL DEFAULT 1,
    serial_number  TEXT PRIMARY KEY,
    dtu_name       TEXT NOT NULL,  -- as configured; that of the newest reading
    dtu_serial     TEXT
) STRICT, WITHOUT ROWID;

-- One row per meter and poll. Power is positive when it is taken from the grid.
CREATE TABLE meter_data (
    timestamp        INTEGER NOT NULL,
    import_energy    INTEGER,  -- Wh since installation, taken from the grid
    export_energy    INTEGER,  -- Wh since installation, fed into it
    import_energy_a  INTEGER,
    export_energy_a  INTEGER,
    import_energy_b  INTEGER,
    export_energy_b  INTEGER,
    import_energy_c  INTEGER,
    export_energy_c  INTEGER,
    power            REAL,     -- W, all phases
    power_factor     REAL,     -- -1 to 1
    power_a          REAL,     -- W
    voltage_a        REAL,     -- V against neutral
    current_a        REAL,     -- A
    power_factor_a   REAL,
    power_b          REAL,
    voltage_b        REAL,
    current_b        REAL,
    power_factor_b   REAL,
    power_c          REAL,
    voltage_c        REAL,
    current_c        REAL,
    power_factor_c   REAL,
    fault_code       INTEGER,
    phase_count      INTEGER,  -- 1 or 3
    serial_number    TEXT NOT NULL,
    PRIMARY KEY (serial_number, timestamp)
) STRICT, WITHOUT ROWID;

CREATE TABLE hybrids (
    first_seen     INTEGER NOT NULL,
    last_seen      INTEGER NOT NULL,
    site_id        INTEGER NOT NULL DEFAULT 1,
    serial_number  TEXT PRIMARY KEY,  -- in decimal digits
    dtu_name       TEXT NOT NULL,
    dtu_serial     TEXT               -- of the gateway, in decimal digits
) STRICT, WITHOUT ROWID;

-- One row per hybrid inverter and sample of its own.
CREATE TABLE storage_data (
    timestamp                 INTEGER NOT NULL,
    battery_charged           INTEGER,  -- Wh today
    battery_discharged        INTEGER,  -- Wh today
    energy_pv_to_load         INTEGER,  -- Wh today, as the panels' account has it
    energy_pv_to_battery      INTEGER,
    energy_pv_to_grid         INTEGER,
    energy_load_from_pv       INTEGER,  -- Wh today, as the house's account has it
    energy_load_from_battery  INTEGER,
    energy_load_from_grid     INTEGER,
    state_of_charge           REAL,     -- %
    state_of_health           REAL,     -- %
    battery_voltage           REAL,     -- V
    battery_power             REAL,     -- W as the device shows it: which sign means charging is not known
    cell_voltage_max          REAL,     -- V
    cell_voltage_min          REAL,     -- V
    battery_temperature_max   REAL,     -- degrees Celsius
    battery_temperature_min   REAL,
    flow_pv_to_load           REAL,     -- W
    flow_pv_to_battery        REAL,
    flow_pv_to_grid           REAL,
    flow_battery_to_load      REAL,
    flow_battery_to_grid      REAL,
    flow_grid_to_load         REAL,
    battery_fault_code        INTEGER,
    serial_number             TEXT NOT NULL,
    inputs                    TEXT NOT NULL DEFAULT '[]',
    grid                      TEXT NOT NULL DEFAULT '[]',
    load                      TEXT NOT NULL DEFAULT '[]',
    PRIMARY KEY (serial_number, timestamp)
) STRICT, WITHOUT ROWID;

-- The plant's power as a DTU remembers it, fetched afterwards for times without readings. It is a
-- table of its own so that nobody takes it for a reading: it has neither ports nor energy.
CREATE TABLE plant_power (
    timestamp  INTEGER NOT NULL,
    power      REAL NOT NULL,  -- W, all inverters of the DTU
    site_id    INTEGER NOT NULL DEFAULT 1,
    dtu_name   TEXT NOT NULL,
    PRIMARY KEY (site_id, dtu_name, timestamp)
) STRICT, WITHOUT ROWID;

CREATE VIEW meter_readings AS
SELECT d.timestamp,
       d.serial_number,
       m.dtu_name,
       d.power,
       d.power_factor,
       d.import_energy,
       d.export_energy,
       d.power_a,
       d.voltage_a,
       d.current_a,
       d.power_b,
       d.voltage_b,
       d.current_b,
       d.power_c,
       d.voltage_c,
       d.current_c,
       d.fault_code
FROM meter_data AS d
JOIN meters AS m USING (serial_number);

CREATE VIEW storage_readings AS
SELECT d.timestamp,
       d.serial_number,
       h.dtu_name,
       d.state_of_charge,
       d.battery_power,
       (SELECT sum(value ->> 'power_w') FROM json_each(d.inputs)) AS pv_power,
       (SELECT sum(value ->> 'power_w') FROM json_each(d.grid)) AS grid_power,
       (SELECT sum(value ->> 'power_w') FROM json_each(d.load)) AS load_power,
       d.battery_charged,
       d.battery_discharged,
       d.flow_pv_to_load,
       d.flow_pv_to_battery,
       d.flow_pv_to_grid,
       d.flow_battery_to_load,
       d.flow_battery_to_grid,
       d.flow_grid_to_load
FROM storage_data AS d
JOIN hybrids AS h USING (serial_number);

-- inverter_data.extra has the AC side as a Wi-Fi DTU shows it:
--   {"grid_current_a": 4.21,
--    "phases": {"voltage_v": [a, b, c], "line_voltage_v": [ab, bc, ca], "current_a": [a, b, c]}}
DROP VIEW inverter_readings;

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
       d.link_status,
       d.extra ->> 'grid_current_a' AS grid_current,
       d.extra -> 'phases' AS phases
FROM inverter_data AS d
JOIN inverters AS i USING (inverter_id);
