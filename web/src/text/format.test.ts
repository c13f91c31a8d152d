import { describe, expect, it } from 'vitest'
import { formats } from './format'

const en = formats('en-GB', 'Europe/Berlin')
const de = formats('de-DE', 'Europe/Berlin')
const plain = (text: string) => text.replaceAll('\u00a0', ' ')

describe('numbers', () => {
  it('have three figures and a unit', () => {
    const watts = [0, 7.4, 345.2, 999.4, 999.6, 3421, 12_345, 123_456, 1_234_567]
    expect(watts.map((each) => plain(en.power(each)))).toEqual([
      '0 W', '7 W', '345 W', '999 W', '1.00 kW', '3.42 kW', '12.3 kW', '123 kW', '1.23 MW',
    ])
  })

  it('stay in kWh as long as a day can be seen in them', () => {
    expect([950, 11_812, 402_113, 20_060_040, 123_456_789].map((each) => plain(en.energy(each)))).toEqual([
      '950 Wh', '11.8 kWh', '402 kWh', '20,060 kWh', '123 MWh',
    ])
  })

  it('are written as the locale writes them', () => {
    expect(plain(de.energy(11_812))).toBe('11,8 kWh')
    expect(plain(de.energy(20_060_040))).toBe('20.060 kWh')
    expect(plain(de.percent(0.9954, 1))).toBe('99,5 %')
  })

  it('have no needless zeros at an axis', () => {
    expect([3000, 1500, 250].map((each) => plain(en.powerMark(each)))).toEqual(['3 kW', '1.5 kW', '250 W'])
    expect(plain(de.energyMark(1_200_000))).toBe('1.200 kWh')
  })

  it('are a dash when nobody knows, never 0', () => {
    for (const nothing of [null, undefined, Number.NaN]) {
      expect([en.power(nothing), en.energy(nothing), en.percent(nothing), en.voltage(nothing), en.ago(nothing)]).toEqual(
        Array<string>(5).fill('–'),
      )
    }
  })
})

describe('times', () => {
  it('are those of the plant, in winter and in summer', () => {
    expect(en.time('2026-06-21T15:12:00Z')).toBe('17:12')
    expect(en.time('2026-12-21T15:12:00Z')).toBe('16:12')
    expect(formats('en-GB', 'America/New_York').time('2026-06-21T15:12:00Z')).toBe('11:12')
  })

  it('midnight is 00:00', () => {
    expect(en.time('2026-06-20T22:00:00Z')).toBe('00:00')
  })

  it('a local day is the same day everywhere', () => {
    expect(en.day('2026-06-21')).toMatch(/^Sunday,? 21 June 2026$/)
    expect(de.day('2026-06-21')).toBe('Sonntag, 21. Juni 2026')
    expect(de.month('2026-03')).toBe('März 2026')
  })

  it('a zone that the browser does not know is shown as UTC', () => {
    expect(formats('en-GB', 'Mars/Olympus').time('2026-06-21T15:12:00Z')).toBe('15:12')
  })

  it('ages and durations are in words', () => {
    expect([12, 100, 7300, 200_000].map((each) => en.ago(each))).toEqual([
      '12 seconds ago', '2 minutes ago', '2 hours ago', '2 days ago',
    ])
    expect(de.ago(12)).toBe('vor 12 Sekunden')
    expect([5, 240, 7500, 90_000].map((each) => plain(en.duration(each)))).toEqual(['5 s', '4 min', '2 h 5 min', '1 d 1 h'])
  })
})
