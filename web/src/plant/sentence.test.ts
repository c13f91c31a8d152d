import { describe, expect, it } from 'vitest'
import { createI18n } from 'vue-i18n'
import { de } from '../i18n/de'
import { en } from '../i18n/en'
import { formats } from '../text/format'
import { dtu, inverter, plant, port } from './fixtures'
import { panelsOf } from './panels'
import { sentence, type Sentence, type Situation } from './sentence'

const format = formats('en-GB', 'Europe/Berlin')
const i18n = createI18n({ legacy: false, locale: 'en', messages: { en, de } })

function say(over: Partial<Situation>): Sentence {
  return sentence({ plant: plant(), dtus: [dtu()], panels: [], connection: 'open', ...over }, format)
}

/** The sentence as it is read. */
function read(said: Sentence, locale: 'en' | 'de' = 'en'): string {
  i18n.global.locale.value = locale
  const text = i18n.global.t(`now.sentence.${said.key}`, { ...said.values }, said.count)
  return text.replaceAll('\u00a0', ' ')
}

function roof(...powers: number[]) {
  return panelsOf([inverter('112100000001', powers.map((pv_power, i) => port('112100000001', i + 1, { pv_power })))])
}

describe('the sentence', () => {
  it('says that all is well', () => {
    const said = say({})
    expect(read(said)).toBe('Producing 3.42 kW, all 24 panels reporting.')
    expect(read(said, 'de')).toBe('Erzeugt 3.42 kW, alle 24 Module melden sich.')
    expect([said.tone, said.notes]).toEqual(['sun', []])
  })

  it('speaks of one panel in the singular', () => {
    const said = say({ plant: plant({ panels: { known: 1, reporting: 1 } }) })
    expect(read(said)).toBe('Producing 3.42 kW, the panel reports.')
  })

  it('names the panel that delivers nothing', () => {
    const said = say({ panels: roof(250, 248, 0, 251) })
    expect(read(said)).toBe('Producing 3.42 kW, but panel 1.3 delivers nothing.')
    expect(said.tone).toBe('warning')
    expect(read(say({ panels: roof(250, 0, 0, 251, 249) }))).toBe('Producing 3.42 kW, but 2 panels deliver nothing.')
  })

  it('counts panels that do not report before those that deliver nothing', () => {
    const said = say({ plant: plant({ panels: { known: 24, reporting: 22 } }), panels: roof(250, 248, 0, 251) })
    expect(read(said)).toBe('Producing 3.42 kW, but 2 of 24 panels do not report.')
    const one = say({ plant: plant({ panels: { known: 24, reporting: 23 } }) })
    expect(read(one)).toBe('Producing 3.42 kW, but one of 24 panels does not report.')
  })

  it('tells at night since when, how much, and when light is expected', () => {
    const night = plant({
      state: 'asleep',
      power_w: 0,
      asleep_since: '2026-06-21T15:12:00Z',
      first_light_about: '2026-06-22T05:10:00Z',
    })
    const said = say({ plant: night })
    expect(read(said)).toBe('Asleep since 17:12, 11.8 kWh today.')
    expect([said.tone, said.notes]).toEqual(['night', [{ key: 'firstLight', values: { time: '07:10' } }]])
  })

  it('is content with a gateway that is set up at night', () => {
    const said = say({ plant: plant({ state: 'asleep', energy_lifetime_wh: null, energy_today_wh: null }) })
    expect(read(said)).toBe('The gateway answers, and 24 panels are asleep: they follow at first light.')
    expect(said.tone).toBe('night')
  })

  it('helps when nothing is set up', () => {
    expect(read(say({ dtus: [] }))).toBe('No gateway is set up yet.')
  })

  it('gives the reason of the bridge when a gateway was never reached', () => {
    const refused = dtu({
      phase: 'failing',
      last_success: null,
      last_failure: { at: '2026-06-21T11:00:00Z', kind: 'connect', text: '192.168.1.50:502 refuses the connection' },
    })
    const said = say({ plant: plant({ state: 'starting' }), dtus: [refused] })
    expect(read(said)).toBe('The gateway “house” does not answer.')
    expect([said.tone, said.notes]).toEqual(['failure', [{ text: '192.168.1.50:502 refuses the connection' }]])
    expect(read(say({ plant: plant({ state: 'starting' }) }))).toBe('Waiting for the first answer of the gateway.')
  })

  it('says how old the last reading is when nobody answers', () => {
    const gone = plant({ state: 'offline', power_w: null })
    const said = say({ plant: gone, dtus: [dtu({ phase: 'failing' }), dtu({ phase: 'failing', name: 'barn' })] })
    expect(read(said)).toBe('None of 2 gateways answers.')
    expect(said.notes.at(-1)).toEqual({ key: 'lastReading', values: { time: '21 Jun 2026, 13:39' } })
  })

  it('adds what is wrong while the plant runs', () => {
    const said = say({
      plant: plant({
        verdict: { status: 'failed', reasons: ["DTU 'barn' at 10.0.0.3:502 last answered long ago.", 'Readings are being lost.'] },
      }),
      dtus: [
        dtu(),
        dtu({
          name: 'barn',
          phase: 'failing',
          last_success: '2026-06-21T09:00:00Z',
          last_failure: { at: '2026-06-21T11:00:00Z', kind: 'timeout', text: 'nothing answers' },
        }),
      ],
    })
    expect(read(said)).toBe('Producing 3.42 kW, but the gateway “barn” does not answer.')
    expect(said.tone).toBe('failure')
    expect(said.notes).toEqual([
      { key: 'dtuSilentSince', values: { dtu: 'barn', time: '11:00' } },
      { text: 'nothing answers' },
      { text: 'Readings are being lost.' },
    ])
  })
})
