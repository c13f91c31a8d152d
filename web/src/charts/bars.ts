import type { Missing } from '../plant/missing'
import type { Formats } from '../text/format'
import type { Table } from '../text/table'
import { valueAxis } from './axes'
import { hatch, spread, type Ink } from './ink'
import type { ChartSpec } from './spec'
import { tip, tooltipStyle, type TipRow } from './tooltip'

/** Energy of periods, as bars. */
export interface BarsChart {
  /** Below each bar. */
  labels: string[]
  /** In the tooltip and the table. */
  titles: string[]
  /** In the CSV. */
  keys: string[]
  /** Wh; null where nothing is known. */
  series: { name: string; values: (number | null)[] }[]
  /** Of which so much was not measured but worked out, Wh. */
  estimated: (number | null)[]
  /** The same time a year before, Wh. */
  before: (number | null)[] | null
  /** Up to and with this bar, Wh; a line with its own axis. */
  cumulated: (number | null)[] | null
  peak: (number | null)[]
  /** What kept readings from being taken. */
  missing: (Missing | null)[]
  format: Formats
  words: {
    period: string
    total: string
    before: string
    estimated: string
    cumulated: string
    peak: string
    missing: string
    cause(cause: string): string
    summary: string
    incomplete: string
  }
  file: string
}

export function barsChart(chart: BarsChart): ChartSpec {
  return {
    option: (ink) => option(chart, ink),
    table: table(chart),
    summary: chart.words.summary,
    file: chart.file,
  }
}

export function sumOf(chart: Pick<BarsChart, 'series'>, index: number): number | null {
  const known = chart.series.flatMap((series) => series.values[index] ?? [])
  return known.length ? known.reduce((sum, value) => sum + value, 0) : null
}

function option(chart: BarsChart, ink: Ink): Record<string, unknown> {
  const { format, series } = chart
  const many = series.length > 1
  const colour = (i: number) => (many ? spread(ink.stack, i, series.length) : ink.sun)
  return {
    // As wide as the marks beside it need: from 20 kWh to 60,000 kWh.
    grid: { left: 2, right: 4, top: 14, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    xAxis: {
      type: 'category',
      data: chart.labels,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: ink.lineStrong } },
      axisLabel: { color: ink.ink3, fontFamily: ink.font, fontSize: 12, hideOverlap: true },
    },
    yAxis: [
      valueAxis(ink, format.energyMark),
      ...(chart.cumulated ? [{ ...valueAxis(ink, format.energyMark), splitLine: { show: false } }] : []),
    ],
    tooltip: {
      ...tooltipStyle(ink),
      trigger: 'axis',
      axisPointer: { type: 'shadow', shadowStyle: { color: ink.ink, opacity: 0.05 } },
      formatter: (points: { dataIndex: number }[]) => tipAt(chart, ink, points[0]?.dataIndex ?? 0),
    },
    series: [
      ...(chart.before
        ? [
            {
              type: 'bar',
              name: chart.words.before,
              data: chart.before,
              barGap: '-100%',
              barCategoryGap: '22%',
              z: 1,
              cursor: 'pointer',
              itemStyle: {
                color: 'transparent',
                borderColor: ink.ink3,
                borderWidth: 1.2,
                borderType: [3, 2],
                borderRadius: [3, 3, 0, 0],
              },
              emphasis: { disabled: true },
            },
          ]
        : []),
      ...series.map((each, i) => ({
        type: 'bar',
        name: each.name,
        stack: 'energy',
        z: 2,
        barCategoryGap: '22%',
        cursor: 'pointer',
        data: each.values.map((value, k) => ({
          value,
          itemStyle: chart.missing[k]?.notable && !many ? { color: hatch(ink.paper, colour(i)) } : {},
        })),
        itemStyle: {
          color: colour(i),
          opacity: chart.before ? 0.9 : 1,
          borderRadius: i === series.length - 1 ? [3, 3, 0, 0] : 0,
        },
        emphasis: { disabled: true },
      })),
      ...(chart.cumulated
        ? [
            {
              type: 'line',
              name: chart.words.cumulated,
              yAxisIndex: 1,
              data: chart.cumulated,
              symbol: 'circle',
              symbolSize: 6,
              z: 4,
              lineStyle: { color: ink.night, width: 2 },
              itemStyle: { color: ink.night },
              emphasis: { disabled: true },
            },
          ]
        : []),
    ],
  }
}

function tipAt(chart: BarsChart, ink: Ink, index: number): HTMLElement {
  const { format, words } = chart
  const rows: TipRow[] = [{ name: words.total, value: format.energy(sumOf(chart, index)) }]
  if (chart.series.length > 1) {
    chart.series.forEach((each, i) => {
      const colour = spread(ink.stack, i, chart.series.length)
      rows.push({ name: each.name, value: format.energy(each.values[index]), colour })
    })
  }
  if (chart.before) rows.push({ name: words.before, value: format.energy(chart.before[index]) })
  if (chart.cumulated) rows.push({ name: words.cumulated, value: format.energy(chart.cumulated[index]) })
  const peak = chart.peak[index]
  if (peak !== null && peak !== undefined) rows.push({ name: words.peak, value: format.power(peak) })
  const missing = chart.missing[index]
  const notes: string[] = []
  if (missing) {
    rows.push({ name: words.missing, value: format.duration(missing.seconds) })
    notes.push(missing.causes.map(words.cause).join('; ') + '.', words.incomplete)
  }
  const guessed = chart.estimated[index]
  if (guessed) rows.push({ name: words.estimated, value: format.energy(guessed) })
  return tip(chart.titles[index] ?? '', rows, notes)
}

function table(chart: BarsChart): Table {
  const { format, words } = chart
  const titles = new Map(chart.keys.map((key, i) => [key, chart.titles[i] ?? key]))
  const energy = (cell: string | number | null) => format.energy(cell as number | null)
  const many = chart.series.length > 1
  return {
    columns: [
      { label: words.period, show: (cell) => titles.get(cell as string) ?? String(cell) },
      { label: words.total, unit: 'Wh', show: energy },
      ...(many ? chart.series.map((each) => ({ label: each.name, unit: 'Wh', show: energy })) : []),
      ...(chart.before ? [{ label: words.before, unit: 'Wh', show: energy }] : []),
      ...(chart.cumulated ? [{ label: words.cumulated, unit: 'Wh', show: energy }] : []),
      { label: words.estimated, unit: 'Wh', show: energy },
      { label: words.peak, unit: 'W', show: (cell) => format.power(cell as number | null) },
      { label: words.missing, unit: 's', show: (cell) => (cell === null ? '' : format.duration(cell as number)) },
    ],
    rows: chart.keys.map((key, i) => [
      key,
      sumOf(chart, i),
      ...(many ? chart.series.map((each) => each.values[i] ?? null) : []),
      ...(chart.before ? [chart.before[i] ?? null] : []),
      ...(chart.cumulated ? [chart.cumulated[i] ?? null] : []),
      chart.estimated[i] ?? null,
      chart.peak[i] ?? null,
      chart.missing[i]?.seconds ?? null,
    ]),
  }
}
