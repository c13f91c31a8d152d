import type { Resolution } from '../api/client'
import type { Coverage } from '../api/types'
import { isFault } from '../charts/gaps'

/** What kept readings from being taken in a period. */
export interface Missing {
  /** The longest time that a DTU was not read, s. */
  seconds: number
  /** Words of the causes. */
  causes: string[]
  /** Whether it is so much that a bar should show it at first sight: two hours of a month are not. */
  notable: boolean
}

/** Shorter is nothing that a bar of a day could show. */
const LEAST_S = 10 * 60
/** A share of the period above which a bar of it shows that something is missing. */
const NOTABLE_SHARE = 0.005

/** Sums up coverage by day, month or year; only what is worth a mark. */
export function missingBy(
  coverage: readonly Coverage[],
  resolution: Resolution,
): Map<string, Missing> {
  const length = { hour: 10, day: 10, month: 7, year: 4 }[resolution]
  const byDtu = new Map<string, Map<string, Omit<Missing, 'notable'>>>()
  const days = new Map<string, Set<string>>()
  for (const day of coverage) {
    const key = day.day.slice(0, length)
    days.set(key, (days.get(key) ?? new Set()).add(day.day))
    const dtus = byDtu.get(key) ?? new Map<string, Omit<Missing, 'notable'>>()
    byDtu.set(key, dtus)
    const of = dtus.get(day.dtu_name) ?? { seconds: 0, causes: [] }
    dtus.set(day.dtu_name, of)
    for (const gap of day.gaps.filter(isFault)) {
      of.seconds += (Date.parse(gap.to) - Date.parse(gap.from)) / 1000
      if (!of.causes.includes(gap.cause)) of.causes.push(gap.cause)
    }
  }
  const worst = [...byDtu].map(([key, dtus]): [string, Missing] => {
    const all = [...dtus.values()]
    const seconds = Math.max(...all.map((each) => each.seconds))
    return [
      key,
      {
        seconds,
        causes: [...new Set(all.flatMap((each) => each.causes))],
        notable: seconds >= NOTABLE_SHARE * (days.get(key)?.size ?? 0) * 86_400,
      },
    ]
  })
  return new Map(worst.filter(([, each]) => each.seconds >= LEAST_S))
}
