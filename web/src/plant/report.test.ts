import { expect, it } from 'vitest'
import { dtu, inverter, plant, port } from './fixtures'
import { report } from './report'

const SERIAL = '112100000001'

it('the report tells nothing of who and where the owner is', () => {
  const refused = {
    at: '2026-06-21T11:00:00Z',
    kind: 'connect',
    text: '192.168.1.50:502 refuses the connection; seen from 10.0.0.7',
  }
  const text = report({
    info: null,
    plant: plant({ verdict: { status: 'degraded', reasons: ['Uncle Bob’s barn does not answer.'] } }),
    dtus: [dtu({ name: 'Uncle Bob’s barn', address: 'solar.example.org:502', last_failure: refused })],
    inverters: [inverter(SERIAL, [port(SERIAL, 1, { name: 'Bedroom of Jane' })], { dtu_name: 'Uncle Bob’s barn' })],
    stats: null,
    health: null,
    browser: 'test',
  })
  for (const secret of [SERIAL, 'Bob', 'Jane', '192.168.1.50', '10.0.0.7', 'example.org', '10f800000001']) {
    expect(text).not.toContain(secret)
  }
  // What helps stays: the family of the inverter, and the sentences.
  expect(text).toContain('1121********')
  expect(text).toContain('refuses the connection')
  expect(JSON.parse(text)).toHaveProperty('plant.power_w', 3421)
})
