import { describe, expect, it } from 'vitest'
import type { Gap, Power } from '../api/types'
import { formats } from '../text/format'
import { barsChart } from './bars'
import { dayChart, peakOf } from './day'
import { covered, spans } from './gaps'
import { spread } from './ink'
import { joined } from './joined'
import { contrast, shade } from './shade'

const gap = (from: string, to: string, cause = 'dtu_outage'): Gap => ({
  from: `2026-06-21T${from}:00Z`,
  to: `2026-06-21T${to}:00Z`,
  cause,
  text: 'gone',
  dtu_name: 'house',
})
const at = (time: string) => Date.parse(`2026-06-21T${time}:00Z`)
const format = formats('en-GB', 'UTC')

describe('gaps', () => {
  it('are joined where they overlap and cut at the edges', () => {
    const joined = spans([gap('05:00', '09:00'), gap('08:00', '10:00', 'bridge_down'), gap('11:00', '20:00')], at('06:00'), at('12:00'))
    expect(joined.map(({ from, to, gaps }) => [from, to, gaps.length])).toEqual([
      [at('06:00'), at('10:00'), 2],
      [at('11:00'), at('12:00'), 1],
    ])
  })

  it('count once, and night is none', () => {
    expect(covered([gap('00:00', '06:00'), gap('03:00', '06:00'), gap('20:00', '24:00', 'asleep')], at('00:00'), at('12:00'))).toBe(0.5)
  })
})

describe('holes in a curve', () => {
  const five = 5 * 60_000
  it('of a few polls are crossed', () => {
    expect(joined([null, 10, null, null, 40, null], at('10:00'), five, [])).toEqual([null, 10, 20, 30, 40, null])
  })

  it('of an outage are not, however short', () => {
    const values = [10, null, null, 40]
    expect(joined(values, at('10:00'), five, [gap('10:05', '10:14')])).toEqual(values)
  })

  it('of more than twenty minutes are not', () => {
    const values = [10, null, null, null, null, null, 40]
    expect(joined(values, at('10:00'), five, [])).toEqual(values)
  })
})

describe('the table behind a chart of power', () => {
  const power: Power = {
    time_zone: 'UTC',
    from: '2026-06-21T00:00:00Z',
    to: '2026-06-22T00:00:00Z',
    bucket_seconds: 6 * 3600,
    by: 'inverter',
    quantity: 'power',
    unit: 'W',
    series: [
      { dtu_name: 'house', serial_number: 'a', port_number: null, values: [0, 100, null, null] },
      { dtu_name: 'house', serial_number: 'b', port_number: null, values: [0, 50, 70, null] },
    ],
    gaps: [gap('12:00', '18:00')],
  }
  const { table } = dayChart({
    power,
    before: null,
    names: ['A', 'B'],
    only: null,
    until: at('18:00'),
    words: { time: 'Time', total: 'Total', before: 'Before', summary: '', gap: (cause) => cause || 'Missing' },
    file: 'power',
    format,
  })

  it('knows its peak and when it was', () => {
    expect(peakOf(power)).toEqual({ watts: 150, at: at('06:00') })
    expect(peakOf({ ...power, series: [] })).toBeNull()
  })

  it('has every series, and the cause where something is missing', () => {
    expect(table.rows).toEqual([
      ['2026-06-21T00:00:00.000Z', 0, 0, 0, null],
      ['2026-06-21T06:00:00.000Z', 150, 100, 50, null],
      ['2026-06-21T12:00:00.000Z', 70, null, 70, 'dtu_outage'],
    ])
  })
})

it('the table behind bars has the sum and each part', () => {
  const { table } = barsChart({
    labels: ['1', '2'],
    titles: ['first', 'second'],
    keys: ['2026-06-01', '2026-06-02'],
    series: [
      { name: 'A', values: [100, null] },
      { name: 'B', values: [50, null] },
    ],
    estimated: [10, null],
    before: [200, 300],
    cumulated: null,
    peak: [null, null],
    missing: [{ seconds: 600, causes: ['dtu_outage'], notable: true }, null],
    format,
    words: {
      period: 'Day', total: 'Total', before: 'Before', estimated: 'Estimated', cumulated: '', peak: 'Peak', missing: 'Missing', cause: () => '', summary: '', incomplete: '',
    },
    file: 'energy',
  })
  expect(table.rows).toEqual([
    ['2026-06-01', 150, 100, 50, 200, 10, null, 600],
    ['2026-06-02', null, null, null, 300, null, null, null],
  ])
})

it('series take the whole of the colours, from end to end, and no two the same', () => {
  const colours = ['#ff0000', '#00ff00', '#0000ff']
  const of = (n: number) => Array.from({ length: n }, (_, i) => spread(colours, i, n))
  expect(of(1)).toEqual(['rgb(255,0,0)'])
  expect(of(3)).toEqual(['rgb(255,0,0)', 'rgb(0,255,0)', 'rgb(0,0,255)'])
  expect(new Set(of(24)).size).toBe(24)
})

it('what is written upon a panel can be read at every brightness', () => {
  const scales = [
    ['#e9e6df', '#f4d58d', '#eeb549', '#d98a1d', '#a65b0a'],
    ['#20262f', '#4a3a1d', '#85601d', '#c98c24', '#ffc95c'],
  ]
  const rgb = (css: string) => css.match(/\d+/g)!.map(Number) as [number, number, number]
  for (const scale of scales) {
    for (let tone = 0; tone <= 1; tone += 0.02) {
      const { fill, text } = shade(tone, scale)
      expect(contrast(rgb(fill), rgb(text)), `${tone}: ${text} on ${fill}`).toBeGreaterThan(4.5)
    }
  }
})
