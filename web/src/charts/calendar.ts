import type { Formats } from '../text/format'
import type { Ink } from './ink'
import type { ChartSpec } from './spec'
import { tip, tooltipStyle } from './tooltip'

/** A year of days, one square each. */
export interface CalendarChart {
  year: string
  days: { day: string; wh: number }[]
  format: Formats
  words: { day: string; total: string; summary: string }
  file: string
}

export function calendarChart(chart: CalendarChart): ChartSpec {
  return {
    option: (ink, width) => option(chart, ink, width),
    table: {
      columns: [
        { label: chart.words.day, show: (cell) => chart.format.dayShort(cell as string) },
        { label: chart.words.total, unit: 'Wh', show: (cell) => chart.format.energy(cell as number) },
      ],
      rows: chart.days.map(({ day, wh }) => [day, wh]),
    },
    summary: chart.words.summary,
    file: chart.file,
  }
}

/** Weeks run across on a wide page, and down on a phone. */
export function isUpright(width: number): boolean {
  return width < 560
}

export function calendarHeight(width: number): number {
  return isUpright(width) ? 54 * 15 + 40 : 7 * cell(width) + 40
}

function cell(width: number): number {
  return Math.max(8, Math.min(22, Math.floor((width - 50) / 54)))
}

function option(chart: CalendarChart, ink: Ink, width: number): Record<string, unknown> {
  const { format } = chart
  const upright = isUpright(width)
  const size = cell(width)
  const label = { color: ink.ink3, fontFamily: ink.font, fontSize: 12 }
  // 1 January 2023 was a Sunday: ECharts counts from there.
  const weekdays = Array.from({ length: 7 }, (_, i) => format.weekday(`2023-01-0${i + 1}`).slice(0, 2))
  const months = Array.from({ length: 12 }, (_, i) => format.monthShort(`2023-${String(i + 1).padStart(2, '0')}`))
  return {
    tooltip: {
      ...tooltipStyle(ink),
      formatter: (point: { data: [string, number] }) =>
        tip(format.day(point.data[0]), [{ name: chart.words.total, value: format.energy(point.data[1]) }]),
    },
    visualMap: {
      show: false,
      min: 0,
      max: Math.max(1, ...chart.days.map(({ wh }) => wh)),
      inRange: { color: ink.scale },
    },
    calendar: {
      range: chart.year,
      orient: upright ? 'vertical' : 'horizontal',
      cellSize: upright ? ['auto', 15] : [size, size],
      left: upright ? 44 : 36,
      right: 8,
      top: 26,
      bottom: 4,
      splitLine: { show: true, lineStyle: { color: ink.lineStrong, width: 1 } },
      itemStyle: { color: 'transparent', borderColor: ink.surface, borderWidth: 2 },
      yearLabel: { show: false },
      dayLabel: { ...label, firstDay: 1, nameMap: weekdays },
      monthLabel: { ...label, nameMap: months },
    },
    series: [
      {
        type: 'heatmap',
        coordinateSystem: 'calendar',
        data: chart.days.map(({ day, wh }) => [day, wh]),
        cursor: 'pointer',
        itemStyle: { borderColor: ink.surface, borderWidth: 2, borderRadius: 3 },
        emphasis: { itemStyle: { borderColor: ink.ink } },
      },
    ],
  }
}
