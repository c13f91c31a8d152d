/** Plants for the tests of logic. */
import type { Dtu, Inverter, Plant, PlantEvent, Port } from '../api/types'

export function plant(over: Partial<Plant> = {}): Plant {
  return {
    time: '2026-06-21T11:40:00Z',
    day: '2026-06-21',
    time_zone: 'Europe/Berlin',
    state: 'producing',
    power_w: 3421,
    energy_today_wh: 11_812,
    energy_month_wh: 402_113,
    energy_year_wh: 2_841_077,
    energy_lifetime_wh: 20_060_040,
    peak_today_w: 5120,
    peak_today_at: '2026-06-21T10:42:00Z',
    inverters: { known: 6, reporting: 6, asleep: 0 },
    panels: { known: 24, reporting: 24 },
    asleep_since: null,
    first_light_about: null,
    last_reading_at: '2026-06-21T11:39:50Z',
    age_seconds: 10,
    verdict: { status: 'ok', reasons: [] },
    ...over,
  }
}

export function dtu(over: Partial<Dtu> = {}): Dtu {
  return {
    name: 'house',
    protocol: 'modbus',
    address: '192.168.1.50:502',
    serial_number: '10f800000001',
    model: null,
    firmware: null,
    phase: 'online',
    status_text: 'The DTU answers.',
    last_success: '2026-06-21T11:39:50Z',
    last_failure: null,
    poll_interval_seconds: 60,
    response_seconds: 1.2,
    requests_per_poll: 4,
    query_count: 60,
    error_count: 0,
    error_rate: 0,
    breaker: 'closed',
    dialect: null,
    repaired_answers: 0,
    power_w: 3421,
    energy_today_wh: 11_812,
    energy_lifetime_wh: 20_060_040,
    inverters: { known: 6, reporting: 6, asleep: 0 },
    stale: false,
    age_seconds: 10,
    unconfirmed: [],
    not_reported: [],
    ...over,
  }
}

export function port(serial: string, number: number, over: Partial<Port> = {}): Port {
  return {
    serial_number: serial,
    port_number: number,
    name: null,
    timestamp: '2026-06-21T11:39:50Z',
    pv_voltage: 33.7,
    pv_current: 7.4,
    pv_power: 250,
    today_production: 1000,
    total_production: 1_000_000,
    stale: false,
    ...over,
  }
}

export function inverter(serial: string, ports: Port[], over: Partial<Inverter> = {}): Inverter {
  return {
    serial_number: serial,
    dtu_name: 'house',
    first_seen: '2026-03-01T06:12:00Z',
    last_seen: '2026-06-21T11:39:50Z',
    inverter_type: 'HM',
    timestamp: '2026-06-21T11:39:50Z',
    grid_voltage: 230.4,
    grid_frequency: 50,
    temperature: 34.5,
    alarm_code: 0,
    alarm_text: 'no alarm',
    status: 'producing',
    status_text: 'working',
    pv_power: 1000,
    stale: false,
    retired: false,
    age_seconds: 10,
    ports,
    ...over,
    // What the page does not read is left out.
  } as Inverter
}

export function event(over: Partial<PlantEvent> = {}): PlantEvent {
  return {
    kind: 'dtu_outage',
    subject: 'house',
    inverter: null,
    dtu: 'house',
    started_at: '2026-06-21T10:00:00Z',
    ended_at: '2026-06-21T10:30:00Z',
    text: '192.168.1.50:502 refuses the connection',
    ...over,
  }
}
