import type { Formats } from '../text/format'
import { conditionOfPower, median, type Condition, type Panel } from './panels'
import type { DayFilm } from './playback'
import { peersOf, type Placed } from './roof'

export const METRICS = ['power', 'energy', 'peers', 'voltage'] as const
export type Metric = (typeof METRICS)[number]

/** What the roof shows of one panel. */
export interface Cell {
  /** In the unit of the metric: W, Wh, share, V. */
  value: number | null
  text: string
  /** 0 to 1 for the colour; null for none. */
  tone: number | null
  condition: Condition
}

export interface Moment {
  power: number | null
  energy: number | null
  voltage: number | null
  condition: Condition
}

/** The panels as the bridge tells them now. */
export function liveMoments(panels: readonly Panel[]): Map<string, Moment> {
  return new Map(
    panels.map((panel) => [
      panel.key,
      { power: panel.power, energy: panel.todayWh, voltage: panel.voltage, condition: panel.condition },
    ]),
  )
}

/** The panels as they were in a frame of a day. */
export function filmMoments(
  panels: readonly Panel[],
  film: DayFilm,
  voltage: ReadonlyMap<string, readonly (number | null)[]> | null,
  frame: number,
): Map<string, Moment> {
  const typical = film.typical[frame] ?? 0
  return new Map(
    panels.map(({ key }) => {
      const power = film.power.get(key)?.[frame] ?? null
      const condition = conditionOfPower(power, typical)
      return [
        key,
        {
          power,
          energy: film.energy.get(key)?.[frame] ?? null,
          voltage: voltage?.get(key)?.[frame] ?? null,
          // At night 0 W is sleep: no peer produces.
          condition: condition === 'idle' && typical <= 0 ? 'asleep' : condition,
        },
      ]
    }),
  )
}

/** The highest value that a panel reaches, for the colour of the others. */
export interface Scale {
  power: number
  energy: number
}

export function scaleOf(film: DayFilm | null, moments: ReadonlyMap<string, Moment>): Scale {
  const most = (values: Iterable<number | null>) => {
    let highest = 0
    for (const value of values) highest = Math.max(highest, value ?? 0)
    return highest
  }
  const lists = film ? [...film.power.values()].map((values) => most(values)) : []
  const totals = film ? [...film.energy.values()].map((values) => most(values)) : []
  const now = [...moments.values()]
  return {
    // A dull day looks dull: never less than what a panel makes under light cloud.
    power: Math.max(100, most(lists), most(now.map((each) => each.power))),
    energy: Math.max(200, most(totals), most(now.map((each) => each.energy))),
  }
}

/** What to draw for each panel. */
export function cellsOf(
  metric: Metric,
  placed: readonly Placed[],
  moments: ReadonlyMap<string, Moment>,
  scale: Scale,
  format: Formats,
): Map<string, Cell> {
  const cells = new Map<string, Cell>()
  for (const { panel } of placed) {
    const moment = moments.get(panel.key)
    const value = moment ? valueOf(metric, panel.key, moment, placed, moments) : null
    const condition = moment?.condition ?? 'silent'
    cells.set(panel.key, {
      value,
      text: textOf(metric, value, condition, format),
      tone: value === null || condition === 'silent' ? null : toneOf(metric, value, scale),
      condition,
    })
  }
  return cells
}

function valueOf(
  metric: Metric,
  key: string,
  moment: Moment,
  placed: readonly Placed[],
  moments: ReadonlyMap<string, Moment>,
): number | null {
  if (metric !== 'peers') return moment[metric]
  const peers = peersOf(key, placed).flatMap((peer) => moments.get(peer.key)?.energy ?? [])
  const typical = median(peers)
  return moment.energy === null || !typical ? null : moment.energy / typical
}

function toneOf(metric: Metric, value: number, scale: Scale): number {
  switch (metric) {
    case 'power':
      return value / scale.power
    case 'energy':
      return value / scale.energy
    // From half of its peers, dark, to a quarter more than they.
    case 'peers':
      return (value - 0.5) / 0.75
    // Modules work between 25 and 45 V.
    case 'voltage':
      return (value - 20) / 25
  }
}

function textOf(metric: Metric, value: number | null, condition: Condition, format: Formats): string {
  if (condition === 'asleep' && (metric === 'power' || metric === 'voltage')) return 'Zzz'
  switch (metric) {
    case 'power':
      return format.number(value)
    // In kWh, two figures behind the point: what fits upon a panel.
    case 'energy':
      return value === null ? format.number(null) : format.number(value / 1000, 2)
    case 'peers':
      return format.percent(value)
    case 'voltage':
      return format.number(value, 1)
  }
}
