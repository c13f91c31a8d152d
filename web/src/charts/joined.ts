import type { Gap } from '../api/types'
import { gapsAt, isFault } from './gaps'

/** Longer without a value is a gap, whether its cause is known or not. */
const LONGEST_MS = 20 * 60_000

/**
 * The values as they are drawn: a hole of a few polls between two known values, of which no outage
 * is known, is crossed in a straight line. It comes from polls that were lost, or from times when the
 * gateway was asked less often. Tables and files keep the hole.
 */
export function joined(
  values: readonly (number | null)[],
  from: number,
  stepMs: number,
  gaps: readonly Gap[],
): (number | null)[] {
  const faults = gaps.filter(isFault)
  const drawn = [...values]
  let known = -1
  values.forEach((value, i) => {
    if (value === null) return
    const start = values[known]
    const hole = i - known - 1
    if (start !== undefined && start !== null && hole > 0 && hole * stepMs <= LONGEST_MS) {
      const middle = from + ((known + i + 1) / 2) * stepMs
      if (gapsAt(faults, middle).length === 0) {
        for (let k = 1; k <= hole; k++) drawn[known + k] = start + ((value - start) * k) / (hole + 1)
      }
    }
    known = i
  })
  return drawn
}
