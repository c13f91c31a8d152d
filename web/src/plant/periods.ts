import type { Resolution } from '../api/client'
import type { EnergyPoint } from '../api/types'
import { addMonths, daysBetween, isDay, isMonth, isYear, monthOf, rangeOf, yearBefore, yearOf } from '../text/day'

/** What the history shows: one day, the days of a month, the months of a year, or all years. */
export type Period =
  | { kind: 'day'; day: string }
  | { kind: 'month'; month: string }
  | { kind: 'year'; year: string }
  | { kind: 'all' }

/** From the address: `?day=2026-06-21`, `?month=2026-06`, `?year=2026`, `?all`. */
export function periodOf(query: Record<string, unknown>, today: string): Period {
  const { day, month, year } = query
  if (isDay(day)) return { kind: 'day', day }
  if (isMonth(month)) return { kind: 'month', month }
  if (isYear(year)) return { kind: 'year', year }
  if ('all' in query) return { kind: 'all' }
  return { kind: 'month', month: monthOf(today) }
}

export function queryOf(period: Period): Record<string, string | null> {
  switch (period.kind) {
    case 'day':
      return { day: period.day }
    case 'month':
      return { month: period.month }
    case 'year':
      return { year: period.year }
    case 'all':
      return { all: null }
  }
}

/** One bar: its key, `2026-06-21`, `2026-06` or `2026`, and that of the same time a year before. */
export interface Slot {
  key: string
  before: string | null
}

/** The bars of a period, also those without any reading. */
export function slots(period: Exclude<Period, { kind: 'day' }>, firstYear: string, today: string): Slot[] {
  switch (period.kind) {
    case 'month': {
      const { from, to } = rangeOf(period.month)
      return daysBetween(from, to).map((key) => ({ key, before: yearBefore(key) }))
    }
    case 'year':
      return Array.from({ length: 12 }, (_, i) => {
        const key = addMonths(`${period.year}-01`, i)
        return { key, before: addMonths(key, -12) }
      })
    case 'all': {
      const first = Math.min(Number(firstYear), Number(yearOf(today)))
      const count = Number(yearOf(today)) - first + 1
      return Array.from({ length: count }, (_, i) => ({ key: String(first + i), before: null }))
    }
  }
}

/** Local days to ask for, and how finely. */
export function rangeToAsk(
  period: Exclude<Period, { kind: 'day' }>,
  firstYear: string,
  today: string,
): { from: string; to: string; resolution: Resolution } {
  switch (period.kind) {
    case 'month':
      return { ...rangeOf(period.month), resolution: 'day' }
    case 'year':
      return { ...rangeOf(period.year), resolution: 'month' }
    case 'all':
      return { from: rangeOf(firstYear).from, to: rangeOf(yearOf(today)).to, resolution: 'year' }
  }
}

/** The points of one series by the key of their slot. The times of the bridge carry the local date. */
export function byKey(points: readonly EnergyPoint[], resolution: Resolution): Map<string, EnergyPoint> {
  const length = { hour: 13, day: 10, month: 7, year: 4 }[resolution]
  return new Map(points.map((point) => [point.start.slice(0, length), point]))
}
