/** The pictures of docs/ and the README. Looked at by eye; nothing compares their pixels. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, inject, it } from 'vitest'
import { demo, type Running } from './bridge'
import { chartDrawn, useBrowser, visit, type Visit } from './browser'

useBrowser()
const noon = inject('noon')
const night = inject('night')
const token = inject('token')
const dir = new URL('../../docs/images/', import.meta.url)

/** A fine afternoon after a fine day. */
const FINE = '2026-06-19 15:40:00'
let dataDir = ''
let fine: Running
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'smiles-web-'))
  fine = await demo(dataDir, FINE)
})
afterAll(async () => {
  await fine.stop()
  await rm(dataDir, { recursive: true, force: true })
})

/** An address that begins with a slash is of the fine afternoon. */
const PICTURES: [string, string, Visit][] = [
  ['now', '/', {}],
  ['now-phone', '/', { phone: true, theme: 'dark' }],
  ['night-phone', `${night}/`, { phone: true, theme: 'dark', token }],
  ['panels', `${noon}/panels?day=2026-06-19`, { theme: 'dark' }],
  ['history-day', `${noon}/history?day=2026-06-20`, {}],
  ['history-month', `${noon}/history?month=2026-06`, {}],
  ['compare', `${noon}/compare?what=days&items=2026-06-19,2026-06-20`, {}],
  ['events', `${noon}/events`, {}],
  ['system', `${noon}/system`, {}],
  ['kiosk', '/kiosk', { theme: 'dark' }],
]

it.each(PICTURES)('%s', async (name, url, how) => {
  await mkdir(dir, { recursive: true })
  const { page } = await visit(url.startsWith('/') ? fine.url + url : url, { ...how, reducedMotion: true })
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  if (/now|night|history|compare/.test(name)) await chartDrawn(page)
  if (name === 'panels') await page.getByText(/\dkW/).first().waitFor({ timeout: 5000 }).catch(() => undefined)
  await page.evaluate(() => document.fonts.ready)
  await page.waitForTimeout(1500)
  // Chromium writes WebP itself, at a tenth of the size of a PNG.
  const session = await page.context().newCDPSession(page)
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 82 })
  await writeFile(new URL(`dashboard-${name}.webp`, dir), Buffer.from(data, 'base64'))
  await page.context().close()
})
