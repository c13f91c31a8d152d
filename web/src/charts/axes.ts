import type { Formats } from '../text/format'
import { hourTicks } from '../text/zone'
import type { Ink } from './ink'

/** An axis of instants within a day, ticked at hours of the plant's clock. */
export function dayAxis(from: number, to: number, zone: string, width: number, format: Formats, ink: Ink) {
  const hours = width < 480 ? 6 : width < 900 ? 3 : 2
  const ticks = hourTicks(from, to, hours, zone)
  return {
    type: 'value' as const,
    min: from,
    max: to,
    axisLabel: {
      customValues: ticks,
      formatter: (at: number) => format.time(at),
      color: ink.ink3,
      fontFamily: ink.font,
      fontSize: 12,
      hideOverlap: true,
    },
    axisTick: { show: false },
    axisLine: { show: true, onZero: false, lineStyle: { color: ink.lineStrong } },
    splitLine: { show: false },
  }
}

/** An axis of values from zero. */
export function valueAxis(ink: Ink, show: (value: number) => string) {
  return {
    type: 'value' as const,
    min: 0,
    splitNumber: 4,
    axisLabel: {
      formatter: (value: number) => (value === 0 ? '0' : show(value)),
      color: ink.ink3,
      fontFamily: ink.font,
      fontSize: 12,
    },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: ink.line } },
  }
}
