export type DtuPhase = 'starting' | 'online' | 'failing' | 'standby'
export type PlantState = 'starting' | 'producing' | 'idle' | 'asleep' | 'offline'

export interface Info {
  instance_id: string | null
  name: string
  version: string
  api_version: number
  time_zone: string
  demo: boolean
  start_time: string
  dtus: { name: string; protocol: string; poll_interval_seconds: number }[]
  capabilities: string[]
  authentication: 'none' | 'token'
}

export interface Plant {
  time: string
  day: string
  time_zone: string
  state: PlantState
  power_w: number | null
  energy_today_wh: number | null
  energy_month_wh: number | null
  energy_year_wh: number | null
  energy_lifetime_wh: number | null
  peak_today_w: number | null
  peak_today_at: string | null
  inverters: { known: number; reporting: number; asleep: number }
  panels: { known: number; reporting: number }
  asleep_since: string | null
  first_light_about: string | null
  last_reading_at: string | null
  age_seconds: number | null
  verdict: { status: 'ok' | 'degraded' | 'failed'; reasons: string[] }
}

export interface Dtu {
  name: string
  protocol: string
  address: string
  serial_number: string | null
  model: string | null
  firmware: string | null
  phase: DtuPhase
  status_text: string
  last_success: string | null
  last_failure: { at: string; kind: string; text: string } | null
  poll_interval_seconds: number
  response_seconds: number | null
  requests_per_poll: number | null
  query_count: number
  error_count: number
  error_rate: number
  breaker: 'closed' | 'open' | 'half-open'
  dialect: string | null
  repaired_answers: number
  power_w: number | null
  energy_today_wh: number | null
  energy_lifetime_wh: number | null
  inverters: { known: number; reporting: number; asleep: number }
  stale: boolean
  age_seconds: number | null
  unconfirmed: string[]
  not_reported: { serial_number: string; port_number: number }[]
}

export interface Port {
  serial_number: string
  port_number: number
  name?: string | null
  timestamp: string
  pv_voltage: number | null
  pv_current: number | null
  pv_power: number | null
  today_production: number | null
  total_production: number | null
  stale: boolean
}

export interface Inverter {
  serial_number: string
  dtu_name: string
  first_seen: string
  last_seen: string
  inverter_type: string | null
  timestamp: string | null
  grid_voltage: number | null
  grid_frequency: number | null
  temperature: number | null
  alarm_code: number | null
  alarm_text: string | null
  status: string | null
  status_text: string | null
  pv_power: number | null
  stale: boolean
  retired?: boolean
  age_seconds: number
  ports: Port[]
}

export interface SeriesOf {
  dtu_name: string | null
  serial_number: string | null
  port_number: number | null
}

export interface EnergyPoint {
  start: string
  end: string
  energy_wh: number
  estimated_wh: number
  lifetime_wh: number | null
  peak_w: number | null
  peak_at: string | null
  coverage: number | null
}

export interface Energy {
  time_zone: string
  resolution: 'hour' | 'day' | 'month' | 'year'
  by: By
  from: string
  to: string
  series: (SeriesOf & { points: EnergyPoint[] })[]
}

export type By = 'plant' | 'dtu' | 'inverter' | 'port'

export interface Gap {
  from: string
  to: string
  cause: string
  text: string
  dtu_name: string | null
}

export interface Power {
  time_zone: string
  from: string
  to: string
  bucket_seconds: number
  by: By
  quantity: 'power' | 'voltage'
  unit: 'W' | 'V'
  series: (SeriesOf & { values: (number | null)[] })[]
  gaps: Gap[]
}

export interface PlantEvent {
  kind: string
  subject: string
  inverter: string | null
  dtu: string | null
  started_at: string
  ended_at: string | null
  text: string
}

export interface Coverage {
  dtu_name: string
  day: string
  polls: number
  expected: number
  share: number
  complete: boolean
  gaps: { from: string; to: string; cause: string; text: string }[]
}

export interface PanelPlace {
  serial_number: string
  port_number: number
  x: number
  y: number
  rotation: number
  roof: string | null
}

export interface Layout {
  panels: PanelPlace[]
  roofs: { name: string; azimuth: number | null; tilt: number | null }[]
}

export interface Stats {
  database_type: string
  database_size_bytes: number
  inverter_data_entries: number
  port_data_entries: number
  total_records: number
  inverters_count: number
  oldest_reading: string | null
  newest_reading: string | null
  outbox_depth: number
  outbox_oldest: string | null
  outbox_bytes: number
  readings_stored: number
  readings_rejected: number
  readings_lost: number
}

export interface Health {
  healthy: boolean
  status: string
  reasons: string[]
  uptime_seconds: number
  start_time: string
  version: string
  database: {
    type: string
    status: string
    outbox_depth: number
    outbox_oldest_seconds: number | null
    outbox_bytes: number
    last_error: string | null
    last_error_time: string | null
  }
}

export interface Problem {
  type: string
  title: string
  status: number
  detail?: string
  instance?: string
}
