import type { Power } from '../api/types'
import type { Formats } from '../text/format'
import type { Table } from '../text/table'
import { dayAxis, valueAxis } from './axes'
import { gapsAt, gapsOf, isFault, spans } from './gaps'
import { hatch, spread, type Ink } from './ink'
import { joined } from './joined'
import type { ChartSpec } from './spec'
import { tip, tooltipStyle, type TipRow } from './tooltip'

export interface DayChart {
  power: Power
  /** A day before; its sum is drawn as a thin line. */
  before: Power | null
  /** Name of each series of `power`, in its order. */
  names: string[]
  /** Index of the only series to show; all without. */
  only: number | null
  /** Until when the day has passed: what comes later is no gap. */
  until: number
  words: {
    time: string
    total: string
    before: string
    summary: string
    /** Whose, why, and in what words of the bridge. */
    gap(cause: string, dtu: string | null, text?: string | null): string
  }
  file: string
  format: Formats
}

/** Instants of `values[i]`: the middle of its bucket. */
function middles(power: Power): number[] {
  const from = Date.parse(power.from)
  const step = power.bucket_seconds * 1000
  const length = Math.max(0, ...power.series.map((series) => series.values.length))
  return Array.from({ length }, (_, i) => from + (i + 0.5) * step)
}

/** The sum over all series; null where none is known. */
export function totals(power: Power): (number | null)[] {
  return sum(power.series.map((series) => series.values))
}

/** The highest value of the sum over all series, and the beginning of its bucket. */
export function peakOf(power: Power): { watts: number; at: number } | null {
  let peak: { watts: number; at: number } | null = null
  plantCurve(power).forEach((watts, i) => {
    if (watts !== null && watts > (peak?.watts ?? 0)) {
      peak = { watts, at: Date.parse(power.from) + i * power.bucket_seconds * 1000 }
    }
  })
  return peak
}

/**
 * The curve of the plant from those of its inverters. A sleeping inverter is 0 W also where the others
 * were not read; a sum over what each is drawn as does not fall into such holes.
 */
export function plantCurve(power: Power): (number | null)[] {
  return sum(lines(power))
}

/** The same without the times of which a part is unknown: so it can stand beside another day. */
export function wholeCurve(power: Power): (number | null)[] {
  const [from, step] = [Date.parse(power.from), power.bucket_seconds * 1000]
  const faults = power.gaps.filter(isFault)
  return plantCurve(power).map((watts, i) => (gapsAt(faults, from + (i + 0.5) * step).length ? null : watts))
}

function sum(series: readonly (readonly (number | null)[])[]): (number | null)[] {
  const length = Math.max(0, ...series.map((values) => values.length))
  return Array.from({ length }, (_, i) => {
    const known = series.flatMap((values) => values[i] ?? [])
    return known.length ? known.reduce((total, watts) => total + watts, 0) : null
  })
}

/** Each series as it is drawn. */
function lines(power: Power): (number | null)[][] {
  const [from, step] = [Date.parse(power.from), power.bucket_seconds * 1000]
  return power.series.map((series) =>
    joined(series.values, from, step, gapsOf(power.gaps, series.dtu_name)),
  )
}

export function dayChart(day: DayChart): ChartSpec {
  return { option: (ink, width) => option(day, ink, width), table: table(day), summary: day.words.summary, file: day.file }
}

/**
 * How thick a layer is. One that nobody knows has no thickness while others are known, or the pile
 * would have a cleft at each end of its gap; the hatching says that it is missing.
 */
function height(drawn: (number | null)[][], series: number, index: number, only: number | null): number | null {
  const value = drawn[series]?.[index] ?? null
  if (value !== null || only !== null) return value
  return drawn.some((values) => (values[index] ?? null) !== null) ? 0 : null
}

/** From when on something is known of this day, be it a reading or why there is none; null: nothing. */
function readSince(power: Power): number | null {
  const from = Date.parse(power.from)
  const first = totals(power).findIndex((watts) => watts !== null)
  const reading = first < 0 ? Infinity : from + first * power.bucket_seconds * 1000
  const begin = Math.min(reading, ...power.gaps.map((gap) => Math.max(from, Date.parse(gap.from))))
  return Number.isFinite(begin) ? begin : null
}

const RIBBON = 5

