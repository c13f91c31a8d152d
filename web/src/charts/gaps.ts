import type { Gap as Named } from '../api/types'

/** A time without readings; whose does not matter here. */
export type Gap = Omit<Named, 'dtu_name'>

/** Night is no fault: it is told apart from times of which nobody knows. */
export function isFault(gap: Pick<Gap, 'cause'>): boolean {
  return gap.cause !== 'asleep'
}

export interface Span<G extends Gap = Gap> {
  from: number
  to: number
  gaps: G[]
}

/** Gaps as spans within `[from, to)` that do not overlap, each with everything that caused it. */
export function spans<G extends Gap>(gaps: readonly G[], from: number, to: number): Span<G>[] {
  const clipped = gaps
    .map((gap) => ({
      gap,
      from: Math.max(Date.parse(gap.from), from),
      to: Math.min(Date.parse(gap.to), to),
    }))
    .filter((each) => each.from < each.to)
    .sort((a, b) => a.from - b.from)
  const joined: Span<G>[] = []
  for (const each of clipped) {
    const last = joined.at(-1)
    if (last && each.from <= last.to) {
      last.to = Math.max(last.to, each.to)
      last.gaps.push(each.gap)
    } else {
      joined.push({ from: each.from, to: each.to, gaps: [each.gap] })
    }
  }
  return joined
}

/** Those that keep this DTU from being read; all of them for the plant. */
export function gapsOf<G extends { dtu_name: string | null }>(gaps: readonly G[], dtu: string | null): G[] {
  return gaps.filter((gap) => dtu === null || gap.dtu_name === null || gap.dtu_name === dtu)
}

/** The gaps in which this instant lies. */
export function gapsAt<G extends Gap>(gaps: readonly G[], instant: number): G[] {
  return gaps.filter((gap) => Date.parse(gap.from) <= instant && instant < Date.parse(gap.to))
}

/** Share of `[from, to)` that no fault covers, 0 to 1. */
export function covered(gaps: readonly Gap[], from: number, to: number): number {
  if (to <= from) return 1
  const missing = spans(gaps.filter(isFault), from, to).reduce((sum, span) => sum + span.to - span.from, 0)
  return 1 - missing / (to - from)
}
