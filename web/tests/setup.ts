/** One demo for all tests that only look: at noon, in the night after, each with its own copy. */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { demo, type Running } from './bridge'

/** The day before, the second gateway was away from eleven to one. */
export const NOON = '2026-06-21 13:20:00'
const NIGHT = '2026-06-21 23:30:00'
/** Long enough to arrange a roof: the API takes none shorter. */
const TOKEN = 'only-for-this-test'

declare module 'vitest' {
  export interface ProvidedContext {
    noon: string
    night: string
    token: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = await mkdtemp(join(tmpdir(), 'smiles-web-'))
  const [byDay, byNight] = [join(dir, 'noon'), join(dir, 'night')]
  const first = await demo(byDay, NOON)
  await expectDashboard(first.url).finally(() => first.stop())
  await cp(byDay, byNight, { recursive: true })
  const running: Running[] = await Promise.all([demo(byDay, NOON), demo(byNight, NIGHT, { API_TOKEN: TOKEN })])
  project.provide('noon', running[0]?.url ?? '')
  project.provide('night', running[1]?.url ?? '')
  project.provide('token', TOKEN)
  return async () => {
    await Promise.all(running.map((each) => each.stop()))
    await rm(dir, { recursive: true, force: true })
  }
}

/** A program without its page would make each test wait in vain for the first thing it looks for. */
async function expectDashboard(url: string): Promise<void> {
  const page = await (await fetch(url)).text()
  if (page.includes('id="app"')) return
  throw new Error('the program was built without its dashboard: run `scripts/build-web.sh`, then `cargo build`')
}
