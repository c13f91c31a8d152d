import type { Gap } from '../api/types'
import type { Formats } from '../text/format'
import type { Table } from '../text/table'
import { dayAxis, valueAxis } from './axes'
import { gapsAt, gapsOf, isFault, spans } from './gaps'
import { hatch, type Ink } from './ink'
import { joined } from './joined'
import type { ChartSpec } from './spec'
import { tip, tooltipStyle } from './tooltip'

export interface Line {
  name: string
  /** Mean of each step from `from` on. */
  values: readonly (number | null)[]
  /** Whose gaps are its own; null for those of all. */
  dtu: string | null
  /** In the background, as something to compare with. */
  faint?: boolean
}

/** Several curves over one day, told apart by colour and by dashes. */
export interface LinesChart {
  from: number
  to: number
  zone: string
  stepMs: number
  unit: string
  lines: Line[]
  gaps: readonly Gap[]
  show(value: number | null): string
  format: Formats
  words: { time: string; summary: string; gap(gap: Gap): string }
  file: string
}

export const DASHES: (string | number[])[] = ['solid', [8, 4], [2, 3], [10, 3, 2, 3], [5, 2], [1, 4]]

export function linesChart(chart: LinesChart): ChartSpec {
  return {
    option: (ink, width) => option(chart, ink, width),
    table: table(chart),
    summary: chart.words.summary,
    file: chart.file,
  }
}

function option(chart: LinesChart, ink: Ink, width: number): Record<string, unknown> {
  const { from, to, stepMs, lines, show, format } = chart
  const shown = chart.gaps.filter(
    (gap) => isFault(gap) && lines.some((line) => gapsOf([gap], line.dtu).length > 0),
  )
  const faults = spans(shown, from, to)
  const drawn = lines.map((line) => joined(line.values, from, stepMs, gapsOf(chart.gaps, line.dtu)))
  return {
    grid: { left: width < 480 ? 44 : 56, right: 20, top: 12, bottom: 26, outerBoundsMode: 'none' },
    xAxis: dayAxis(from, to, chart.zone, width, format, ink),
    yAxis: { ...valueAxis(ink, chart.unit === 'W' ? format.powerMark : show), ...(chart.unit === 'V' ? { min: undefined, scale: true } : {}) },
    tooltip: {
      ...tooltipStyle(ink),
      trigger: 'axis',
      axisPointer: { type: 'line', lineStyle: { color: ink.lineStrong } },
      formatter: (points: { axisValue: number }[]) => {
        const index = Math.floor(((points[0]?.axisValue ?? from) - from) / stepMs)
        const rows = lines.map((line, i) => ({
          name: line.name,
          value: show(drawn[i]?.[index] ?? null),
          colour: colourOf(line, i, ink),
        }))
        const notes = gapsAt(shown, from + (index + 0.5) * stepMs).map((gap) => chart.words.gap(gap))
        return tip(format.time(from + index * stepMs), rows, [...new Set(notes)])
      },
    },
    series: [
      ...lines.map((line, i) => ({
        type: 'line',
        name: line.name,
        data: (drawn[i] ?? []).map((value, k) => [from + (k + 0.5) * stepMs, value]),
        symbol: 'none',
        z: line.faint ? 1 : 3,
        lineStyle: {
          color: colourOf(line, i, ink),
          width: line.faint ? 1.6 : 2.2,
          type: line.faint ? [5, 4] : (DASHES[i % DASHES.length] ?? 'solid'),
        },
        itemStyle: { color: colourOf(line, i, ink) },
        emphasis: { disabled: true },
      })),
      {
        type: 'line',
        data: [],
        markArea: {
          silent: true,
          data: faults.map((span) => [{ xAxis: span.from }, { xAxis: span.to }]),
          itemStyle: { color: hatch(ink.lineStrong) },
        },
      },
    ],
  }
}

export function colourOf(line: Line, index: number, ink: Ink): string {
  return line.faint ? ink.ink3 : (ink.lines[index % ink.lines.length] ?? ink.ink)
}

function table(chart: LinesChart): Table {
  const length = Math.max(0, ...chart.lines.map((line) => line.values.length))
  return {
    columns: [
      { label: chart.words.time, show: (cell) => chart.format.time(cell as string) },
      ...chart.lines.map((line) => ({
        label: line.name,
        unit: chart.unit,
        show: (cell: string | number | null) => chart.show(cell as number | null),
      })),
    ],
    rows: Array.from({ length }, (_, i) => [
      new Date(chart.from + i * chart.stepMs).toISOString(),
      ...chart.lines.map((line) => line.values[i] ?? null),
    ]),
  }
}
