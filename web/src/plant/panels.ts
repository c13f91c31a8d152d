import type { Inverter, Port } from '../api/types'

/** One panel: the module on a port. */
export interface Panel {
  key: string
  serial: string
  port: number
  dtu: string
  /** Given by the owner, else null. */
  name: string | null
  /** Position of its inverter among all, from 1; used to name a panel nobody has named. */
  inverterNumber: number
  power: number | null
  voltage: number | null
  todayWh: number | null
  condition: Condition
}

/** `dead`: 0 W while its peers produce. `silent`: nobody reports it, so nobody knows. */
export type Condition = 'producing' | 'idle' | 'dead' | 'asleep' | 'silent'

/** A panel that delivers less than this share of its peers' median delivers nothing. */
const NOTHING_SHARE = 0.02
/** Below this median, in W, there is too little sun to blame a panel. */
const ENOUGH_SUN_W = 25
/** An inverter in the shade of the evening sleeps before the others; in full sun none does. */
const FULL_SUN_W = 80

export function panelKey(serial: string, port: number): string {
  return `${serial}/${port}`
}

/** Every panel of inverters in use, in the order of serial and port, with what is up with it. */
export function panelsOf(inverters: readonly Inverter[]): Panel[] {
  const used = inverters.filter((inverter) => !inverter.retired)
  const awake = used.filter((inverter) => !inverter.stale && inverter.status !== 'asleep')
  const powers = awake.flatMap((inverter) =>
    inverter.ports.filter((port) => !port.stale).flatMap((port) => port.pv_power ?? []),
  )
  const typical = median(powers) ?? 0
  return used.flatMap((inverter, index) =>
    inverter.ports.map((port) => ({
      key: panelKey(port.serial_number, port.port_number),
      serial: port.serial_number,
      port: port.port_number,
      dtu: inverter.dtu_name,
      name: port.name ?? null,
      inverterNumber: index + 1,
      power: inverter.stale || port.stale ? null : port.pv_power,
      voltage: inverter.stale || port.stale ? null : port.pv_voltage,
      todayWh: port.today_production,
      condition: conditionOf(inverter, port, typical),
    })),
  )
}

function conditionOf(inverter: Inverter, port: Port, typical: number): Condition {
  if (inverter.stale || port.stale || port.pv_power === null) return 'silent'
  if (inverter.status === 'asleep') {
    return typical > FULL_SUN_W ? 'dead' : 'asleep'
  }
  return conditionOfPower(port.pv_power, typical)
}

/** What a power tells of a panel whose peers deliver `typical` W. */
export function conditionOfPower(power: number | null, typical: number): Condition {
  if (power === null) return 'silent'
  if (typical > ENOUGH_SUN_W && power <= typical * NOTHING_SHARE) return 'dead'
  return power > 0 ? 'producing' : 'idle'
}

export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] as number
  return sorted.length % 2 ? upper : ((sorted[middle - 1] as number) + upper) / 2
}

/** What a panel is called: by its owner, or by inverter and port, `3.2`. */
export function panelLabel(panel: Pick<Panel, 'name' | 'inverterNumber' | 'port'>): string {
  return panel.name ?? `${panel.inverterNumber}.${panel.port}`
}
