import type { Layout, PanelPlace } from '../api/types'
import type { Panel } from './panels'

/** A module is about 1.7 times as long as wide. */
export const PANEL_HEIGHT = 1.7
/** Between panels, in panel widths. */
const GAP = 0.14

export interface Placed {
  panel: Panel
  place: PanelPlace
}

/**
 * Where each panel is drawn: where its owner has put it, else in a grid with a row per inverter
 * below what was put.
 */
export function place(panels: readonly Panel[], layout: Layout | null): Placed[] {
  const known = new Map(layout?.panels.map((at) => [`${at.serial_number}/${at.port_number}`, at]))
  const arranged = panels.flatMap((panel) => {
    const at = known.get(panel.key)
    return at ? [{ panel, place: at }] : []
  })
  const below = arranged.length ? bounds(arranged.map((each) => each.place)).bottom + 0.6 : 0
  const rest = panels.filter((panel) => !known.has(panel.key))
  return [...arranged, ...grid(rest, below)]
}

/** Inverters side by side in rows of about `COLUMNS` panels, so that a wide roof stays readable. */
const COLUMNS = 8

function grid(panels: readonly Panel[], top: number): Placed[] {
  const placed: Placed[] = []
  let [column, row] = [0, 0]
  for (const inverter of groups(panels)) {
    if (column > 0 && column + inverter.length > COLUMNS) {
      column = 0
      row += 1
    }
    for (const panel of inverter) {
      placed.push({
        panel,
        place: {
          serial_number: panel.serial,
          port_number: panel.port,
          x: column * (1 + GAP),
          y: top + row * (PANEL_HEIGHT + GAP),
          rotation: 0,
          roof: null,
        },
      })
      column += 1
    }
  }
  return placed
}

/** The panels of each inverter; the inverters with the most first, so that rows fill. */
function groups(panels: readonly Panel[]): Panel[][] {
  const bySerial = new Map<string, Panel[]>()
  for (const panel of panels) {
    bySerial.set(panel.serial, [...(bySerial.get(panel.serial) ?? []), panel])
  }
  return [...bySerial.values()].sort((a, b) => b.length - a.length)
}

export interface Bounds {
  left: number
  top: number
  right: number
  bottom: number
}

/** What encloses all panels, turned as they are. */
export function bounds(places: readonly PanelPlace[]): Bounds {
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity }
  for (const at of places) {
    const turn = (at.rotation * Math.PI) / 180
    const [c, s] = [Math.abs(Math.cos(turn)), Math.abs(Math.sin(turn))]
    const half = { x: (c + s * PANEL_HEIGHT) / 2, y: (s + c * PANEL_HEIGHT) / 2 }
    const centre = { x: at.x + 0.5, y: at.y + PANEL_HEIGHT / 2 }
    box.left = Math.min(box.left, centre.x - half.x)
    box.right = Math.max(box.right, centre.x + half.x)
    box.top = Math.min(box.top, centre.y - half.y)
    box.bottom = Math.max(box.bottom, centre.y + half.y)
  }
  return places.length ? box : { left: 0, top: 0, right: 1, bottom: PANEL_HEIGHT }
}

/** Panels lie on a quarter grid: neat, and fine enough for any roof. */
export function snap(value: number): number {
  return Math.round(value * 8) / 8
}

/** The panels a panel is compared with: those of its roof, or all where nobody said. */
export function peersOf(key: string, placed: readonly Placed[]): Panel[] {
  const roof = placed.find((each) => each.panel.key === key)?.place.roof ?? null
  return placed
    .filter((each) => each.panel.key !== key && each.place.roof === roof)
    .map((each) => each.panel)
}
