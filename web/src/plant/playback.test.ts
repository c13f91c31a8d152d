import { describe, expect, it } from 'vitest'
import type { Power } from '../api/types'
import { daylight, film, frameAt } from './playback'

const day: Power = {
  time_zone: 'UTC',
  from: '2026-06-21T00:00:00Z',
  to: '2026-06-22T00:00:00Z',
  bucket_seconds: 6 * 3600,
  by: 'port',
  quantity: 'power',
  unit: 'W',
  series: [
    { dtu_name: 'house', serial_number: 'a', port_number: 1, values: [0, 100, 300, 0] },
    { dtu_name: 'house', serial_number: 'a', port_number: 2, values: [0, null, 200, 0] },
  ],
  gaps: [],
}

describe('the film of a day', () => {
  it('ends exactly at the accounted energy, whatever the curve misses', () => {
    const of = film(day, new Map([['a/1', 4000], ['a/2', 1000]]))
    expect(of.energy.get('a/1')).toEqual([0, 1000, 4000, 4000])
    expect(of.energy.get('a/2')).toEqual([0, 0, 1000, 1000])
  })

  it('without an account it adds up the curve', () => {
    expect(film(day, new Map()).energy.get('a/1')).toEqual([0, 600, 2400, 2400])
  })

  it('knows what is typical among those that are known', () => {
    expect(film(day, new Map()).typical).toEqual([0, 100, 250, 0])
  })

  it('begins at first light and ends at the last', () => {
    expect(daylight(film(day, new Map()))).toEqual({ first: 1, last: 2 })
    const dark = { ...day, series: [{ ...day.series[0]!, values: [0, 0, null, 0] }] }
    expect(daylight(film(dark, new Map()))).toEqual({ first: 0, last: 3 })
  })

  it('finds the frame of an instant, and the nearest one outside', () => {
    const of = film(day, new Map())
    const hour = (h: number) => Date.parse(day.from) + h * 3600_000
    expect([-1, 0, 5.9, 6, 23.9, 30].map((h) => frameAt(of, hour(h)))).toEqual([0, 0, 0, 1, 3, 3])
  })
})
