CREATE TABLE public._sqlx_migrations (
    version bigint NOT NULL,
    description text NOT NULL,
    installed_on timestamp with time zone DEFAULT now() NOT NULL,
    success boolean NOT NULL,
    checksum bytea NOT NULL,
    execution_time bigint NOT NULL
);
CREATE TABLE public.config_cache (
    last_updated timestamp with time zone NOT NULL,
    key text NOT NULL,
    value jsonb NOT NULL
);
CREATE TABLE public.dtu_lease_grants (
    epoch bigint NOT NULL,
    granted_at timestamp with time zone NOT NULL,
    dtu_key text NOT NULL,
    holder text NOT NULL,
    holder_name text NOT NULL
);
CREATE TABLE public.dtu_leases (
    epoch bigint NOT NULL,
    granted_at timestamp with time zone NOT NULL,
    renewed_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    dtu_key text NOT NULL,
    holder text NOT NULL,
    process text NOT NULL,
    holder_name text NOT NULL
)
WITH (fillfactor='50');
CREATE TABLE public.events (
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    site_id integer DEFAULT 1 NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    text text NOT NULL
);
CREATE TABLE public.hybrids (
    first_seen timestamp with time zone NOT NULL,
    last_seen timestamp with time zone NOT NULL,
    site_id integer DEFAULT 1 NOT NULL,
    serial_number text NOT NULL,
    dtu_name text NOT NULL,
    dtu_serial text
);
CREATE TABLE public.inverter_data (
    "timestamp" timestamp with time zone NOT NULL,
    inverter_id integer NOT NULL,
    grid_voltage real,
    grid_frequency real,
    active_power real,
    reactive_power real,
    power_factor real,
    temperature real,
    alarm_code integer,
    alarm_count integer,
    operating_status integer,
    link_status integer,
    extra jsonb
);
CREATE TABLE public.inverters (
    first_seen timestamp with time zone NOT NULL,
    last_seen timestamp with time zone NOT NULL,
    inverter_id integer NOT NULL,
    site_id integer DEFAULT 1 NOT NULL,
    serial_number text NOT NULL,
    dtu_name text,
    dtu_serial text,
    inverter_type text,
    metadata jsonb
);
CREATE VIEW public.inverter_readings AS
 SELECT d."timestamp",
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
    ((d.extra ->> 'grid_current_a'::text))::real AS grid_current,
    (d.extra -> 'phases'::text) AS phases
   FROM (public.inverter_data d
     JOIN public.inverters i USING (inverter_id));
ALTER TABLE public.inverters ALTER COLUMN inverter_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.inverters_inverter_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.meter_data (
    "timestamp" timestamp with time zone NOT NULL,
    import_energy bigint,
    export_energy bigint,
    import_energy_a bigint,
    export_energy_a bigint,
    import_energy_b bigint,
    export_energy_b bigint,
    import_energy_c bigint,
    export_energy_c bigint,
    power real,
    power_factor real,
    power_a real,
    voltage_a real,
    current_a real,
    power_factor_a real,
    power_b real,
    voltage_b real,
    current_b real,
    power_factor_b real,
    power_c real,
    voltage_c real,
    current_c real,
    power_factor_c real,
    fault_code integer,
    phase_count smallint,
    serial_number text NOT NULL
);
CREATE TABLE public.meters (
    first_seen timestamp with time zone NOT NULL,
    last_seen timestamp with time zone NOT NULL,
    site_id integer DEFAULT 1 NOT NULL,
    serial_number text NOT NULL,
    dtu_name text NOT NULL,
    dtu_serial text
);
CREATE VIEW public.meter_readings AS
 SELECT d."timestamp",
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
   FROM (public.meter_data d
     JOIN public.meters m USING (serial_number));
CREATE TABLE public.past_changes (
    changes bigint NOT NULL,
    site_id integer DEFAULT 1 NOT NULL
);
CREATE TABLE public.plant_daily (
    first_at timestamp with time zone,
    last_at timestamp with time zone,
    peak_at timestamp with time zone,
    energy bigint NOT NULL,
    estimated bigint NOT NULL,
    site_id integer DEFAULT 1 NOT NULL,
    day date NOT NULL,
    peak_power real,
    polls integer NOT NULL,
    dtu_name text NOT NULL
);
CREATE TABLE public.plant_hourly (
    hour timestamp with time zone NOT NULL,
    peak_at timestamp with time zone,
    site_id integer DEFAULT 1 NOT NULL,
    energy integer NOT NULL,
    estimated integer NOT NULL,
    peak_power real,
    polls integer NOT NULL,
    dtu_name text NOT NULL
);
CREATE TABLE public.plant_power (
    "timestamp" timestamp with time zone NOT NULL,
    power real NOT NULL,
    site_id integer DEFAULT 1 NOT NULL,
    dtu_name text NOT NULL
);
CREATE TABLE public.port_daily (
    first_at timestamp with time zone,
    last_at timestamp with time zone,
    peak_at timestamp with time zone,
    energy bigint NOT NULL,
    estimated bigint NOT NULL,
    inverter_id integer NOT NULL,
    day date NOT NULL,
    peak_power real,
    samples integer NOT NULL,
    corrections integer NOT NULL,
    port_number smallint NOT NULL
);
CREATE TABLE public.port_data (
    "timestamp" timestamp with time zone NOT NULL,
    total_production bigint,
    inverter_id integer NOT NULL,
    pv_voltage real,
    pv_current real,
    pv_power real,
    today_production integer,
    port_number smallint NOT NULL
);
CREATE TABLE public.port_hourly (
    hour timestamp with time zone NOT NULL,
    peak_at timestamp with time zone,
    inverter_id integer NOT NULL,
    energy integer NOT NULL,
    estimated integer NOT NULL,
    peak_power real,
    samples integer NOT NULL,
    port_number smallint NOT NULL
);
CREATE VIEW public.port_readings AS
 SELECT d."timestamp",
    i.serial_number,
    i.dtu_name,
    d.port_number,
    d.pv_voltage,
    d.pv_current,
    d.pv_power,
    d.today_production,
    d.total_production
   FROM (public.port_data d
     JOIN public.inverters i USING (inverter_id));
