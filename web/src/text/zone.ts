/** Instants in the plant's time zone. */

/** The local day of an instant. */
export function dayAt(instant: number, zone: string): string {
  const parts = partsAt(instant, zone)
  return `${parts.year}-${parts.month}-${parts.day}`
}

/** Hours and minutes since local midnight, by the clock on the wall. */
export function wallClock(instant: number, zone: string): { hour: number; minute: number } {
  const parts = partsAt(instant, zone)
  return { hour: Number(parts.hour), minute: Number(parts.minute) }
}

/**
 * The instants between two others at which the clock on the wall shows a full hour that `every`
 * divides. Right on the days of 23 and of 25 hours too.
 */
export function hourTicks(from: number, to: number, every: number, zone: string): number[] {
  const quarter = 15 * 60_000
  const ticks: number[] = []
  for (let at = Math.ceil(from / quarter) * quarter; at <= to; at += quarter) {
    const { hour, minute } = wallClock(at, zone)
    if (minute === 0 && hour % every === 0) ticks.push(at)
  }
  return ticks
}

/** Whether the clocks of two zones show different times at this instant. */
export function zonesDiffer(a: string, b: string, instant: number): boolean {
  const [one, other] = [partsAt(instant, a), partsAt(instant, b)]
  return JSON.stringify(one) !== JSON.stringify(other)
}

export function browserZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone
}

interface Parts {
  year: string
  month: string
  day: string
  hour: string
  minute: string
}

const formats = new Map<string, Intl.DateTimeFormat>()

function partsAt(instant: number, zone: string): Parts {
  let format = formats.get(zone)
  if (!format) {
    const options: Intl.DateTimeFormatOptions = {
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    }
    try {
      format = new Intl.DateTimeFormat('en-GB', { ...options, timeZone: zone })
    } catch {
      format = new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' })
    }
    formats.set(zone, format)
  }
  const parts = format.formatToParts(new Date(instant))
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? ''
  return {
    year: part('year'),
    month: part('month'),
    day: part('day'),
    hour: part('hour'),
    minute: part('minute'),
  }
}

/** The instant at which a local day begins; where midnight is skipped, the first instant after it. */
export function dayStart(day: string, zone: string): number {
  const utc = Date.parse(`${day}T00:00:00Z`)
  // Midnight lies within a day of midnight UTC; zones change by quarters of an hour.
  const quarter = 15 * 60_000
  let [low, high] = [utc - 24 * 3600_000, utc + 24 * 3600_000]
  while (high - low > quarter) {
    const middle = low + Math.floor((high - low) / 2 / quarter) * quarter
    if (dayAt(middle, zone) < day) low = middle
    else high = middle
  }
  return high
}
