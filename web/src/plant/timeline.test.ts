import { describe, expect, it } from 'vitest'
import { event, inverter, port } from './fixtures'
import { lanes, shares } from './timeline'

const A = '112100000001'
const at = (time: string) => Date.parse(`2026-06-21T${time}:00Z`)
const one = [inverter(A, [port(A, 1)])]

describe('the timeline of an inverter', () => {
  it('lays what happened upon a ground of producing', () => {
    const events = [
      event(),
      event({ kind: 'sleep', subject: A, inverter: A, dtu: null, started_at: '2026-06-20T20:00:00Z', ended_at: '2026-06-21T03:00:00Z' }),
    ]
    const [lane] = lanes(one, events, at('00:00'), at('12:00'))
    expect(lane?.segments.map((each) => each.state)).toEqual(['producing', 'asleep', 'unreachable'])
    const hours = Object.entries(shares(lane!)).map(([state, ms]) => [state, ms / 3600_000])
    expect(Object.fromEntries(hours)).toEqual({ producing: 8.5, asleep: 3, alarm: 0, unreachable: 0.5, unknown: 0 })
  })

  it('what lasts, lasts to the end of the range', () => {
    const [lane] = lanes(one, [event({ ended_at: null })], at('09:00'), at('12:00'))
    expect(shares(lane!).unreachable).toBe(2 * 3600_000)
  })

  it('takes no part in what happens to others', () => {
    const others = [event({ dtu: 'barn' }), event({ kind: 'alarm', inverter: 'other' }), event({ kind: 'counter_correction' })]
    expect(lanes(one, others, at('00:00'), at('12:00'))[0]?.segments).toHaveLength(1)
  })

  it('begins with the inverter', () => {
    const young = [inverter(A, [port(A, 1)], { first_seen: '2026-06-21T06:00:00Z' })]
    const [lane] = lanes(young, [], at('00:00'), at('12:00'))
    expect(shares(lane!).producing).toBe(6 * 3600_000)
  })
})
