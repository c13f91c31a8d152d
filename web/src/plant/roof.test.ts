import { describe, expect, it } from 'vitest'
import { inverter, port } from './fixtures'
import { panelsOf } from './panels'
import { bounds, PANEL_HEIGHT, peersOf, place, snap } from './roof'

const serials = ['1', '2', '3'].map((n) => `11610000000${n}`)
const panels = panelsOf(serials.map((serial) => inverter(serial, [1, 2, 3, 4].map((n) => port(serial, n)))))
const at = (x: number, y: number, roof: string | null = null) => ({
  serial_number: serials[0]!,
  port_number: 1,
  x,
  y,
  rotation: 0,
  roof,
})

describe('the roof', () => {
  it('is a grid before anyone has arranged it, and no two panels lie upon each other', () => {
    const placed = place(panels, null)
    expect(placed).toHaveLength(12)
    const spots = new Set(placed.map(({ place }) => `${place.x}/${place.y}`))
    expect(spots.size).toBe(12)
    // Two inverters of four beside each other, the third below.
    expect(new Set(placed.map(({ place }) => place.y)).size).toBe(2)
  })

  it('has arranged panels where they were put, and newcomers below them', () => {
    const placed = place(panels, { panels: [at(5, 3)], roofs: [] })
    expect(placed.find(({ panel }) => panel.key === `${serials[0]}/1`)?.place).toMatchObject({ x: 5, y: 3 })
    const others = placed.filter(({ panel }) => panel.key !== `${serials[0]}/1`)
    expect(Math.min(...others.map(({ place }) => place.y))).toBeGreaterThan(3 + PANEL_HEIGHT)
  })

  it('forgets panels that are gone', () => {
    const gone = { ...at(0, 0), serial_number: 'gone' }
    expect(place(panels, { panels: [gone], roofs: [] })).toHaveLength(12)
  })

  it('encloses panels that are turned', () => {
    const box = bounds([{ ...at(0, 0), rotation: 90 }])
    expect(box.right - box.left).toBeCloseTo(PANEL_HEIGHT)
    expect(box.bottom - box.top).toBeCloseTo(1)
  })

  it('compares a panel with those of its roof', () => {
    const layout = { panels: [at(0, 0, 'South'), { ...at(1, 0, 'South'), port_number: 2 }], roofs: [] }
    const placed = place(panels, layout)
    expect(peersOf(`${serials[0]}/1`, placed).map((peer) => peer.key)).toEqual([`${serials[0]}/2`])
    expect(peersOf(`${serials[1]}/1`, placed)).toHaveLength(9)
  })

  it('snaps to a fine grid', () => {
    expect([0.06, 0.07, -0.3].map(snap)).toEqual([0, 0.125, -0.25])
  })
})
