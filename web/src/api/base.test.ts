import { expect, it } from 'vitest'
import { baseOf } from './base'

it('the bridge is in the directory of the page, wherever that is', () => {
  expect(baseOf('http://bridge:8080/')).toBe('/')
  expect(baseOf('http://bridge:8080/history?day=2026-06-21')).toBe('/')
  expect(baseOf('https://home.example/solar/')).toBe('/solar/')
  expect(baseOf('https://home.example/solar/panels#x')).toBe('/solar/')
  expect(baseOf('https://ha.example/api/hassio_ingress/abc-123/kiosk')).toBe('/api/hassio_ingress/abc-123/')
})
