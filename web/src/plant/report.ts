import type { Dtu, Health, Info, Inverter, Plant, Stats } from '../api/types'

/** Everything that helps somebody else to help, without what says who and where the owner is. */
export interface ReportSources {
  info: Info | null
  plant: Plant | null
  dtus: readonly Dtu[]
  inverters: readonly Inverter[]
  stats: Stats | null
  health: Health | null
  browser: string
}

/** A text to paste into an issue. Serial numbers keep their family only; addresses are left out. */
export function report(of: ReportSources): string {
  const secrets = new Map<string, string>()
  of.inverters.forEach((each) => secrets.set(each.serial_number, maskSerial(each.serial_number)))
  of.dtus.forEach((dtu, i) => {
    secrets.set(dtu.address, `<address ${i + 1}>`)
    const host = dtu.address.replace(/:\d+$/, '')
    secrets.set(host, `<host ${i + 1}>`)
    secrets.set(dtu.name, `<dtu ${i + 1}>`)
    if (dtu.serial_number) secrets.set(dtu.serial_number, maskSerial(dtu.serial_number))
  })
  const shown = {
    info: of.info && { ...of.info, instance_id: '<hidden>', time_zone: of.info.time_zone },
    plant: of.plant,
    dtus: of.dtus,
    inverters: of.inverters.map(({ ports, ...inverter }) => ({
      ...inverter,
      ports: ports.map(({ name: _, ...port }) => port),
    })),
    stats: of.stats,
    health: of.health && { status: of.health.status, reasons: of.health.reasons, database: of.health.database },
    browser: of.browser,
  }
  return mask(JSON.stringify(shown, null, 2), secrets)
}

export function maskSerial(serial: string): string {
  return serial.slice(0, 4) + '*'.repeat(Math.max(0, serial.length - 4))
}

/** The longest first, so that no secret hides within another one's rest. */
function mask(text: string, secrets: ReadonlyMap<string, string>): string {
  const order = [...secrets.entries()].filter(([secret]) => secret).sort((a, b) => b[0].length - a[0].length)
  let masked = text
  for (const [secret, shown] of order) {
    masked = masked.replaceAll(JSON.stringify(secret).slice(1, -1), shown)
  }
  // Addresses in sentences that no field names.
  return masked.replace(/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, '<address>')
}
