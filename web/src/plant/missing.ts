import type { Resolution } from '../api/client'
import type { Coverage } from '../api/types'

/** What kept readings from being taken in a period. */
export interface Missing {
  /** The longest time that a DTU was not read, s. */
  seconds: number
  /** Words of the causes. */
  causes: string[]
}

/** Shorter is nothing that a bar of a day could show. */
const LEAST_S = 10 * 60

/** Sums up coverage by day, month or year; only what is worth a mark. */
export function missingBy(
  coverage: readonly Coverage[],
  resolution: Resolution,
): Map<string, Missing> {
  const length = { hour: 10, day: 10, month: 7, year: 4 }[resolution]
  const byDtu = new Map<string, Map<string, Missing>>()
  for (const day of coverage) {
    if (day.gaps.length === 0) continue
    const key = day.day.slice(0, length)
    const dtus = byDtu.get(key) ?? new Map<string, Missing>()
    byDtu.set(key, dtus)
    const of = dtus.get(day.dtu_name) ?? { seconds: 0, causes: [] }
    dtus.set(day.dtu_name, of)
    for (const gap of day.gaps) {
      of.seconds += (Date.parse(gap.to) - Date.parse(gap.from)) / 1000
      if (!of.causes.includes(gap.cause)) of.causes.push(gap.cause)
    }
  }
  const worst = [...byDtu].map(([key, dtus]): [string, Missing] => {
    const all = [...dtus.values()]
    return [
      key,
      {
        seconds: Math.max(...all.map((each) => each.seconds)),
        causes: [...new Set(all.flatMap((each) => each.causes))],
      },
    ]
  })
  return new Map(worst.filter(([, each]) => each.seconds >= LEAST_S))
}
