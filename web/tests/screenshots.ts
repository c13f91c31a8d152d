/** The pictures of docs/ and the README. Looked at by eye; nothing compares their pixels. */
import { mkdir, writeFile } from 'node:fs/promises'
import { inject, it } from 'vitest'
import { chartDrawn, useBrowser, visit, type Visit } from './browser'

useBrowser()
const noon = inject('noon')
const night = inject('night')
const token = inject('token')
const dir = new URL('../../docs/images/', import.meta.url)

const PICTURES: [string, string, Visit][] = [
  ['now', `${noon}/`, {}],
  ['now-phone', `${noon}/`, { phone: true, theme: 'dark' }],
  ['night-phone', `${night}/`, { phone: true, theme: 'dark', token }],
  ['panels', `${noon}/panels?day=2026-06-19`, { theme: 'dark' }],
  ['history-day', `${noon}/history?day=2026-06-20`, {}],
  ['history-month', `${noon}/history?month=2026-06`, {}],
  ['compare', `${noon}/compare?what=days&items=2026-06-19,2026-06-20`, {}],
  ['events', `${noon}/events`, {}],
  ['system', `${noon}/system`, {}],
  ['kiosk', `${noon}/kiosk`, { theme: 'dark' }],
]

it.each(PICTURES)('%s', async (name, url, how) => {
  await mkdir(dir, { recursive: true })
  const { page } = await visit(url, { ...how, reducedMotion: true })
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
