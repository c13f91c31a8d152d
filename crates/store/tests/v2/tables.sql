-- The tables of the Python version 2.
CREATE TABLE inverters (
    serial_number TEXT PRIMARY KEY, dtu_name TEXT,
    first_seen TIMESTAMP NOT NULL DEFAULT now(), last_seen TIMESTAMP NOT NULL DEFAULT now(),
    inverter_type TEXT, metadata JSONB);
CREATE TABLE inverter_data (
    id BIGSERIAL PRIMARY KEY,
    serial_number TEXT NOT NULL REFERENCES inverters (serial_number),
    timestamp TIMESTAMP NOT NULL DEFAULT now(), grid_voltage REAL, grid_frequency REAL,
    temperature REAL, operating_status INTEGER, alarm_code INTEGER, alarm_count INTEGER,
    link_status INTEGER, raw_data JSONB);
CREATE TABLE port_data (
    id BIGSERIAL PRIMARY KEY,
    serial_number TEXT NOT NULL REFERENCES inverters (serial_number),
    port_number INTEGER NOT NULL, timestamp TIMESTAMP NOT NULL DEFAULT now(), pv_voltage REAL,
    pv_current REAL, pv_power REAL, today_production INTEGER, total_production INTEGER,
    raw_data JSONB);
CREATE TABLE production_cache (
    serial_number TEXT REFERENCES inverters (serial_number), port_number INTEGER,
    today_production INTEGER NOT NULL, total_production INTEGER NOT NULL,
    last_updated TIMESTAMP NOT NULL DEFAULT now(), PRIMARY KEY (serial_number, port_number));
CREATE TABLE config_cache (
    key TEXT PRIMARY KEY, value JSONB NOT NULL,
    last_updated TIMESTAMP NOT NULL DEFAULT now());
CREATE TABLE system_metrics (
    id BIGSERIAL PRIMARY KEY, timestamp TIMESTAMP NOT NULL DEFAULT now(),
    metric_name TEXT NOT NULL, metric_value REAL NOT NULL, tags JSONB);
