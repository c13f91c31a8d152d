import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { formats } from '../text/format'
import { sentenceTold, speak, told, translate } from './told'
import { toldInGerman } from './told.de'

const source = (path: string) => readFileSync(new URL(`../../../crates/${path}`, import.meta.url), 'utf8')
const german = (text: string) => translate(text, toldInGerman)
const format = formats('de-DE', 'Europe/Berlin')

describe('what the bridge says, in German', () => {
  it('has every alarm', () => {
    const alarms = [...source('plant/src/alarm.rs').matchAll(/\(\d+, "([^"]+)"\)/g)].map(([, words]) => words ?? '')
    expect(alarms.length).toBeGreaterThan(60)
    for (const words of alarms) if (words !== 'repeater') expect(german(words), words).not.toBe(words)
  })

  it('has every reason why a DTU cannot be read', () => {
    const [, display = ''] = source('dtu/src/driver.rs').split('impl fmt::Display for DriverError')
    const reasons = [...display.matchAll(/write!\(\s*f,\s*"((?:[^"\\]|\\\s)*)"/g)].map(([, text]) =>
      (text ?? '')
        .replace(/\\\n\s*/g, '')
        .replace('{address}', '192.168.1.50:502')
        .replace(/\{\w+[^}]*\}/g, '7'),
    )
    expect(reasons.length).toBeGreaterThan(14)
    for (const reason of reasons) {
      expect(german(reason), reason).not.toBe(reason)
      expect(german(reason)).toContain('192.168.1.50:502')
    }
  })

  it('translates a reason within a sentence, and tells instants in the zone of the plant', () => {
    speak(toldInGerman)
    const text =
      "DTU 'roof' at 10.0.0.5:502 last answered at 2026-06-21T11:05:00Z: the connection to 10.0.0.5:502 failed: reset"
    expect(told(text, format)).toBe(
      'DTU „roof“ unter 10.0.0.5:502 antwortete zuletzt am 21.06.2026, 13:05: die Verbindung zu 10.0.0.5:502 misslang: reset',
    )
    speak(null)
  })

  it('leaves what it does not know as it is, as a sentence', () => {
    expect(german('the flux capacitor leaks')).toBe('the flux capacitor leaks')
    expect(sentenceTold('the flux capacitor leaks', format)).toBe('The flux capacitor leaks.')
    expect(sentenceTold('is it on?', format)).toBe('Is it on?')
  })
})
