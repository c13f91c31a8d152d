import type { Connection } from '../api/stream'
import type { Dtu, Plant } from '../api/types'
import type { Formats } from '../text/format'
import { panelLabel, type Panel } from './panels'

/** What the page says first: one sentence, in what tone, and what is to be added to it. */
export interface Sentence {
  /** Key of the message below `now.sentence`. */
  key: string
  values: Record<string, string | number>
  /** Chooses between singular and plural. */
  count: number
  tone: Tone
  /** Sentences below it, each a key below `now.note` or a text of the bridge. */
  notes: Note[]
}

export type Tone = 'sun' | 'night' | 'calm' | 'warning' | 'failure'

export type Note =
  | { key: string; values?: Record<string, string | number>; count?: number }
  | { text: string }

export interface Situation {
  plant: Plant
  dtus: readonly Dtu[]
  panels: readonly Panel[]
  connection: Connection
}

/** The heart of the page. */
export function sentence(situation: Situation, format: Formats): Sentence {
  const { plant, dtus } = situation
  if (dtus.length === 0) return of('noDtu', 'calm')
  switch (plant.state) {
    case 'starting':
      return starting(situation, format)
    case 'offline':
      return offline(situation, format)
    case 'asleep':
      return asleep(situation, format)
    case 'idle':
      return withFaults(of('idle', 'calm', { energy: format.energy(plant.energy_today_wh) }), situation, format)
    case 'producing':
      return withFaults(producing(situation, format), situation, format)
  }
}

function producing({ plant, dtus, panels }: Situation, format: Formats): Sentence {
  const power = format.power(plant.power_w)
  const dead = panels.filter((panel) => panel.condition === 'dead')
  const { known, reporting } = plant.panels
  if (reporting < known) {
    return of('someSilent', 'warning', { power, known, reporting, missing: known - reporting }, known - reporting)
  }
  if (dead.length === 1 && dead[0]) {
    return of('oneDead', 'warning', { power, panel: panelLabel(dead[0]) })
  }
  if (dead.length > 1) return of('someDead', 'warning', { power, dead: dead.length }, dead.length)
  // Its panels are not missed yet, but nobody knows how they are.
  const [silent, ...more] = failingOf(dtus)
  if (silent) return of('someGatewaySilent', 'warning', { power, dtu: silent.name, n: more.length + 1 }, more.length + 1)
  return of('allReporting', 'sun', { power, known }, known)
}

function asleep(situation: Situation, format: Formats): Sentence {
  const { plant } = situation
  // Set up at night: since when they sleep is as unknown as what they made.
  if (plant.energy_lifetime_wh === null) {
    return withFaults(of('asleepAtFirst', 'night', { known: plant.panels.known }, plant.panels.known), situation, format)
  }
  const energy = format.energy(plant.energy_today_wh)
  const said = plant.asleep_since
    ? of('asleepSince', 'night', { time: format.time(plant.asleep_since), energy })
    : of('asleep', 'night', { energy })
  if (plant.first_light_about) {
    said.notes.push({ key: 'firstLight', values: { time: format.time(plant.first_light_about) } })
  }
  return withFaults(said, situation, format)
}

function starting({ plant, dtus }: Situation, format: Formats): Sentence {
  const failing = failingOf(dtus)
  if (failing.length === 0) return of('starting', 'calm')
  const said = unreachable(failing)
  if (plant.first_light_about) {
    said.notes.push({ key: 'firstLight', values: { time: format.time(plant.first_light_about) } })
  }
  return said
}

function offline({ plant, dtus }: Situation, format: Formats): Sentence {
  const failing = failingOf(dtus)
  const said = unreachable(failing.length ? failing : dtus)
  if (plant.last_reading_at) {
    said.notes.push({ key: 'lastReading', values: { time: format.dateTime(plant.last_reading_at) } })
  }
  return said
}

function unreachable(dtus: readonly Dtu[]): Sentence {
  const [first] = dtus
  const said =
    dtus.length === 1 && first
      ? of('dtuUnreachable', 'failure', { dtu: first.name })
      : of('dtusUnreachable', 'failure', { n: dtus.length }, dtus.length)
  said.notes.push(...reasons(dtus))
  return said
}

function reasons(dtus: readonly Dtu[]): Note[] {
  return dtus.map((dtu) => ({ text: dtu.last_failure?.text ?? dtu.status_text }))
}

/** What is wrong although the plant runs: a DTU that is away, and whatever the bridge's verdict says. */
function withFaults(said: Sentence, { plant, dtus }: Situation, format: Formats): Sentence {
  for (const dtu of failingOf(dtus)) {
    said.tone = raise(said.tone, 'warning')
    const since = dtu.last_success ? format.time(dtu.last_success) : null
    said.notes.push(
      since
        ? { key: 'dtuSilentSince', values: { dtu: dtu.name, time: since } }
        : { key: 'dtuSilent', values: { dtu: dtu.name } },
    )
    if (dtu.last_failure) said.notes.push({ text: dtu.last_failure.text })
  }
  if (plant.verdict.status !== 'ok') {
    said.tone = raise(said.tone, plant.verdict.status === 'failed' ? 'failure' : 'warning')
    said.notes.push(...reasonsBesides(plant, dtus).map((text) => ({ text })))
  }
  return said
}

/** What the bridge's verdict says, without the gateways that fail: of those it is said apart, in our words. */
export function reasonsBesides(plant: Plant, dtus: readonly Dtu[]): string[] {
  const failing = failingOf(dtus)
  return plant.verdict.reasons.filter((reason) => !failing.some((dtu) => reason.startsWith(`DTU '${dtu.name}' `)))
}

function failingOf(dtus: readonly Dtu[]): Dtu[] {
  return dtus.filter((dtu) => dtu.phase === 'failing')
}

function raise(tone: Tone, to: 'warning' | 'failure'): Tone {
  return tone === 'failure' ? tone : to
}

function of(key: string, tone: Tone, values: Sentence['values'] = {}, count = 1): Sentence {
  return { key, values, count, tone, notes: [] }
}
