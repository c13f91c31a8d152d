/**
 * Numbers and times as a person of this locale writes them.
 *
 * A quantity that is not known is an en dash, never 0.
 */
export const UNKNOWN = '–'

/** No line break between a number and its unit. */
const NBSP = '\u00a0'

export interface Formats {
  power(watts: number | null | undefined): string
  energy(wattHours: number | null | undefined): string
  /** The same for the marks of an axis: 3 kW, not 3.00 kW. */
  powerMark(watts: number): string
  energyMark(wattHours: number): string
  number(value: number | null | undefined, digits?: number): string
  percent(share: number | null | undefined, digits?: number): string
  voltage(volts: number | null | undefined): string
  bytes(bytes: number | null | undefined): string
  seconds(seconds: number | null | undefined): string
  /** 17:12, in the plant's zone. */
  time(instant: string | number | null | undefined): string
  /** 17:12:05, in the plant's zone. */
  clock(instant: string | number | null | undefined): string
  /** 21 Jun 2026, 17:12, in the plant's zone. */
  dateTime(instant: string | number | null | undefined): string
  /** Sunday, 21 June 2026, of a local day such as 2026-06-21. */
  day(day: string): string
  /** 21 Jun 2026 */
  dayShort(day: string): string
  /** June 2026, of 2026-06 */
  month(month: string): string
  /** Jun, of 2026-06 */
  monthShort(month: string): string
  /** Su */
  weekday(day: string): string
  /** "12 seconds ago", "in 3 minutes" */
  ago(seconds: number | null | undefined): string
  /** "2 h 5 min" */
  duration(seconds: number | null | undefined): string
}

/** @param zone IANA name of the plant's zone, in which all instants are shown. */
export function formats(locale: string, zone: string): Formats {
  const known = safeZone(zone)
  const digits = memo(
    (n: string) =>
      new Intl.NumberFormat(locale, { minimumFractionDigits: Number(n), maximumFractionDigits: Number(n) }),
  )
  const instant = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { timeZone: known, hourCycle: 'h23', ...options })
  const civil = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { timeZone: 'UTC', ...options })
  const time = instant({ hour: '2-digit', minute: '2-digit' })
  const clock = instant({ hour: '2-digit', minute: '2-digit', second: '2-digit' })
  const dateTime = instant({ dateStyle: 'medium', timeStyle: 'short' })
  const day = civil({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
  const dayShort = civil({ dateStyle: 'medium' })
  const month = civil({ month: 'long', year: 'numeric' })
  const monthShort = civil({ month: 'short' })
  const weekday = civil({ weekday: 'short' })
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'always', style: 'long' })

  const short = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 })
  const mark = (value: number) => short.format(value)
  const number = (value: number | null | undefined, n = 0) =>
    isKnown(value) ? digits(String(n)).format(value) : UNKNOWN
  const at = (format: Intl.DateTimeFormat) => (value: string | number | null | undefined) =>
    value === null || value === undefined ? UNKNOWN : format.format(new Date(value))
  const of = (format: Intl.DateTimeFormat) => (value: string) => format.format(civilDate(value))

  return {
    number,
    power: (watts) => scaled(watts, number, ['W', 'kW', 'MW']),
    energy: (wattHours) => scaled(wattHours, number, ['Wh', 'kWh', 'MWh']),
    powerMark: (watts) => scaled(watts, mark, ['W', 'kW', 'MW']),
    energyMark: (wattHours) => scaled(wattHours, mark, ['Wh', 'kWh', 'MWh']),
    percent: (share, n = 0) => (isKnown(share) ? number(share * 100, n) + NBSP + '%' : UNKNOWN),
    voltage: (volts) => (isKnown(volts) ? number(volts, 1) + NBSP + 'V' : UNKNOWN),
    bytes: (bytes) => scaled(bytes, number, ['B', 'kB', 'MB', 'GB', 'TB']),
    seconds: (seconds) =>
      !isKnown(seconds)
        ? UNKNOWN
        : seconds < 1
          ? number(seconds * 1000) + NBSP + 'ms'
          : number(seconds, seconds < 10 ? 1 : 0) + NBSP + 's',
    time: at(time),
    clock: at(clock),
    dateTime: at(dateTime),
    day: of(day),
    dayShort: of(dayShort),
    month: (value) => month.format(civilDate(`${value}-01`)),
    monthShort: (value) => monthShort.format(civilDate(`${value}-01`)),
    weekday: of(weekday),
    ago: (seconds) => {
      if (!isKnown(seconds)) return UNKNOWN
      const [amount, unit] = coarse(Math.max(0, seconds))
      return relative.format(-amount, unit)
    },
    duration: (seconds) => {
      if (!isKnown(seconds)) return UNKNOWN
      const whole = Math.max(0, Math.round(seconds))
      const [d, h, m, s] = [
        Math.floor(whole / 86_400),
        Math.floor((whole % 86_400) / 3600),
        Math.floor((whole % 3600) / 60),
        whole % 60,
      ]
      if (d > 0) return `${number(d)}${NBSP}d${h ? ` ${h}${NBSP}h` : ''}`
      if (h > 0) return `${h}${NBSP}h${m ? ` ${m}${NBSP}min` : ''}`
      if (m > 0) return `${m}${NBSP}min`
      return `${s}${NBSP}s`
    },
  }
}

export function isKnown(value: number | null | undefined): value is number {
  return value !== null && value !== undefined && Number.isFinite(value)
}

/** Three figures at most behind the leading one: 345 W, 3.42 kW, 11.8 kWh, 1,234 kWh. */
function scaled(
  value: number | null | undefined,
  number: (value: number, digits: number) => string,
  units: string[],
): string {
  if (!isKnown(value)) return UNKNOWN
  let rank = 0
  let size = value
  // Rounding must not make 1000 W of 999.6 W: compare what will be shown.
  while (rank < units.length - 1 && Math.abs(Math.round(size)) >= 1000) {
    size /= 1000
    rank += 1
  }
  // Megawatt-hours hide what a day adds, so kWh are kept up to five figures.
  if (rank === 2 && units[1] === 'kWh' && Math.abs(size) < 100) {
    size *= 1000
    rank = 1
  }
  const magnitude = Math.abs(size)
  const places = rank === 0 || magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : 2
  return number(size, places) + NBSP + units[rank]
}

function coarse(seconds: number): [number, Intl.RelativeTimeFormatUnit] {
  if (seconds < 90) return [Math.round(seconds), 'second']
  if (seconds < 90 * 60) return [Math.round(seconds / 60), 'minute']
  if (seconds < 36 * 3600) return [Math.round(seconds / 3600), 'hour']
  return [Math.round(seconds / 86_400), 'day']
}

function memo<T>(make: (key: string) => T): (key: string) => T {
  const made = new Map<string, T>()
  return (key) => {
    let value = made.get(key)
    if (value === undefined) made.set(key, (value = make(key)))
    return value
  }
}

/** A local day as midnight UTC, which is how the civil formats above read it. */
function civilDate(day: string): Date {
  return new Date(`${day}T00:00:00Z`)
}

/** A zone that this browser does not know is shown in UTC rather than not at all. */
function safeZone(zone: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return zone
  } catch {
    return 'UTC'
  }
}
