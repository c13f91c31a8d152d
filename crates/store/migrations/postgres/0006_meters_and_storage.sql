-- What a Wi-Fi DTU shows besides inverters: energy meters, hybrid inverters with a battery, and the
-- power of the plant that it remembers by itself.
--
-- * The key has the serial number itself. A plant has one meter or two, so the number that
--   port_data saves bytes with would save little here, and cost a second table in every question.
-- * What there is one of per reading is a column. Inputs and the phases of grid and load, of which
--   there are several, are JSON lists; their keys carry their units.
-- * A quantity that the device did not report is NULL, never zero.

CREATE TABLE meters (
    first_seen     timestamptz NOT NULL,
    last_seen      timestamptz NOT NULL,
    site_id        integer     NOT NULL DEFAULT 1,
    serial_number  text        PRIMARY KEY,
    dtu_name       text        NOT NULL,  -- as configured; that of the newest reading
    dtu_serial     text
);

-- One row per meter and poll. Power is positive when it is taken from the grid.
CREATE TABLE meter_data (
    timestamp        timestamptz NOT NULL,
    import_energy    bigint,      -- Wh since installation, taken from the grid
    export_energy    bigint,      -- Wh since installation, fed into it
    import_energy_a  bigint,
    export_energy_a  bigint,
    import_energy_b  bigint,
    export_energy_b  bigint,
    import_energy_c  bigint,
    export_energy_c  bigint,
    power            real,        -- W, all phases
    power_factor     real,        -- -1 to 1
    power_a          real,        -- W
    voltage_a        real,        -- V against neutral
    current_a        real,        -- A
    power_factor_a   real,
    power_b          real,
    voltage_b        real,
    current_b        real,
    power_factor_b   real,
    power_c          real,
    voltage_c        real,
    current_c        real,
    power_factor_c   real,
    fault_code       integer,
    phase_count      smallint,    -- 1 or 3
    serial_number    text        NOT NULL,
    PRIMARY KEY (serial_number, timestamp)
);

CREATE TABLE hybrids (
    first_seen     timestamptz NOT NULL,
    last_seen      timestamptz NOT NULL,
    site_id        integer     NOT NULL DEFAULT 1,
    serial_number  text        PRIMARY KEY,  -- in decimal digits
    dtu_name       text        NOT NULL,
    dtu_serial     text                      -- of the gateway, in decimal digits
);

-- One row per hybrid inverter and sample of its own.
CREATE TABLE storage_data (
    timestamp                 timestamptz NOT NULL,
    battery_charged           bigint,   -- Wh today
    battery_discharged        bigint,   -- Wh today
    energy_pv_to_load         bigint,   -- Wh today, as the panels' account has it
    energy_pv_to_battery      bigint,
    energy_pv_to_grid         bigint,
    energy_load_from_pv       bigint,   -- Wh today, as the house's account has it
    energy_load_from_battery  bigint,
    energy_load_from_grid     bigint,
    state_of_charge           real,     -- %
    state_of_health           real,     -- %
    battery_voltage           real,     -- V
    battery_power             real,     -- W as the device shows it: which sign means charging is not known
    cell_voltage_max          real,     -- V
    cell_voltage_min          real,     -- V
    battery_temperature_max   real,     -- degrees Celsius
    battery_temperature_min   real,
    flow_pv_to_load           real,     -- W
    flow_pv_to_battery        real,
    flow_pv_to_grid           real,
    flow_battery_to_load      real,
    flow_battery_to_grid      real,
    flow_grid_to_load         real,
    battery_fault_code        integer,
    serial_number             text        NOT NULL,
    inputs                    jsonb       NOT NULL DEFAULT '[]',
    grid                      jsonb       NOT NULL DEFAULT '[]',
    load                      jsonb       NOT NULL DEFAULT '[]',
    PRIMARY KEY (serial_number, timestamp)
);

-- The plant's power as a DTU remembers it, fetched afterwards for times without readings. It is a
-- table of its own so that nobody takes it for a reading: it has neither ports nor energy.
CREATE TABLE plant_power (
    timestamp  timestamptz NOT NULL,
    power      real        NOT NULL,     -- W, all inverters of the DTU
    site_id    integer     NOT NULL DEFAULT 1,
    dtu_name   text        NOT NULL,
    PRIMARY KEY (site_id, dtu_name, timestamp)
);

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
       (SELECT sum((part ->> 'power_w')::real) FROM jsonb_array_elements(d.inputs) AS part)
           AS pv_power,
       (SELECT sum((part ->> 'power_w')::real) FROM jsonb_array_elements(d.grid) AS part)
           AS grid_power,
       (SELECT sum((part ->> 'power_w')::real) FROM jsonb_array_elements(d.load) AS part)
           AS load_power,
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
CREATE OR REPLACE VIEW inverter_readings AS
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
       (d.extra ->> 'grid_current_a')::real AS grid_current,
       d.extra -> 'phases' AS phases
FROM inverter_data AS d
JOIN inverters AS i USING (inverter_id);
