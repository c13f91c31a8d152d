/** Arithmetic on local days (`2026-06-21`), months (`2026-06`) and years, without any time zone. */

export type Day = string

const DAY = /^\d{4}-\d{2}-\d{2}$/

/** Whether this is a day of the calendar. */
export function isDay(text: unknown): text is Day {
  return typeof text === 'string' && DAY.test(text) && toDay(fromDay(text)) === text
}

export function isMonth(text: unknown): text is string {
  return typeof text === 'string' && /^\d{4}-(0[1-9]|1[0-2])$/.test(text)
}

export function isYear(text: unknown): text is string {
  return typeof text === 'string' && /^\d{4}$/.test(text)
}

export function addDays(day: Day, days: number): Day {
  return toDay(fromDay(day) + days * 86_400_000)
}

export function addMonths(month: string, months: number): string {
  const [year, number] = month.split('-').map(Number) as [number, number]
  const index = year * 12 + number - 1 + months
  return `${pad(Math.floor(index / 12), 4)}-${pad((index % 12) + 1)}`
}

export function monthOf(day: Day): string {
  return day.slice(0, 7)
}

export function yearOf(day: Day): string {
  return day.slice(0, 4)
}

/** From the first day of a month or year to the first day after it. */
export function rangeOf(period: string): { from: Day; to: Day } {
  if (isMonth(period)) return { from: `${period}-01`, to: `${addMonths(period, 1)}-01` }
  const year = Number(period)
  return { from: `${pad(year, 4)}-01-01`, to: `${pad(year + 1, 4)}-01-01` }
}

/** Every day from `from` up to, not including, `to`. */
export function daysBetween(from: Day, to: Day): Day[] {
  const days: Day[] = []
  for (let day = from; day < to; day = addDays(day, 1)) days.push(day)
  return days
}

/** Monday is 0. */
export function weekdayOf(day: Day): number {
  return (new Date(fromDay(day)).getUTCDay() + 6) % 7
}

/** The same day a year before; 29 February has none and becomes the 28th. */
export function yearBefore(day: Day): Day {
  const candidate = `${pad(Number(day.slice(0, 4)) - 1, 4)}${day.slice(4)}`
  const exists: boolean = isDay(candidate)
  return exists ? candidate : `${candidate.slice(0, 8)}28`
}

function fromDay(day: Day): number {
  return Date.parse(`${day}T00:00:00Z`)
}

function toDay(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString().slice(0, 10) : ''
}

function pad(value: number, width = 2): string {
  return String(value).padStart(width, '0')
}
