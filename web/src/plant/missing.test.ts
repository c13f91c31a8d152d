import { expect, it } from 'vitest'
import type { Coverage } from '../api/types'
import { missingBy } from './missing'

function day(dtu_name: string, of: string, ...gaps: [string, string, string][]): Coverage {
  return {
    dtu_name,
    day: of,
    polls: 1,
    expected: 1,
    share: 1,
    complete: true,
    gaps: gaps.map(([from, to, cause]) => ({ from: `${of}T${from}:00Z`, to: `${of}T${to}:00Z`, cause, text: '' })),
  }
}

const days = [
  day('house', '2026-06-20', ['11:00', '12:00', 'dtu_outage'], ['14:00', '14:30', 'bridge_down']),
  day('barn', '2026-06-20', ['14:00', '14:30', 'bridge_down']),
  day('house', '2026-06-21', ['10:00', '10:02', 'dtu_outage']),
]

it('a day is marked with the worst of its gateways and every cause', () => {
  expect(Object.fromEntries(missingBy(days, 'day'))).toEqual({
    '2026-06-20': { seconds: 5400, causes: ['dtu_outage', 'bridge_down'], notable: true },
  })
})

it('a month sums up its days', () => {
  expect(missingBy(days, 'month').get('2026-06')?.seconds).toBe(5520)
})

it('two hours of a month are told, and not shown at first sight', () => {
  const whole = Array.from({ length: 30 }, (_, i) => day('house', `2026-06-${String(i + 1).padStart(2, '0')}`))
  const month = missingBy([...whole, day('house', '2026-06-20', ['11:00', '13:00', 'dtu_outage'])], 'month')
  expect(month.get('2026-06')).toEqual({ seconds: 7200, causes: ['dtu_outage'], notable: false })
})

it('a gateway that sleeps at night misses nothing', () => {
  expect(missingBy([day('house', '2026-06-20', ['00:00', '03:00', 'asleep'])], 'day').size).toBe(0)
})
