import { describe, expect, it } from 'vitest'
import { dayAt, dayStart, hourTicks, zonesDiffer } from './zone'

const BERLIN = 'Europe/Berlin'
const iso = (ms: number) => new Date(ms).toISOString()

describe('the days of 23 and of 25 hours', () => {
  it('begin at their midnight', () => {
    expect(iso(dayStart('2026-03-29', BERLIN))).toBe('2026-03-28T23:00:00.000Z')
    expect(iso(dayStart('2026-03-30', BERLIN))).toBe('2026-03-29T22:00:00.000Z')
    expect(iso(dayStart('2026-10-26', BERLIN))).toBe('2026-10-25T23:00:00.000Z')
  })

  it('have their ticks at the hours of the clock on the wall', () => {
    const [from, to] = [dayStart('2026-10-25', BERLIN), dayStart('2026-10-26', BERLIN)]
    expect((to - from) / 3600_000).toBe(25)
    expect(hourTicks(from, to, 6, BERLIN).map((at) => iso(at).slice(11, 16))).toEqual(['22:00', '05:00', '11:00', '17:00', '23:00'])
  })
})

it('zones with quarters of an hour, and far ones', () => {
  expect(iso(dayStart('2026-06-21', 'Asia/Kathmandu'))).toBe('2026-06-20T18:15:00.000Z')
  expect(iso(dayStart('2026-06-21', 'Pacific/Kiritimati'))).toBe('2026-06-20T10:00:00.000Z')
  expect(iso(dayStart('2026-06-21', 'Pacific/Honolulu'))).toBe('2026-06-21T10:00:00.000Z')
})

it('a day whose midnight is skipped begins after it', () => {
  // Paraguay went from 23:59 to 01:00 on 1 October 2023.
  expect(iso(dayStart('2023-10-01', 'America/Asuncion'))).toBe('2023-10-01T04:00:00.000Z')
})

it('the local day of an instant', () => {
  expect(dayAt(Date.parse('2026-06-20T22:30:00Z'), BERLIN)).toBe('2026-06-21')
})

it('zones differ when their clocks do', () => {
  const now = Date.parse('2026-06-21T12:00:00Z')
  expect(zonesDiffer(BERLIN, 'Europe/Paris', now)).toBe(false)
  expect(zonesDiffer(BERLIN, 'Europe/London', now)).toBe(true)
})