CREATE TABLE public.production_cache (
    "timestamp" timestamp with time zone NOT NULL,
    total_production bigint,
    last_updated timestamp with time zone NOT NULL,
    inverter_id integer NOT NULL,
    pv_voltage real,
    pv_current real,
    pv_power real,
    today_production integer,
    port_number smallint NOT NULL,
    day date,
    accounting jsonb
)
WITH (fillfactor='50');
CREATE TABLE public.row_counts (
    rows bigint NOT NULL,
    site_id integer DEFAULT 1 NOT NULL,
    table_name text NOT NULL
)
WITH (fillfactor='50');
CREATE TABLE public.storage_data (
    "timestamp" timestamp with time zone NOT NULL,
    battery_charged bigint,
    battery_discharged bigint,
    energy_pv_to_load bigint,
    energy_pv_to_battery bigint,
    energy_pv_to_grid bigint,
    energy_load_from_pv bigint,
    energy_load_from_battery bigint,
    energy_load_from_grid bigint,
    state_of_charge real,
    state_of_health real,
    battery_voltage real,
    battery_power real,
    cell_voltage_max real,
    cell_voltage_min real,
    battery_temperature_max real,
    battery_temperature_min real,
    flow_pv_to_load real,
    flow_pv_to_battery real,
    flow_pv_to_grid real,
    flow_battery_to_load real,
    flow_battery_to_grid real,
    flow_grid_to_load real,
    battery_fault_code integer,
    serial_number text NOT NULL,
    inputs jsonb DEFAULT '[]'::jsonb NOT NULL,
    grid jsonb DEFAULT '[]'::jsonb NOT NULL,
    load jsonb DEFAULT '[]'::jsonb NOT NULL
);
CREATE VIEW public.storage_readings AS
 SELECT d."timestamp",
    d.serial_number,
    h.dtu_name,
    d.state_of_charge,
    d.battery_power,
    ( SELECT sum(((part.value ->> 'power_w'::text))::real) AS sum
           FROM jsonb_array_elements(d.inputs) part(value)) AS pv_power,
    ( SELECT sum(((part.value ->> 'power_w'::text))::real) AS sum
           FROM jsonb_array_elements(d.grid) part(value)) AS grid_power,
    ( SELECT sum(((part.value ->> 'power_w'::text))::real) AS sum
           FROM jsonb_array_elements(d.load) part(value)) AS load_power,
    d.battery_charged,
    d.battery_discharged,
    d.flow_pv_to_load,
    d.flow_pv_to_battery,
    d.flow_pv_to_grid,
    d.flow_battery_to_load,
    d.flow_battery_to_grid,
    d.flow_grid_to_load
   FROM (public.storage_data d
     JOIN public.hybrids h USING (serial_number));
