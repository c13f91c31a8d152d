import { describe, expect, it } from 'vitest'
import { byKey, periodOf, queryOf, rangeToAsk, slots } from './periods'

const TODAY = '2026-06-21'

describe('the period of the address', () => {
  it('is read back as it was written', () => {
    for (const period of [
      { kind: 'day', day: '2024-02-29' },
      { kind: 'month', month: '2026-05' },
      { kind: 'year', year: '2025' },
      { kind: 'all' },
    ] as const) {
      expect(periodOf(queryOf(period), TODAY)).toEqual(period)
    }
  })

  it('is this month when the address says nothing that exists', () => {
    for (const query of [{}, { day: '2026-02-30' }, { month: '2026-13' }, { year: 'x' }]) {
      expect(periodOf(query, TODAY)).toEqual({ kind: 'month', month: '2026-06' })
    }
  })
})

describe('bars', () => {
  it('are there for every day of a month, with the same day a year before', () => {
    const bars = slots({ kind: 'month', month: '2024-02' }, '2020', TODAY)
    expect(bars).toHaveLength(29)
    expect(bars.at(-1)).toEqual({ key: '2024-02-29', before: '2023-02-28' })
  })

  it('are there for every year since the first', () => {
    expect(slots({ kind: 'all' }, '2024', TODAY).map((bar) => bar.key)).toEqual(['2024', '2025', '2026'])
    expect(rangeToAsk({ kind: 'all' }, '2024', TODAY)).toEqual({ from: '2024-01-01', to: '2027-01-01', resolution: 'year' })
  })

  it('find their energy by the local date of the bridge', () => {
    const point = {
      start: '2026-06-21T00:00:00+02:00',
      end: '2026-06-22T00:00:00+02:00',
      energy_wh: 11_812,
      estimated_wh: 0,
      lifetime_wh: null,
      peak_w: null,
      peak_at: null,
      coverage: 1,
    }
    expect(byKey([point], 'day').get('2026-06-21')).toBe(point)
    expect(byKey([point], 'month').get('2026-06')).toBe(point)
  })
})
