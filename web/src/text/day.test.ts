import { expect, it } from 'vitest'
import { addDays, addMonths, daysBetween, isDay, rangeOf, weekdayOf, yearBefore } from './day'

it('days of the calendar', () => {
  expect(['2026-06-21', '2024-02-29', '2026-02-29', '2026-6-1', '', undefined].map(isDay)).toEqual([
    true, true, false, false, false, false,
  ])
})

it('arithmetic crosses months, years and the changes of the clock', () => {
  expect([addDays('2026-03-28', 2), addDays('2026-01-01', -1), addDays('2024-02-28', 1)]).toEqual([
    '2026-03-30', '2025-12-31', '2024-02-29',
  ])
  expect([addMonths('2026-01', -1), addMonths('2026-11', 3), addMonths('2026-06', -12)]).toEqual([
    '2025-12', '2027-02', '2025-06',
  ])
})

it('ranges', () => {
  expect(rangeOf('2026-12')).toEqual({ from: '2026-12-01', to: '2027-01-01' })
  expect(rangeOf('2026')).toEqual({ from: '2026-01-01', to: '2027-01-01' })
  expect(daysBetween('2026-02-27', '2026-03-02')).toEqual(['2026-02-27', '2026-02-28', '2026-03-01'])
})

it('weeks begin on Monday', () => {
  expect([weekdayOf('2026-06-22'), weekdayOf('2026-06-21')]).toEqual([0, 6])
})

it('a year before a leap day is the 28th', () => {
  expect([yearBefore('2024-02-29'), yearBefore('2026-06-21')]).toEqual(['2023-02-28', '2025-06-21'])
})
