import type { Inverter, PlantEvent } from '../api/types'

/** What an inverter did; later ones of the list are drawn over earlier ones. */
export const STATES = ['producing', 'asleep', 'alarm', 'unreachable', 'unknown'] as const
export type State = (typeof STATES)[number]

export interface Segment {
  state: State
  from: number
  to: number
  text: string
}

export interface Lane {
  serial: string
  segments: Segment[]
}

/** A lane per inverter over `[from, to)`: the events that touch it upon a ground of producing. */
export function lanes(
  inverters: readonly Inverter[],
  events: readonly PlantEvent[],
  from: number,
  to: number,
): Lane[] {
  return inverters
    .filter((inverter) => !inverter.retired)
    .map((inverter) => {
      const begin = Math.max(from, Date.parse(inverter.first_seen))
      const ground: Segment[] = begin < to ? [{ state: 'producing', from: begin, to, text: '' }] : []
      const upon = events.flatMap((event) => segment(event, inverter, from, to) ?? [])
      upon.sort((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state) || a.from - b.from)
      return { serial: inverter.serial_number, segments: [...ground, ...upon] }
    })
}

function segment(event: PlantEvent, inverter: Inverter, from: number, to: number): Segment | null {
  const state = stateOf(event, inverter)
  if (!state) return null
  const begin = Math.max(from, Date.parse(event.started_at))
  const end = Math.min(to, event.ended_at ? Date.parse(event.ended_at) : to)
  return begin < end ? { state, from: begin, to: end, text: event.text } : null
}

function stateOf(event: PlantEvent, inverter: Inverter): State | null {
  switch (event.kind) {
    case 'sleep':
      return event.inverter === inverter.serial_number ? 'asleep' : null
    case 'alarm':
      return event.inverter === inverter.serial_number ? 'alarm' : null
    case 'dtu_outage':
      return event.dtu === inverter.dtu_name ? 'unreachable' : null
    case 'bridge_down':
      return 'unknown'
    default:
      return null
  }
}

/** Times of the whole range in which the lane is in each state, ms; what lies above counts. */
export function shares(lane: Lane): Record<State, number> {
  const sums = Object.fromEntries(STATES.map((state) => [state, 0])) as Record<State, number>
  const edges = [...new Set(lane.segments.flatMap((each) => [each.from, each.to]))].sort((a, b) => a - b)
  for (let i = 0; i + 1 < edges.length; i++) {
    const [from, to] = [edges[i] as number, edges[i + 1] as number]
    const top = lane.segments.findLast((each) => each.from <= from && each.to >= to)
    if (top) sums[top.state] += to - from
  }
  return sums
}