function option(day: DayChart, ink: Ink, width: number): Record<string, unknown> {
  const { power, before, format, only } = day
  const [from, to] = [Date.parse(power.from), Date.parse(power.to)]
  const at = middles(power)
  const drawn = lines(power)
  const shift = before ? from - Date.parse(before.from) : 0
  const past = before ? wholeCurve(before) : []
  const faults = power.gaps.filter(isFault)
  const begin = readSince(power)
  const axis = dayAxis(from, to, power.time_zone, width, format, ink)
  const narrow = width < 480

  const areas = power.series.map((_, i) => {
    const colour = spread(ink.stack, i, power.series.length)
    return {
      type: 'line',
      name: day.names[i] ?? '',
      stack: 'power',
      data: at.map((instant, k) => [instant, only === null || only === i ? height(drawn, i, k, only) : null]),
      symbol: 'none',
      lineStyle: { width: power.series.length > 1 ? 0.6 : 2, color: colour },
      areaStyle: { color: colour, opacity: power.series.length > 1 ? 0.92 : 0.3 },
      itemStyle: { color: colour },
      emphasis: { disabled: true },
    }
  })
  const ghost = {
    type: 'line',
    name: day.words.before,
    data: before ? middles(before).map((instant, k) => [instant + shift, past[k]]) : [],
    symbol: 'none',
    z: 5,
    lineStyle: { width: 1.4, color: ink.ink3, type: [5, 4] },
    emphasis: { disabled: true },
  }
  const unknown = {
    type: 'line',
    data: [],
    markArea: {
      silent: true,
      data: spans(faults, from, day.until).map((span) => [{ xAxis: span.from }, { xAxis: span.to }]),
      itemStyle: { color: hatch(ink.lineStrong) },
    },
  }
  const ribbon = {
    type: 'line',
    xAxisIndex: 1,
    yAxisIndex: 1,
    data: [],
    markArea: {
      silent: true,
      data: [
        ...(begin === null
          ? []
          : [[{ xAxis: begin, itemStyle: { color: ink.good, opacity: 0.75 } }, { xAxis: Math.min(day.until, to) }]]),
        ...spans(faults, from, day.until).map((span) => [
          { xAxis: span.from, itemStyle: { color: hatch(ink.bad, ink.surface), opacity: 1 } },
          { xAxis: span.to },
        ]),
      ],
    },
  }

  return {
    grid: [
      { left: narrow ? 46 : 52, right: 20, top: 12, bottom: 34, outerBoundsMode: 'none' },
      { left: narrow ? 46 : 52, right: 20, height: RIBBON, bottom: 2, outerBoundsMode: 'none' },
    ],
    xAxis: [axis, { ...axis, gridIndex: 1, show: false }],
    yAxis: [
      valueAxis(ink, format.powerMark),
      { type: 'value', gridIndex: 1, min: 0, max: 1, show: false },
    ],
    tooltip: {
      ...tooltipStyle(ink),
      trigger: 'axis',
      axisPointer: { type: 'line', lineStyle: { color: ink.lineStrong } },
      formatter: (points: { axisValue: number }[]) => {
        const instant = points[0]?.axisValue ?? from
        const index = Math.floor((instant - from) / (power.bucket_seconds * 1000))
        return tipAt(day, ink, index, drawn, past)
      },
    },
    series: [...areas, ghost, unknown, ribbon],
  }
}

function tipAt(
  day: DayChart,
  ink: Ink,
  index: number,
  drawn: (number | null)[][],
  past: (number | null)[],
): HTMLElement {
  const { power, format } = day
  const start = Date.parse(power.from) + index * power.bucket_seconds * 1000
  const rows: TipRow[] = [{ name: day.words.total, value: format.power(sum(drawn)[index]) }]
  if (power.series.length > 1) {
    power.series.forEach((_, i) => {
      if (day.only !== null && day.only !== i) return
      const colour = spread(ink.stack, i, power.series.length)
      rows.push({ name: day.names[i] ?? '', value: format.power(drawn[i]?.[index]), colour })
    })
  }
  if (day.before) rows.push({ name: day.words.before, value: format.power(past[index]) })
  const notes = gapsAt(power.gaps, start + power.bucket_seconds * 500)
    .filter(isFault)
    .map((gap) => day.words.gap(gap.cause, gap.dtu_name, gap.text))
  return tip(format.time(start), rows, [...new Set(notes)])
}

function table(day: DayChart): Table {
  const { power, format } = day
  const watts = (cell: string | number | null) => format.power(cell as number | null)
  const sums = totals(power)
  const past = day.before ? totals(day.before) : null
  const start = Date.parse(power.from)
  const many = power.series.length > 1
  const rows = sums.flatMap((sum, i) => {
    const at = start + i * power.bucket_seconds * 1000
    if (at >= day.until) return []
    const gap = gapsAt(power.gaps, at + power.bucket_seconds * 500).filter(isFault)[0]
    return [
      [
        new Date(at).toISOString(),
        sum,
        ...(many ? power.series.map((series) => series.values[i] ?? null) : []),
        ...(past ? [past[i] ?? null] : []),
        gap ? day.words.gap(gap.cause, gap.dtu_name) : null,
      ],
    ]
  })
  return {
    columns: [
      { label: day.words.time, show: (cell) => format.time(cell as string) },
      { label: day.words.total, unit: power.unit, show: watts },
      ...(many ? day.names.map((label) => ({ label, unit: power.unit, show: watts })) : []),
      ...(past ? [{ label: day.words.before, unit: power.unit, show: watts }] : []),
      { label: day.words.gap('', null), show: (cell) => (cell as string | null) ?? '' },
    ],
    rows,
  }
}
