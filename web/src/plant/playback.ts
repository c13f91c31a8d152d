import type { Power } from '../api/types'
import { gapsOf } from '../charts/gaps'
import { joined } from '../charts/joined'
import { median, panelKey } from './panels'

/** A day of every panel, in frames of equal length. */
export interface DayFilm {
  from: number
  to: number
  frameMs: number
  frames: number
  /** Per panel and frame: mean power in W; null where nobody knows. */
  power: Map<string, (number | null)[]>
  /** Per panel and frame: energy since midnight in Wh at the end of the frame. */
  energy: Map<string, (number | null)[]>
  /** Per frame: what the middle panel delivers, W. */
  typical: number[]
}

/**
 * Frames from the power of a day.
 *
 * @param dayWh The accounted energy of the day per panel. The curve tells when energy came, the
 *   accounts how much: the last frame shows exactly the account, also on a day with gaps.
 */
export function film(day: Power, dayWh: ReadonlyMap<string, number>): DayFilm {
  const power = new Map<string, (number | null)[]>()
  const energy = new Map<string, (number | null)[]>()
  let frames = 0
  for (const series of day.series) {
    if (series.serial_number === null || series.port_number === null) continue
    const key = panelKey(series.serial_number, series.port_number)
    const gaps = gapsOf(day.gaps, series.dtu_name)
    const values = joined(series.values, Date.parse(day.from), day.bucket_seconds * 1000, gaps)
    power.set(key, values)
    energy.set(key, accumulate(values, day.bucket_seconds, dayWh.get(key) ?? null))
    frames = Math.max(frames, series.values.length)
  }
  const typical = Array.from({ length: frames }, (_, frame) => {
    const values = [...power.values()].flatMap((of) => of[frame] ?? [])
    return median(values) ?? 0
  })
  return {
    from: Date.parse(day.from),
    to: Date.parse(day.to),
    frameMs: day.bucket_seconds * 1000,
    frames,
    power,
    energy,
    typical,
  }
}

function accumulate(
  values: readonly (number | null)[],
  bucketSeconds: number,
  total: number | null,
): (number | null)[] {
  let sum = 0
  const sums = values.map((watts) => (sum += ((watts ?? 0) * bucketSeconds) / 3600))
  if (total === null) return sums.map((wh, i) => (values[i] === null && wh === 0 ? null : wh))
  if (sum <= 0) return sums.map(() => total)
  return sums.map((wh) => (wh / sum) * total)
}

/** The frame that shows this instant. */
export function frameAt(of: Pick<DayFilm, 'from' | 'frameMs' | 'frames'>, instant: number): number {
  const frame = Math.floor((instant - of.from) / of.frameMs)
  return Math.min(Math.max(frame, 0), Math.max(of.frames - 1, 0))
}

/** First and last frame in which a panel delivers something: what is worth watching. */
export function daylight(of: DayFilm): { first: number; last: number } {
  let [first, last] = [of.frames, -1]
  for (const values of of.power.values()) {
    const begin = values.findIndex((watts) => (watts ?? 0) > 0)
    if (begin < 0) continue
    first = Math.min(first, begin)
    last = Math.max(last, values.findLastIndex((watts) => (watts ?? 0) > 0))
  }
  return last < 0 ? { first: 0, last: Math.max(of.frames - 1, 0) } : { first, last }
}