CREATE TABLE public.system_metrics (
    "timestamp" timestamp with time zone NOT NULL,
    metric_value double precision NOT NULL,
    metric_name text NOT NULL,
    tags jsonb DEFAULT '{}'::jsonb NOT NULL
);
INSERT INTO public._sqlx_migrations VALUES (1, 'readings', '2026-06-21 12:00:00+00', true, '\x771ccbef5f3353c725d0ff152f6a8c015657d5f49895dbe79e50d982b59629d55eeb4534e880804d87b49e911d598d87', -1);
INSERT INTO public._sqlx_migrations VALUES (2, 'energy', '2026-06-21 12:00:00+00', true, '\x706ccb4e45dfdb4e5aff99a5e24c39e81b7749faa39d853a15addc8a2fa1cf3efa06ce402d97e078e2ee6f13db4d75b6', -1);
INSERT INTO public._sqlx_migrations VALUES (3, 'leases', '2026-06-21 12:00:00+00', true, '\x680be36e630151ba856e834235921e4807a8a43b3788c0f26745a9e0ccb72f1cf33660fcf1a58d577818eec35a7c0237', -1);
INSERT INTO public._sqlx_migrations VALUES (4, 'events', '2026-06-21 12:00:00+00', true, '\x066eb75db5bfaa14003753c4936fdc92a5bf6b706b659793ab61592225e562d08218fd4387886d18e478673bbb33f76f', -1);
INSERT INTO public._sqlx_migrations VALUES (5, 'hours', '2026-06-21 12:00:00+00', true, '\xe0d251826f89d05820086156c33671f14bb50edf4690a2309e4f75b0dc1e4b120f664c086d2b3701eb1ffeac04e289b7', -1);
INSERT INTO public._sqlx_migrations VALUES (6, 'meters and storage', '2026-06-21 12:00:00+00', true, '\xb56610559922cf0ce807dc96bd363cbe6d76ee9b931c241aad34b97baa82c88450821f2cece5d4c168ac4e3aedc38019', -1);
INSERT INTO public._sqlx_migrations VALUES (7, 'growth', '2026-06-21 12:00:00+00', true, '\xaf772c86b08e8fe9fd376a25fe932e80e0311a5f3a36fd47aa7264d015ea1c0d3c45a53634610ad80d24e0377e92de93', -1);
INSERT INTO public._sqlx_migrations VALUES (8, 'past changes', '2026-06-21 12:00:00+00', true, '\x6e7be79e5efd8ac8cfa2d0c09d6fd787e284d2625500df61865d66ae678fb148731733cf1ab51a970c37b056a222b4c7', -1);
INSERT INTO public.config_cache VALUES ('2026-11-25 22:55:44.485+00', 'instance_id', '"a7dbb7bc-c23a-4b76-80e6-6a45f70e0d86"');
INSERT INTO public.config_cache VALUES ('2026-11-25 22:55:44.648+00', 'dtu_memory/Garage (demo)', '{"dusk": {"asleep_since": null, "fading_since": "2026-11-25T22:55:40Z", "last_night_s": null}, "layout": "standard", "dtu_serial": "411160123456"}');
INSERT INTO public.dtu_lease_grants VALUES (1, '2026-11-23 23:35:42.048056+00', '10f860123456', '4c1f', 'nas:8080');
INSERT INTO public.events VALUES ('2026-11-23 22:55:42.048056+00', '2026-11-24 07:55:42.048056+00', 1, 'sleep', '112111419007', 'asleep: night, or switched off');
INSERT INTO public.events VALUES ('2026-11-24 15:10:42.048056+00', '2026-11-25 07:55:42.048056+00', 1, 'sleep', '112111419007', 'asleep: night, or switched off');
INSERT INTO public.events VALUES ('2026-11-25 14:55:42.048056+00', NULL, 1, 'sleep', '112111419007', 'asleep: night, or switched off');
INSERT INTO public.events VALUES ('2026-11-23 22:55:42.048056+00', '2026-11-24 06:55:42.048056+00', 1, 'sleep', '114466862002', 'asleep: night, or switched off');
INSERT INTO public.events VALUES ('2026-11-24 15:10:42.048056+00', '2026-11-25 06:55:42.048056+00', 1, 'sleep', '114466862002', 'asleep: night, or switched off');
INSERT INTO public.events VALUES ('2026-11-25 14:55:42.048056+00', NULL, 1, 'sleep', '114466862002', 'asleep: night, or switched off');
INSERT INTO public.hybrids VALUES ('2026-11-25 11:25:42+00', '2026-11-25 11:25:42+00', 1, '22069995050001', 'Garage (demo)', '73000000000001');
INSERT INTO public.inverter_data VALUES ('2026-11-23 23:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 00:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 01:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 02:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 03:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 04:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 05:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 06:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 07:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 08:40:42.048056+00', 1, 232.3, 49.98, NULL, NULL, NULL, 5.6, 0, 0, 3, 1, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 09:40:42.048056+00', 1, 230.6, 50.01, NULL, NULL, NULL, 8.4, 0, 0, 3, 1, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 10:40:42.048056+00', 1, 230.6, 49.98, NULL, NULL, NULL, 12.2, 0, 0, 3, 1, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 11:40:42.048056+00', 1, 230.3, 49.99, NULL, NULL, NULL, 14.9, 0, 0, 3, 1, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 12:40:42.048056+00', 1, 228.6, 49.98, NULL, NULL, NULL, 16, 0, 0, 3, 1, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 13:40:42.048056+00', 1, 230.2, 50.01, NULL, NULL, NULL, 14.9, 0, 0, 3, 1, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 14:40:42.048056+00', 1, 232.4, 49.98, NULL, NULL, NULL, 11.1, 0, 0, 3, 1, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 15:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 16:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 17:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 18:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 19:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 20:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 21:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 22:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 23:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 00:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 01:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 02:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 03:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 04:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 05:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 06:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 07:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 08:40:42.048056+00', 1, 227.6, 49.97, NULL, NULL, NULL, 7, 0, 0, 3, 1, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 09:40:42.048056+00', 1, 228.4, 50.01, NULL, NULL, NULL, 9.7, 0, 0, 3, 1, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 10:40:42.048056+00', 1, 232.4, 50.02, NULL, NULL, NULL, 13.4, 0, 0, 3, 1, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 11:40:42.048056+00', 1, 231.2, 49.99, NULL, NULL, NULL, 14.6, 0, 0, 3, 1, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 12:40:42.048056+00', 1, 231.7, 49.99, NULL, NULL, NULL, 15, 0, 0, 3, 1, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 13:40:42.048056+00', 1, 228.5, 50.01, NULL, NULL, NULL, 15.8, 0, 0, 3, 1, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 14:40:42.048056+00', 1, 231.4, 50.02, NULL, NULL, NULL, 11.7, 0, 0, 3, 1, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 15:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 16:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 17:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 18:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 19:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 20:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 21:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 22:40:42.048056+00', 1, 0, 0, NULL, NULL, NULL, 0, 0, 0, 0, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-23 23:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 00:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 01:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 02:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 03:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 04:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 05:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 06:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 07:40:42.048056+00', 4, 232.9, 50.02, 127.5, -6.4, 0.999, 7.5, NULL, 0, NULL, 1, '{"grid_current_a": 0.55}');
INSERT INTO public.inverter_data VALUES ('2026-11-24 08:40:42.048056+00', 4, 233.1, 49.98, 273.5, -13.7, 0.999, 13, NULL, 0, NULL, 1, '{"grid_current_a": 1.17}');
INSERT INTO public.inverter_data VALUES ('2026-11-24 09:40:42.048056+00', 4, 231.6, 50.01, 383.8, -19.2, 0.999, 17.5, NULL, 0, NULL, 1, '{"grid_current_a": 1.66}');
INSERT INTO public.inverter_data VALUES ('2026-11-24 10:40:42.048056+00', 4, 231.4, 49.98, 425.6, -21.3, 0.999, 19.9, NULL, 0, NULL, 1, '{"grid_current_a": 1.84}');
INSERT INTO public.inverter_data VALUES ('2026-11-24 11:40:42.048056+00', 4, 230.9, 49.99, 405.9, -20.3, 0.999, 20.3, NULL, 0, NULL, 1, '{"grid_current_a": 1.76}');
INSERT INTO public.inverter_data VALUES ('2026-11-24 12:40:42.048056+00', 4, 228.9, 49.98, 326.2, -16.3, 0.999, 18.7, NULL, 0, NULL, 1, '{"grid_current_a": 1.43}');
INSERT INTO public.inverter_data VALUES ('2026-11-24 13:40:42.048056+00', 4, 230.2, 50.01, 191.6, -9.6, 0.999, 15.3, NULL, 0, NULL, 1, '{"grid_current_a": 0.83}');
INSERT INTO public.inverter_data VALUES ('2026-11-24 14:40:42.048056+00', 4, 232.4, 49.98, 29.8, -1.5, 0.999, 10.8, NULL, 0, NULL, 1, '{"grid_current_a": 0.13}');
INSERT INTO public.inverter_data VALUES ('2026-11-24 15:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 16:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 17:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 18:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 19:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 20:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 21:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 22:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 23:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 00:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 01:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 02:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 03:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 04:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 05:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 06:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 07:40:42.048056+00', 4, 230.3, 50, 121.1, -6.1, 0.999, 8.8, NULL, 0, NULL, 1, '{"grid_current_a": 0.53}');
INSERT INTO public.inverter_data VALUES ('2026-11-25 08:40:42.048056+00', 4, 228.3, 49.97, 245.5, -12.3, 0.999, 13.7, NULL, 0, NULL, 1, '{"grid_current_a": 1.08}');
INSERT INTO public.inverter_data VALUES ('2026-11-25 09:40:42.048056+00', 4, 229.3, 50.01, 377.8, -18.9, 0.999, 18.7, NULL, 0, NULL, 1, '{"grid_current_a": 1.65}');
INSERT INTO public.inverter_data VALUES ('2026-11-25 10:40:42.048056+00', 4, 233.2, 50.02, 420, -21, 0.999, 21, NULL, 0, NULL, 1, '{"grid_current_a": 1.8}');
INSERT INTO public.inverter_data VALUES ('2026-11-25 11:40:42.048056+00', 4, 231.6, 49.99, 304.9, -15.2, 0.999, 18.6, NULL, 0, NULL, 1, '{"grid_current_a": 1.32}');
INSERT INTO public.inverter_data VALUES ('2026-11-25 12:40:42.048056+00', 4, 231.9, 49.99, 217, -10.9, 0.999, 16.8, NULL, 0, NULL, 1, '{"grid_current_a": 0.94}');
INSERT INTO public.inverter_data VALUES ('2026-11-25 13:40:42.048056+00', 4, 228.6, 50.01, 187.8, -9.4, 0.999, 16.3, NULL, 0, NULL, 1, '{"grid_current_a": 0.82}');
INSERT INTO public.inverter_data VALUES ('2026-11-25 14:40:42.048056+00', 4, 231.3, 50.02, 22.1, -1.1, 0.999, 11.6, NULL, 0, NULL, 1, '{"grid_current_a": 0.1}');
INSERT INTO public.inverter_data VALUES ('2026-11-25 15:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 16:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 17:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 18:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 19:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 20:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 21:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 22:40:42.048056+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 22:55:50+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 22:56:10+00', 4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL);
INSERT INTO public.inverters OVERRIDING SYSTEM VALUE VALUES ('2026-11-23 22:55:42.048056+00', '2026-11-25 22:56:24.52115+00', 1, 1, '112111419007', 'House (demo)', '10f860123456', 'HM', NULL);
INSERT INTO public.inverters OVERRIDING SYSTEM VALUE VALUES ('2026-11-23 22:55:42.048056+00', '2026-11-25 22:56:20+00', 4, 1, '114466862002', 'Garage (demo)', '411160123456', 'HMS', NULL);
INSERT INTO public.meter_data VALUES ('2026-11-23 22:55:42.048056+00', 6266410, 3526230, NULL, NULL, NULL, NULL, NULL, NULL, 470, 1, 160, 230, 0.68, 1, 160, 230, 0.68, 1, 160, 230, 0.68, 1, NULL, 3, '37ff71000001');
INSERT INTO public.meter_data VALUES ('2026-11-23 23:10:42.048056+00', 6266480, 3526230, NULL, NULL, NULL, NULL, NULL, NULL, 460, 1, 150, 230, 0.67, 1, 150, 230, 0.67, 1, 150, 230, 0.67, 1, NULL, 3, '37ff71000001');
INSERT INTO public.meter_data VALUES ('2026-11-23 23:25:42.048056+00', 6266550, 3526230, NULL, NULL, NULL, NULL, NULL, NULL, 780, 1, 260, 230, 1.13, 1, 260, 230, 1.13, 1, 260, 230, 1.13, 1, NULL, 3, '37ff71000001');
INSERT INTO public.meter_data VALUES ('2026-11-23 23:40:42.048056+00', 6266610, 3526230, NULL, NULL, NULL, NULL, NULL, NULL, 740, 1, 250, 230, 1.07, 1, 250, 230, 1.07, 1, 250, 230, 1.07, 1, NULL, 3, '37ff71000001');
INSERT INTO public.meter_data VALUES ('2026-11-23 23:55:42.048056+00', 6266680, 3526230, NULL, NULL, NULL, NULL, NULL, NULL, 860, 1, 290, 230, 1.24, 1, 290, 230, 1.24, 1, 290, 230, 1.24, 1, NULL, 3, '37ff71000001');
INSERT INTO public.meter_data VALUES ('2026-11-24 00:10:42.048056+00', 6266750, 3526230, NULL, NULL, NULL, NULL, NULL, NULL, 720, 1, 240, 230, 1.04, 1, 240, 230, 1.04, 1, 240, 230, 1.04, 1, NULL, 3, '37ff71000001');
INSERT INTO public.meters VALUES ('2026-11-23 22:55:42.048056+00', '2026-11-25 22:56:20+00', 1, '37ff71000001', 'Garage (demo)', '411160123456');
INSERT INTO public.plant_daily VALUES (NULL, NULL, NULL, 2247, 0, 1, '2026-11-24', NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_daily VALUES (NULL, NULL, NULL, 2008, 0, 1, '2026-11-25', NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_daily VALUES (NULL, NULL, NULL, 427, 0, 1, '2026-11-24', NULL, 0, 'House (demo)');
INSERT INTO public.plant_daily VALUES (NULL, NULL, NULL, 371, 0, 1, '2026-11-25', NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-23 23:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 00:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 01:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 02:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 03:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 04:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 05:00:00+00', NULL, 1, 67, 67, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 06:00:00+00', NULL, 1, 66, 66, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 07:00:00+00', NULL, 1, 66, 66, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 08:00:00+00', NULL, 1, 66, 66, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 09:00:00+00', NULL, 1, 347, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 10:00:00+00', NULL, 1, 423, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 11:00:00+00', NULL, 1, 435, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 12:00:00+00', NULL, 1, 385, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 13:00:00+00', NULL, 1, 273, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 14:00:00+00', NULL, 1, 119, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 15:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 16:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 17:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 18:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 19:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 20:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 21:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 22:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 23:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 00:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 01:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 02:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 03:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 04:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 05:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 06:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 07:00:00+00', NULL, 1, 47, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 08:00:00+00', NULL, 1, 172, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 09:00:00+00', NULL, 1, 335, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 10:00:00+00', NULL, 1, 418, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 11:00:00+00', NULL, 1, 412, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 12:00:00+00', NULL, 1, 281, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 13:00:00+00', NULL, 1, 235, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 14:00:00+00', NULL, 1, 108, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 15:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 16:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 17:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 18:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 19:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 20:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 21:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 22:00:00+00', NULL, 1, 0, 0, NULL, 0, 'Garage (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-23 23:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 00:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 01:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 02:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 03:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 04:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 05:00:00+00', NULL, 1, 3, 3, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 06:00:00+00', NULL, 1, 3, 3, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 07:00:00+00', NULL, 1, 3, 3, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 08:00:00+00', NULL, 1, 3, 3, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 09:00:00+00', NULL, 1, 2, 2, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 10:00:00+00', NULL, 1, 53, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 11:00:00+00', NULL, 1, 91, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 12:00:00+00', NULL, 1, 110, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 13:00:00+00', NULL, 1, 100, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 14:00:00+00', NULL, 1, 59, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 15:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 16:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 17:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 18:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 19:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 20:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 21:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 22:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-24 23:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 00:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 01:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 02:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 03:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 04:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 05:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 06:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 07:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 08:00:00+00', NULL, 1, 2, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 09:00:00+00', NULL, 1, 12, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 10:00:00+00', NULL, 1, 51, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 11:00:00+00', NULL, 1, 86, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 12:00:00+00', NULL, 1, 80, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 13:00:00+00', NULL, 1, 88, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 14:00:00+00', NULL, 1, 52, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 15:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 16:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 17:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 18:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 19:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 20:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 21:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_hourly VALUES ('2026-11-25 22:00:00+00', NULL, 1, 0, 0, NULL, 0, 'House (demo)');
INSERT INTO public.plant_power VALUES ('2026-11-25 11:10:42+00', 812.5, 1, 'Garage (demo)');
INSERT INTO public.plant_power VALUES ('2026-11-25 11:15:42+00', 815, 1, 'Garage (demo)');
INSERT INTO public.port_daily VALUES ('2026-11-23 23:40:42.048056+00', '2026-11-24 22:40:42.048056+00', '2026-11-24 12:40:42.048056+00', 427, 0, 1, '2026-11-24', 110.5, 24, 0, 1);
INSERT INTO public.port_daily VALUES ('2026-11-24 23:40:42.048056+00', '2026-11-25 22:40:42.048056+00', '2026-11-25 13:40:42.048056+00', 371, 0, 1, '2026-11-25', 83.1, 24, 0, 1);
INSERT INTO public.port_daily VALUES ('2026-11-23 23:40:42.048056+00', '2026-11-24 22:40:42.048056+00', '2026-11-24 10:40:42.048056+00', 1126, 0, 4, '2026-11-24', 221, 24, 0, 1);
INSERT INTO public.port_daily VALUES ('2026-11-24 23:40:42.048056+00', '2026-11-25 22:56:10+00', '2026-11-25 10:40:42.048056+00', 1007, 0, 4, '2026-11-25', 218.1, 26, 0, 1);
INSERT INTO public.port_daily VALUES ('2026-11-23 23:40:42.048056+00', '2026-11-24 22:40:42.048056+00', '2026-11-24 10:40:42.048056+00', 1121, 0, 4, '2026-11-24', 220, 24, 0, 2);
INSERT INTO public.port_daily VALUES ('2026-11-24 23:40:42.048056+00', '2026-11-25 22:56:10+00', '2026-11-25 10:40:42.048056+00', 1001, 0, 4, '2026-11-25', 217.1, 26, 0, 2);
INSERT INTO public.port_data VALUES ('2026-11-23 23:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 00:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 01:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 02:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 03:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 04:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 05:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 06:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 07:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 08:40:42.048056+00', 1037861, 1, 33.8, 0.14, 4.7, 2, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 09:40:42.048056+00', 1037873, 1, 35.2, 0.87, 30.8, 14, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 10:40:42.048056+00', 1037926, 1, 35.6, 2.09, 74.5, 68, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 11:40:42.048056+00', 1038017, 1, 35.6, 2.92, 104, 159, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 12:40:42.048056+00', 1038127, 1, 35.5, 3.11, 110.5, 268, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 13:40:42.048056+00', 1038227, 1, 35.4, 2.4, 85.1, 369, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 14:40:42.048056+00', 1038282, 1, 34.5, 0.55, 18.8, 424, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 15:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 16:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 17:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 18:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 19:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 20:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 21:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 22:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 23:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 00:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 01:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 02:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 03:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 04:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 05:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 06:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 07:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 08:40:42.048056+00', 1038288, 1, 33.7, 0.14, 4.8, 2, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 09:40:42.048056+00', 1038300, 1, 35, 0.84, 29.5, 14, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 10:40:42.048056+00', 1038351, 1, 35.4, 2.05, 72.8, 66, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 11:40:42.048056+00', 1038437, 1, 35.4, 2.23, 78.7, 151, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 12:40:42.048056+00', 1038517, 1, 35.3, 2.09, 73.9, 232, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 13:40:42.048056+00', 1038605, 1, 35.3, 2.35, 83.1, 319, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 14:40:42.048056+00', 1038657, 1, 34.2, 0.41, 13.9, 371, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 15:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 16:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 17:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 18:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 19:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 20:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 21:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 22:40:42.048056+00', 0, 1, 0, 0, 0, 0, 1);
INSERT INTO public.port_data VALUES ('2026-11-23 23:40:42.048056+00', NULL, 4, NULL, NULL, 0, 669, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 00:40:42.048056+00', NULL, 4, NULL, NULL, 0, 669, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 01:40:42.048056+00', NULL, 4, NULL, NULL, 0, 669, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 02:40:42.048056+00', NULL, 4, NULL, NULL, 0, 669, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 03:40:42.048056+00', NULL, 4, NULL, NULL, 0, 669, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 04:40:42.048056+00', NULL, 4, NULL, NULL, 0, 669, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 05:40:42.048056+00', NULL, 4, NULL, NULL, 0, 669, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 06:40:42.048056+00', NULL, 4, NULL, NULL, 0, 669, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 07:40:42.048056+00', 1416813, 4, 35.9, 1.84, 66.2, 25, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 08:40:42.048056+00', 1416921, 4, 36, 3.95, 142, 133, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 09:40:42.048056+00', 1417095, 4, 35.8, 5.57, 199.3, 306, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 10:40:42.048056+00', 1417307, 4, 35.6, 6.2, 221, 518, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 11:40:42.048056+00', 1417525, 4, 35.6, 5.93, 210.8, 737, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 12:40:42.048056+00', 1417718, 4, 35.5, 4.77, 169.4, 930, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 13:40:42.048056+00', 1417855, 4, 35.5, 2.81, 99.5, 1066, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 14:40:42.048056+00', 1417911, 4, 34.3, 0.45, 15.5, 1123, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 15:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1125, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 16:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1125, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 17:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1125, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 18:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1125, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 19:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1125, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 20:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1125, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 21:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1125, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 22:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1125, 1);
INSERT INTO public.port_data VALUES ('2026-11-24 23:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1125, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 00:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1125, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 01:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1125, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 02:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1125, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 03:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1125, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 04:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1125, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 05:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1125, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 06:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1125, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 07:40:42.048056+00', 1417938, 4, 35.7, 1.76, 62.9, 24, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 08:40:42.048056+00', 1418024, 4, 35.8, 3.56, 127.5, 110, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 09:40:42.048056+00', 1418192, 4, 35.7, 5.5, 196.2, 278, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 10:40:42.048056+00', 1418402, 4, 35.5, 6.14, 218.1, 487, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 11:40:42.048056+00', 1418608, 4, 35.5, 4.46, 158.4, 694, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 12:40:42.048056+00', 1418749, 4, 35.4, 3.18, 112.7, 835, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 13:40:42.048056+00', 1418867, 4, 35.3, 2.76, 97.5, 952, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 14:40:42.048056+00', 1418921, 4, 33.9, 0.34, 11.5, 1007, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 15:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1008, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 16:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1008, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 17:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1008, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 18:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1008, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 19:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1008, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 20:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1008, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 21:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1008, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 22:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1008, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 22:55:50+00', NULL, 4, NULL, NULL, 0, 1008, 1);
INSERT INTO public.port_data VALUES ('2026-11-25 22:56:10+00', NULL, 4, NULL, NULL, 0, 1008, 1);
INSERT INTO public.port_data VALUES ('2026-11-23 23:40:42.048056+00', NULL, 4, NULL, NULL, 0, 666, 2);
INSERT INTO public.port_data VALUES ('2026-11-24 00:40:42.048056+00', NULL, 4, NULL, NULL, 0, 666, 2);
INSERT INTO public.port_data VALUES ('2026-11-24 01:40:42.048056+00', NULL, 4, NULL, NULL, 0, 666, 2);
INSERT INTO public.port_data VALUES ('2026-11-24 02:40:42.048056+00', NULL, 4, NULL, NULL, 0, 666, 2);
INSERT INTO public.port_data VALUES ('2026-11-24 03:40:42.048056+00', NULL, 4, NULL, NULL, 0, 666, 2);
INSERT INTO public.port_data VALUES ('2026-11-24 04:40:42.048056+00', NULL, 4, NULL, NULL, 0, 666, 2);
INSERT INTO public.port_data VALUES ('2026-11-24 05:40:42.048056+00', NULL, 4, NULL, NULL, 0, 666, 2);
INSERT INTO public.port_data VALUES ('2026-11-24 06:40:42.048056+00', NULL, 4, NULL, NULL, 0, 666, 2);
INSERT INTO public.port_data VALUES ('2026-11-24 07:40:42.048056+00', 1410253, 4, 35.9, 1.84, 65.9, 25, 2);
INSERT INTO public.port_data VALUES ('2026-11-24 08:40:42.048056+00', 1410360, 4, 36, 3.93, 141.4, 132, 2);
INSERT INTO public.port_data VALUES ('2026-11-24 09:40:42.048056+00', 1410533, 4, 35.8, 5.54, 198.4, 305, 2);
INSERT INTO public.port_data VALUES ('2026-11-24 10:40:42.048056+00', 1410744, 4, 35.6, 6.17, 220, 516, 2);
INSERT INTO public.port_data VALUES ('2026-11-24 11:40:42.048056+00', 1410961, 4, 35.6, 5.9, 209.8, 734, 2);
INSERT INTO public.port_data VALUES ('2026-11-24 12:40:42.048056+00', 1411153, 4, 35.5, 4.74, 168.6, 925, 2);
INSERT INTO public.port_data VALUES ('2026-11-24 13:40:42.048056+00', 1411289, 4, 35.4, 2.79, 99, 1061, 2);
INSERT INTO public.port_data VALUES ('2026-11-24 14:40:42.048056+00', 1411345, 4, 34.3, 0.45, 15.4, 1118, 2);
INSERT INTO public.port_data VALUES ('2026-11-24 15:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1120, 2);
INSERT INTO public.port_data VALUES ('2026-11-24 16:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1120, 2);
INSERT INTO public.port_data VALUES ('2026-11-24 17:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1120, 2);
INSERT INTO public.port_data VALUES ('2026-11-24 18:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1120, 2);
INSERT INTO public.port_data VALUES ('2026-11-24 19:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1120, 2);
INSERT INTO public.port_data VALUES ('2026-11-24 20:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1120, 2);
INSERT INTO public.port_data VALUES ('2026-11-24 21:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1120, 2);
INSERT INTO public.port_data VALUES ('2026-11-24 22:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1120, 2);
INSERT INTO public.port_data VALUES ('2026-11-24 23:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1120, 2);
INSERT INTO public.port_data VALUES ('2026-11-25 00:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1120, 2);
INSERT INTO public.port_data VALUES ('2026-11-25 01:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1120, 2);
INSERT INTO public.port_data VALUES ('2026-11-25 02:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1120, 2);
INSERT INTO public.port_data VALUES ('2026-11-25 03:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1120, 2);
INSERT INTO public.port_data VALUES ('2026-11-25 04:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1120, 2);
INSERT INTO public.port_data VALUES ('2026-11-25 05:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1120, 2);
INSERT INTO public.port_data VALUES ('2026-11-25 06:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1120, 2);
INSERT INTO public.port_data VALUES ('2026-11-25 07:40:42.048056+00', 1411372, 4, 35.7, 1.75, 62.6, 23, 2);
INSERT INTO public.port_data VALUES ('2026-11-25 08:40:42.048056+00', 1411458, 4, 35.8, 3.54, 126.9, 110, 2);
INSERT INTO public.port_data VALUES ('2026-11-25 09:40:42.048056+00', 1411625, 4, 35.7, 5.48, 195.3, 277, 2);
INSERT INTO public.port_data VALUES ('2026-11-25 10:40:42.048056+00', 1411833, 4, 35.5, 6.11, 217.1, 485, 2);
INSERT INTO public.port_data VALUES ('2026-11-25 11:40:42.048056+00', 1412039, 4, 35.5, 4.44, 157.6, 691, 2);
INSERT INTO public.port_data VALUES ('2026-11-25 12:40:42.048056+00', 1412179, 4, 35.4, 3.17, 112.2, 831, 2);
INSERT INTO public.port_data VALUES ('2026-11-25 13:40:42.048056+00', 1412296, 4, 35.3, 2.75, 97.1, 948, 2);
INSERT INTO public.port_data VALUES ('2026-11-25 14:40:42.048056+00', 1412350, 4, 33.9, 0.34, 11.4, 1002, 2);
INSERT INTO public.port_data VALUES ('2026-11-25 15:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1003, 2);
INSERT INTO public.port_data VALUES ('2026-11-25 16:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1003, 2);
INSERT INTO public.port_data VALUES ('2026-11-25 17:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1003, 2);
INSERT INTO public.port_data VALUES ('2026-11-25 18:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1003, 2);
INSERT INTO public.port_data VALUES ('2026-11-25 19:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1003, 2);
INSERT INTO public.port_data VALUES ('2026-11-25 20:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1003, 2);
INSERT INTO public.port_data VALUES ('2026-11-25 21:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1003, 2);
INSERT INTO public.port_data VALUES ('2026-11-25 22:40:42.048056+00', NULL, 4, NULL, NULL, 0, 1003, 2);
INSERT INTO public.port_data VALUES ('2026-11-25 22:55:50+00', NULL, 4, NULL, NULL, 0, 1003, 2);
INSERT INTO public.port_data VALUES ('2026-11-25 22:56:10+00', NULL, 4, NULL, NULL, 0, 1003, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-23 23:00:00+00', '2026-11-23 23:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 00:00:00+00', '2026-11-24 00:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 01:00:00+00', '2026-11-24 01:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 02:00:00+00', '2026-11-24 02:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 03:00:00+00', '2026-11-24 03:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 04:00:00+00', '2026-11-24 04:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 05:00:00+00', '2026-11-24 05:40:42.048056+00', 1, 3, 3, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 06:00:00+00', '2026-11-24 06:40:42.048056+00', 1, 3, 3, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 07:00:00+00', '2026-11-24 07:40:42.048056+00', 1, 3, 3, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 08:00:00+00', '2026-11-24 08:40:42.048056+00', 1, 3, 3, 4.7, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 09:00:00+00', '2026-11-24 09:40:42.048056+00', 1, 2, 2, 30.8, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 10:00:00+00', '2026-11-24 10:40:42.048056+00', 1, 53, 0, 74.5, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 11:00:00+00', '2026-11-24 11:40:42.048056+00', 1, 91, 0, 104, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 12:00:00+00', '2026-11-24 12:40:42.048056+00', 1, 110, 0, 110.5, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 13:00:00+00', '2026-11-24 13:40:42.048056+00', 1, 100, 0, 85.1, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 14:00:00+00', '2026-11-24 14:40:42.048056+00', 1, 59, 0, 18.8, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 15:00:00+00', '2026-11-24 15:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 16:00:00+00', '2026-11-24 16:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 17:00:00+00', '2026-11-24 17:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 18:00:00+00', '2026-11-24 18:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 19:00:00+00', '2026-11-24 19:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 20:00:00+00', '2026-11-24 20:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 21:00:00+00', '2026-11-24 21:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 22:00:00+00', '2026-11-24 22:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 23:00:00+00', '2026-11-24 23:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 00:00:00+00', '2026-11-25 00:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 01:00:00+00', '2026-11-25 01:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 02:00:00+00', '2026-11-25 02:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 03:00:00+00', '2026-11-25 03:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 04:00:00+00', '2026-11-25 04:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 05:00:00+00', '2026-11-25 05:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 06:00:00+00', '2026-11-25 06:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 07:00:00+00', '2026-11-25 07:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 08:00:00+00', '2026-11-25 08:40:42.048056+00', 1, 2, 0, 4.8, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 09:00:00+00', '2026-11-25 09:40:42.048056+00', 1, 12, 0, 29.5, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 10:00:00+00', '2026-11-25 10:40:42.048056+00', 1, 51, 0, 72.8, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 11:00:00+00', '2026-11-25 11:40:42.048056+00', 1, 86, 0, 78.7, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 12:00:00+00', '2026-11-25 12:40:42.048056+00', 1, 80, 0, 73.9, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 13:00:00+00', '2026-11-25 13:40:42.048056+00', 1, 88, 0, 83.1, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 14:00:00+00', '2026-11-25 14:40:42.048056+00', 1, 52, 0, 13.9, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 15:00:00+00', '2026-11-25 15:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 16:00:00+00', '2026-11-25 16:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 17:00:00+00', '2026-11-25 17:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 18:00:00+00', '2026-11-25 18:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 19:00:00+00', '2026-11-25 19:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 20:00:00+00', '2026-11-25 20:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 21:00:00+00', '2026-11-25 21:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 22:00:00+00', '2026-11-25 22:40:42.048056+00', 1, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-23 23:00:00+00', '2026-11-23 23:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 00:00:00+00', '2026-11-24 00:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 01:00:00+00', '2026-11-24 01:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 02:00:00+00', '2026-11-24 02:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 03:00:00+00', '2026-11-24 03:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 04:00:00+00', '2026-11-24 04:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 05:00:00+00', '2026-11-24 05:40:42.048056+00', 4, 34, 34, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 06:00:00+00', '2026-11-24 06:40:42.048056+00', 4, 33, 33, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 07:00:00+00', '2026-11-24 07:40:42.048056+00', 4, 33, 33, 66.2, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 08:00:00+00', '2026-11-24 08:40:42.048056+00', 4, 33, 33, 142, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 09:00:00+00', '2026-11-24 09:40:42.048056+00', 4, 174, 0, 199.3, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 10:00:00+00', '2026-11-24 10:40:42.048056+00', 4, 212, 0, 221, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 11:00:00+00', '2026-11-24 11:40:42.048056+00', 4, 218, 0, 210.8, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 12:00:00+00', '2026-11-24 12:40:42.048056+00', 4, 193, 0, 169.4, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 13:00:00+00', '2026-11-24 13:40:42.048056+00', 4, 137, 0, 99.5, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 14:00:00+00', '2026-11-24 14:40:42.048056+00', 4, 59, 0, 15.5, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 15:00:00+00', '2026-11-24 15:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 16:00:00+00', '2026-11-24 16:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 17:00:00+00', '2026-11-24 17:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 18:00:00+00', '2026-11-24 18:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 19:00:00+00', '2026-11-24 19:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 20:00:00+00', '2026-11-24 20:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 21:00:00+00', '2026-11-24 21:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 22:00:00+00', '2026-11-24 22:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-24 23:00:00+00', '2026-11-24 23:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 00:00:00+00', '2026-11-25 00:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 01:00:00+00', '2026-11-25 01:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 02:00:00+00', '2026-11-25 02:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 03:00:00+00', '2026-11-25 03:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 04:00:00+00', '2026-11-25 04:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 05:00:00+00', '2026-11-25 05:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 06:00:00+00', '2026-11-25 06:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 07:00:00+00', '2026-11-25 07:40:42.048056+00', 4, 24, 0, 62.9, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 08:00:00+00', '2026-11-25 08:40:42.048056+00', 4, 86, 0, 127.5, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 09:00:00+00', '2026-11-25 09:40:42.048056+00', 4, 168, 0, 196.2, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 10:00:00+00', '2026-11-25 10:40:42.048056+00', 4, 210, 0, 218.1, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 11:00:00+00', '2026-11-25 11:40:42.048056+00', 4, 206, 0, 158.4, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 12:00:00+00', '2026-11-25 12:40:42.048056+00', 4, 141, 0, 112.7, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 13:00:00+00', '2026-11-25 13:40:42.048056+00', 4, 118, 0, 97.5, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 14:00:00+00', '2026-11-25 14:40:42.048056+00', 4, 54, 0, 11.5, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 15:00:00+00', '2026-11-25 15:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 16:00:00+00', '2026-11-25 16:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 17:00:00+00', '2026-11-25 17:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 18:00:00+00', '2026-11-25 18:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 19:00:00+00', '2026-11-25 19:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 20:00:00+00', '2026-11-25 20:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 21:00:00+00', '2026-11-25 21:40:42.048056+00', 4, 0, 0, 0, 1, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-25 22:00:00+00', '2026-11-25 22:40:42.048056+00', 4, 0, 0, 0, 3, 1);
INSERT INTO public.port_hourly VALUES ('2026-11-23 23:00:00+00', '2026-11-23 23:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-24 00:00:00+00', '2026-11-24 00:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-24 01:00:00+00', '2026-11-24 01:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-24 02:00:00+00', '2026-11-24 02:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-24 03:00:00+00', '2026-11-24 03:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-24 04:00:00+00', '2026-11-24 04:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-24 05:00:00+00', '2026-11-24 05:40:42.048056+00', 4, 33, 33, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-24 06:00:00+00', '2026-11-24 06:40:42.048056+00', 4, 33, 33, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-24 07:00:00+00', '2026-11-24 07:40:42.048056+00', 4, 33, 33, 65.9, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-24 08:00:00+00', '2026-11-24 08:40:42.048056+00', 4, 33, 33, 141.4, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-24 09:00:00+00', '2026-11-24 09:40:42.048056+00', 4, 173, 0, 198.4, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-24 10:00:00+00', '2026-11-24 10:40:42.048056+00', 4, 211, 0, 220, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-24 11:00:00+00', '2026-11-24 11:40:42.048056+00', 4, 217, 0, 209.8, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-24 12:00:00+00', '2026-11-24 12:40:42.048056+00', 4, 192, 0, 168.6, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-24 13:00:00+00', '2026-11-24 13:40:42.048056+00', 4, 136, 0, 99, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-24 14:00:00+00', '2026-11-24 14:40:42.048056+00', 4, 60, 0, 15.4, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-24 15:00:00+00', '2026-11-24 15:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-24 16:00:00+00', '2026-11-24 16:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-24 17:00:00+00', '2026-11-24 17:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-24 18:00:00+00', '2026-11-24 18:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-24 19:00:00+00', '2026-11-24 19:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-24 20:00:00+00', '2026-11-24 20:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-24 21:00:00+00', '2026-11-24 21:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-24 22:00:00+00', '2026-11-24 22:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-24 23:00:00+00', '2026-11-24 23:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-25 00:00:00+00', '2026-11-25 00:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-25 01:00:00+00', '2026-11-25 01:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-25 02:00:00+00', '2026-11-25 02:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-25 03:00:00+00', '2026-11-25 03:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-25 04:00:00+00', '2026-11-25 04:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-25 05:00:00+00', '2026-11-25 05:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-25 06:00:00+00', '2026-11-25 06:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-25 07:00:00+00', '2026-11-25 07:40:42.048056+00', 4, 23, 0, 62.6, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-25 08:00:00+00', '2026-11-25 08:40:42.048056+00', 4, 86, 0, 126.9, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-25 09:00:00+00', '2026-11-25 09:40:42.048056+00', 4, 167, 0, 195.3, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-25 10:00:00+00', '2026-11-25 10:40:42.048056+00', 4, 208, 0, 217.1, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-25 11:00:00+00', '2026-11-25 11:40:42.048056+00', 4, 206, 0, 157.6, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-25 12:00:00+00', '2026-11-25 12:40:42.048056+00', 4, 140, 0, 112.2, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-25 13:00:00+00', '2026-11-25 13:40:42.048056+00', 4, 117, 0, 97.1, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-25 14:00:00+00', '2026-11-25 14:40:42.048056+00', 4, 54, 0, 11.4, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-25 15:00:00+00', '2026-11-25 15:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-25 16:00:00+00', '2026-11-25 16:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-25 17:00:00+00', '2026-11-25 17:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-25 18:00:00+00', '2026-11-25 18:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-25 19:00:00+00', '2026-11-25 19:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-25 20:00:00+00', '2026-11-25 20:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-25 21:00:00+00', '2026-11-25 21:40:42.048056+00', 4, 0, 0, 0, 1, 2);
INSERT INTO public.port_hourly VALUES ('2026-11-25 22:00:00+00', '2026-11-25 22:40:42.048056+00', 4, 0, 0, 0, 3, 2);
INSERT INTO public.production_cache VALUES ('2026-11-25 22:56:24.52115+00', 1038657, '2026-11-25 22:56:24.652365+00', 1, NULL, NULL, 0, 371, 1, '2026-11-25', '{"day": "2026-11-25", "base": {"at": "2026-11-25T14:40:42.048056Z", "total_wh": 1038657}, "former": null, "suspect": null, "previous": ["2026-11-24", 427], "today_wh": 371, "lifetime_wh": 1038657}');
INSERT INTO public.production_cache VALUES ('2026-11-25 22:56:20+00', 1418921, '2026-11-25 22:56:24.55449+00', 4, NULL, NULL, 0, 1007, 1, '2026-11-25', '{"day": "2026-11-25", "base": {"at": "2026-11-25T14:40:42.048056Z", "total_wh": 1418921}, "former": null, "suspect": null, "previous": ["2026-11-24", 1126], "today_wh": 1007, "lifetime_wh": 1418921}');
INSERT INTO public.production_cache VALUES ('2026-11-25 22:56:20+00', 1412350, '2026-11-25 22:56:24.55449+00', 4, NULL, NULL, 0, 1001, 2, '2026-11-25', '{"day": "2026-11-25", "base": {"at": "2026-11-25T14:40:42.048056Z", "total_wh": 1412350}, "former": null, "suspect": null, "previous": ["2026-11-24", 1121], "today_wh": 1001, "lifetime_wh": 1412350}');
INSERT INTO public.row_counts VALUES (98, 1, 'inverter_data');
INSERT INTO public.row_counts VALUES (6, 1, 'meter_data');
INSERT INTO public.row_counts VALUES (2, 1, 'plant_power');
INSERT INTO public.row_counts VALUES (148, 1, 'port_data');
INSERT INTO public.row_counts VALUES (1, 1, 'storage_data');
INSERT INTO public.row_counts VALUES (10, 1, 'system_metrics');
INSERT INTO public.storage_data VALUES ('2026-11-25 11:25:42+00', 4100, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 63, NULL, NULL, -1500.5, NULL, NULL, NULL, NULL, 300, NULL, NULL, NULL, NULL, NULL, NULL, '22069995050001', '[{"input": 1, "power_w": 1278.0, "voltage_v": 412.3}]', '[{"phase": 1, "power_w": -120.0}]', '[]');
INSERT INTO public.system_metrics VALUES ('2026-11-25 22:55:44.64553+00', 0.128372697, 'query_duration_seconds', '{"dtu_name": "Garage (demo)"}');
INSERT INTO public.system_metrics VALUES ('2026-11-25 22:55:44.995756+00', 0.478140693, 'query_duration_seconds', '{"dtu_name": "House (demo)"}');
INSERT INTO public.system_metrics VALUES ('2026-11-25 22:55:54.554125+00', 0.032571548, 'query_duration_seconds', '{"dtu_name": "Garage (demo)"}');
INSERT INTO public.system_metrics VALUES ('2026-11-25 22:55:54.646525+00', 0.125185475, 'query_duration_seconds', '{"dtu_name": "House (demo)"}');
INSERT INTO public.system_metrics VALUES ('2026-11-25 22:56:04.554299+00', 0.032692137, 'query_duration_seconds', '{"dtu_name": "Garage (demo)"}');
INSERT INTO public.system_metrics VALUES ('2026-11-25 22:56:04.652492+00', 0.131130102, 'query_duration_seconds', '{"dtu_name": "House (demo)"}');
INSERT INTO public.system_metrics VALUES ('2026-11-25 22:56:14.55309+00', 0.034988298, 'query_duration_seconds', '{"dtu_name": "Garage (demo)"}');
INSERT INTO public.system_metrics VALUES ('2026-11-25 22:56:14.660592+00', 0.14384504, 'query_duration_seconds', '{"dtu_name": "House (demo)"}');
INSERT INTO public.system_metrics VALUES ('2026-11-25 22:56:24.554289+00', 0.032663765, 'query_duration_seconds', '{"dtu_name": "Garage (demo)"}');
INSERT INTO public.system_metrics VALUES ('2026-11-25 22:56:24.652179+00', 0.130776588, 'query_duration_seconds', '{"dtu_name": "House (demo)"}');
SELECT pg_catalog.setval('public.inverters_inverter_id_seq', 4, true);
ALTER TABLE ONLY public._sqlx_migrations
    ADD CONSTRAINT _sqlx_migrations_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.config_cache
    ADD CONSTRAINT config_cache_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.dtu_lease_grants
    ADD CONSTRAINT dtu_lease_grants_pkey PRIMARY KEY (dtu_key, epoch);
ALTER TABLE ONLY public.dtu_leases
    ADD CONSTRAINT dtu_leases_pkey PRIMARY KEY (dtu_key);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (site_id, kind, subject, started_at);
ALTER TABLE ONLY public.hybrids
    ADD CONSTRAINT hybrids_pkey PRIMARY KEY (serial_number);
ALTER TABLE ONLY public.inverter_data
    ADD CONSTRAINT inverter_data_pkey PRIMARY KEY (inverter_id, "timestamp");
ALTER TABLE ONLY public.inverters
    ADD CONSTRAINT inverters_pkey PRIMARY KEY (inverter_id);
ALTER TABLE ONLY public.inverters
    ADD CONSTRAINT inverters_serial_number_key UNIQUE (serial_number);
ALTER TABLE ONLY public.meter_data
    ADD CONSTRAINT meter_data_pkey PRIMARY KEY (serial_number, "timestamp");
ALTER TABLE ONLY public.meters
    ADD CONSTRAINT meters_pkey PRIMARY KEY (serial_number);
ALTER TABLE ONLY public.past_changes
    ADD CONSTRAINT past_changes_pkey PRIMARY KEY (site_id);
ALTER TABLE ONLY public.plant_daily
    ADD CONSTRAINT plant_daily_pkey PRIMARY KEY (site_id, dtu_name, day);
ALTER TABLE ONLY public.plant_hourly
    ADD CONSTRAINT plant_hourly_pkey PRIMARY KEY (site_id, dtu_name, hour);
ALTER TABLE ONLY public.plant_power
    ADD CONSTRAINT plant_power_pkey PRIMARY KEY (site_id, dtu_name, "timestamp");
ALTER TABLE ONLY public.port_daily
    ADD CONSTRAINT port_daily_pkey PRIMARY KEY (inverter_id, port_number, day);
ALTER TABLE ONLY public.port_data
    ADD CONSTRAINT port_data_pkey PRIMARY KEY (inverter_id, port_number, "timestamp");
ALTER TABLE ONLY public.port_hourly
    ADD CONSTRAINT port_hourly_pkey PRIMARY KEY (inverter_id, port_number, hour);
ALTER TABLE ONLY public.production_cache
    ADD CONSTRAINT production_cache_pkey PRIMARY KEY (inverter_id, port_number);
ALTER TABLE ONLY public.row_counts
    ADD CONSTRAINT row_counts_pkey PRIMARY KEY (table_name, site_id);
ALTER TABLE ONLY public.storage_data
    ADD CONSTRAINT storage_data_pkey PRIMARY KEY (serial_number, "timestamp");
ALTER TABLE ONLY public.system_metrics
    ADD CONSTRAINT system_metrics_pkey PRIMARY KEY (metric_name, "timestamp", tags);
CREATE INDEX events_by_end ON public.events USING btree (site_id, ended_at);
CREATE INDEX events_by_start ON public.events USING btree (site_id, started_at);
CREATE INDEX events_open ON public.events USING btree (site_id, started_at) WHERE (ended_at IS NULL);
CREATE INDEX plant_daily_by_day ON public.plant_daily USING btree (site_id, day);
