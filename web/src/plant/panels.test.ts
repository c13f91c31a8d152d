import { describe, expect, it } from 'vitest'
import { inverter, port } from './fixtures'
import { median, panelLabel, panelsOf } from './panels'

const A = '112100000001'
const B = '116100000002'

function conditions(...inverters: Parameters<typeof inverter>[]) {
  return panelsOf(inverters.map((each) => inverter(...each))).map((panel) => panel.condition)
}

describe('the condition of a panel', () => {
  it('is dead with 0 W while its peers produce', () => {
    expect(conditions([A, [port(A, 1), port(A, 2, { pv_power: 1 }), port(A, 3)]])).toEqual(['producing', 'dead', 'producing'])
  })

  it('is not dead when nobody has sun', () => {
    const powers = [0, 3, 5]
    expect(conditions([A, powers.map((pv_power, i) => port(A, i + 1, { pv_power }))])).toEqual(['idle', 'producing', 'producing'])
  })

  it('is unknown when nobody reports it, and then shows no old values', () => {
    const inverters = [inverter(A, [port(A, 1, { stale: true }), port(A, 2)]), inverter(B, [port(B, 1)], { stale: true })]
    const panels = panelsOf(inverters)
    expect(panels.map((panel) => panel.condition)).toEqual(['silent', 'producing', 'silent'])
    expect(panels.map((panel) => panel.power)).toEqual([null, 250, null])
  })

  it('is asleep at dusk, but not at noon', () => {
    const sleeping: Parameters<typeof inverter> = [B, [port(B, 1, { pv_power: 0 })], { status: 'asleep' }]
    expect(conditions([A, [port(A, 1, { pv_power: 30 })]], sleeping)).toEqual(['producing', 'asleep'])
    expect(conditions([A, [port(A, 1, { pv_power: 250 })]], sleeping)).toEqual(['producing', 'dead'])
  })
})

it('retired inverters are no panels', () => {
  expect(panelsOf([inverter(A, [port(A, 1)], { retired: true })])).toEqual([])
})

it('a panel is called by its owner, or by inverter and port', () => {
  const [named, other] = panelsOf([inverter(A, [port(A, 1, { name: 'Chimney' }), port(A, 2)])])
  expect([panelLabel(named!), panelLabel(other!)]).toEqual(['Chimney', '1.2'])
})

it('the median', () => {
  expect([median([]), median([3]), median([9, 1, 5]), median([4, 1, 3, 2])]).toEqual([null, 3, 5, 2.5])
})
