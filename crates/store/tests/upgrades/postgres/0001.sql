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
    d.link_status
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
    port_number smallint NOT NULL
)
WITH (fillfactor='50');
CREATE TABLE public.row_counts (
    rows bigint NOT NULL,
    site_id integer DEFAULT 1 NOT NULL,
    table_name text NOT NULL
)
WITH (fillfactor='50');
CREATE TABLE public.system_metrics (
    "timestamp" timestamp with time zone NOT NULL,
    metric_value double precision NOT NULL,
    metric_name text NOT NULL,
    tags jsonb DEFAULT '{}'::jsonb NOT NULL
);
INSERT INTO public._sqlx_migrations VALUES (1, 'readings', '2026-06-21 12:00:00+00', true, '\x771ccbef5f3353c725d0ff152f6a8c015657d5f49895dbe79e50d982b59629d55eeb4534e880804d87b49e911d598d87', -1);
INSERT INTO public.config_cache VALUES ('2026-11-25 22:55:44.485+00', 'instance_id', '"a7dbb7bc-c23a-4b76-80e6-6a45f70e0d86"');
INSERT INTO public.config_cache VALUES ('2026-11-25 22:55:44.648+00', 'dtu_memory/Garage (demo)', '{"dusk": {"asleep_since": null, "fading_since": "2026-11-25T22:55:40Z", "last_night_s": null}, "layout": "standard", "dtu_serial": "411160123456"}');
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
INSERT INTO public.inverter_data VALUES ('2026-11-24 07:40:42.048056+00', 4, 232.9, 50.02, 127.5, -6.4, 0.999, 7.5, NULL, 0, NULL, 1, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 08:40:42.048056+00', 4, 233.1, 49.98, 273.5, -13.7, 0.999, 13, NULL, 0, NULL, 1, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 09:40:42.048056+00', 4, 231.6, 50.01, 383.8, -19.2, 0.999, 17.5, NULL, 0, NULL, 1, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 10:40:42.048056+00', 4, 231.4, 49.98, 425.6, -21.3, 0.999, 19.9, NULL, 0, NULL, 1, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 11:40:42.048056+00', 4, 230.9, 49.99, 405.9, -20.3, 0.999, 20.3, NULL, 0, NULL, 1, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 12:40:42.048056+00', 4, 228.9, 49.98, 326.2, -16.3, 0.999, 18.7, NULL, 0, NULL, 1, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 13:40:42.048056+00', 4, 230.2, 50.01, 191.6, -9.6, 0.999, 15.3, NULL, 0, NULL, 1, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-24 14:40:42.048056+00', 4, 232.4, 49.98, 29.8, -1.5, 0.999, 10.8, NULL, 0, NULL, 1, NULL);
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
INSERT INTO public.inverter_data VALUES ('2026-11-25 07:40:42.048056+00', 4, 230.3, 50, 121.1, -6.1, 0.999, 8.8, NULL, 0, NULL, 1, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 08:40:42.048056+00', 4, 228.3, 49.97, 245.5, -12.3, 0.999, 13.7, NULL, 0, NULL, 1, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 09:40:42.048056+00', 4, 229.3, 50.01, 377.8, -18.9, 0.999, 18.7, NULL, 0, NULL, 1, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 10:40:42.048056+00', 4, 233.2, 50.02, 420, -21, 0.999, 21, NULL, 0, NULL, 1, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 11:40:42.048056+00', 4, 231.6, 49.99, 304.9, -15.2, 0.999, 18.6, NULL, 0, NULL, 1, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 12:40:42.048056+00', 4, 231.9, 49.99, 217, -10.9, 0.999, 16.8, NULL, 0, NULL, 1, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 13:40:42.048056+00', 4, 228.6, 50.01, 187.8, -9.4, 0.999, 16.3, NULL, 0, NULL, 1, NULL);
INSERT INTO public.inverter_data VALUES ('2026-11-25 14:40:42.048056+00', 4, 231.3, 50.02, 22.1, -1.1, 0.999, 11.6, NULL, 0, NULL, 1, NULL);
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
INSERT INTO public.production_cache VALUES ('2026-11-25 22:56:24.52115+00', 0, '2026-11-25 22:56:24.652365+00', 1, NULL, NULL, 0, 0, 1);
INSERT INTO public.production_cache VALUES ('2026-11-25 22:56:20+00', NULL, '2026-11-25 22:56:24.55449+00', 4, NULL, NULL, 0, 1008, 1);
INSERT INTO public.production_cache VALUES ('2026-11-25 22:56:20+00', NULL, '2026-11-25 22:56:24.55449+00', 4, NULL, NULL, 0, 1003, 2);
INSERT INTO public.row_counts VALUES (98, 1, 'inverter_data');
INSERT INTO public.row_counts VALUES (148, 1, 'port_data');
INSERT INTO public.row_counts VALUES (10, 1, 'system_metrics');
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
ALTER TABLE ONLY public.inverter_data
    ADD CONSTRAINT inverter_data_pkey PRIMARY KEY (inverter_id, "timestamp");
ALTER TABLE ONLY public.inverters
    ADD CONSTRAINT inverters_pkey PRIMARY KEY (inverter_id);
ALTER TABLE ONLY public.inverters
    ADD CONSTRAINT inverters_serial_number_key UNIQUE (serial_number);
ALTER TABLE ONLY public.port_data
    ADD CONSTRAINT port_data_pkey PRIMARY KEY (inverter_id, port_number, "timestamp");
ALTER TABLE ONLY public.production_cache
    ADD CONSTRAINT production_cache_pkey PRIMARY KEY (inverter_id, port_number);
ALTER TABLE ONLY public.row_counts
    ADD CONSTRAINT row_counts_pkey PRIMARY KEY (table_name, site_id);
ALTER TABLE ONLY public.system_metrics
    ADD CONSTRAINT system_metrics_pkey PRIMARY KEY (metric_name, "timestamp", tags);
