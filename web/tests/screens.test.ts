/** A person's path through every screen, in every clothing. */
import { describe, expect, inject, it } from 'vitest'
import { chartDrawn, headline, useBrowser, visit, type Visit } from './browser'

useBrowser()
const noon = inject('noon')

const CLOTHES: [string, Visit][] = [
  ['light, desktop', {}],
  ['dark, phone, German', { theme: 'dark', phone: true, locale: 'de-DE' }],
]

const NAMES = {
  'en-GB': { now: 'Now', panels: 'Panels', history: 'History', compare: 'Compare', events: 'Events', system: 'System' },
  'de-DE': { now: 'Jetzt', panels: 'Module', history: 'Verlauf', compare: 'Vergleich', events: 'Ereignisse', system: 'System' },
} as const

describe.each(CLOTHES)('%s', (_, how) => {
  const names = NAMES[how.locale === 'de-DE' ? 'de-DE' : 'en-GB']
  const german = how.locale === 'de-DE'

  it('Now says what is going on, with today’s curve and its table', async () => {
    const { page, check } = await visit(noon, how)
    await headline(page, german ? /Erzeugt \d,\d+\skW, alle \d\d Module melden sich\./ : /Producing \d\.\d+\skW, all \d\d panels reporting\./)
    await chartDrawn(page)
    await page.getByRole('button', { name: german ? 'Tabelle' : 'Table' }).click()
    expect(await page.getByRole('row').count()).toBeGreaterThan(20)
    await check()
  })

  it('every screen is one tap away, and each is fine', async () => {
    for (const [screen, name] of Object.entries(names)) {
      const { page, check } = await visit(noon, how)
      await headline(page, german ? /Erzeugt/ : /Producing/)
      await page.getByRole('link', { name, exact: true }).first().click()
      await page.waitForURL(screen === 'now' ? `${noon}/` : new RegExp(`/${screen}\\b`))
      await page.getByRole('heading', { level: 1 }).first().waitFor()
      if (screen !== 'system' && screen !== 'events' && screen !== 'panels') await chartDrawn(page)
      await check()
    }
  })
})

it('the history goes from all years to the outage of one afternoon', async () => {
  const { page, check } = await visit(`${noon}/history?all`)
  await page.getByRole('button', { name: 'Table' }).click()
  await page.getByRole('button', { name: '2026' }).click()
  await page.getByRole('heading', { level: 1, name: '2026' }).waitFor()
  // The table stays open from one period to the next.
  await page.getByRole('button', { name: 'June 2026' }).click()
  await page.getByRole('heading', { level: 1, name: 'June 2026' }).waitFor()
  await page.getByRole('row', { name: /Saturday,? 20 June 2026.*2\s?h/ }).getByRole('button').click()
  await page.getByRole('heading', { level: 1, name: /Saturday,? 20 June 2026/ }).waitFor()
  await chartDrawn(page)
  await page.getByRole('button', { name: 'Table' }).click()
  await page.getByRole('cell', { name: 'The gateway did not answer (Garage (demo))' }).first().waitFor()
  await page.goBack()
  await page.getByRole('heading', { level: 1, name: 'June 2026' }).waitFor()
  await check()
})

it('CSV has exactly what is shown', async () => {
  const { page, check } = await visit(`${noon}/history?month=2026-06`)
  await chartDrawn(page)
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'CSV' }).click()
  const file = await download
  expect(file.suggestedFilename()).toBe('energy-2026-06.csv')
  const chunks: Buffer[] = []
  for await (const chunk of await file.createReadStream()) chunks.push(chunk as Buffer)
  const lines = Buffer.concat(chunks).toString('utf8').replace('\ufeff', '').trim().split('\r\n')
  expect(lines).toHaveLength(31)
  expect(lines[0]).toMatch(/^Day,Total \(Wh\),/)
  expect(lines[20]).toMatch(/^2026-06-20,\d+,/)
  await check()
})

it('two panels, two days: what is compared is in the address', async () => {
  const { page, check } = await visit(`${noon}/compare?what=days`)
  await page.getByRole('row', { name: /21 Jun/ }).waitFor()
  // By the accounts, also where the curve has holes.
  const answer = await fetch(`${noon}/api/energy?from=2026-06-20&to=2026-06-21&resolution=day`)
  const { series } = (await answer.json()) as { series: { points: { energy_wh: number }[] }[] }
  const kilowattHours = ((series[0]?.points[0]?.energy_wh ?? 0) / 1000).toFixed(1)
  await page.getByRole('row', { name: new RegExp(`20 Jun 2026 ${kilowattHours}\\skWh`) }).waitFor()
  await page.getByRole('button', { name: /a week ago/ }).click()
  await page.waitForURL(/2026-06-14/)
  await page.getByRole('row', { name: /14 Jun/ }).waitFor()
  await page.reload()
  await page.getByRole('row', { name: /14 Jun/ }).waitFor()
  await check()
})

it('events tell in words what happened', async () => {
  const { page, check } = await visit(`${noon}/events`)
  await page.getByText('Gateway unreachable · Garage (demo)').waitFor()
  await page.getByText('2 h', { exact: true }).first().waitFor()
  await check()
})

it('the diagnostic report hides who and where', async () => {
  const { page, check } = await visit(`${noon}/system`)
  await page.getByText('SQLite').waitFor()
  await page.getByRole('button', { name: 'Make the report' }).click()
  const text = await page.getByRole('textbox', { name: 'Diagnostic report' }).inputValue()
  expect(text).toContain('"power_w"')
  expect(text).not.toMatch(/127\.0\.0\.1|Garage|\b1164\d{8}\b/)
  await check()
})

it('what the bridge says is German on a German page', async () => {
  const { page, check } = await visit(`${noon}/events`, { locale: 'de-DE' })
  await page.getByText('Die DTU antwortet nicht: Ist sie eingeschaltet, und stimmt ihre Adresse?').waitFor()
  await page.getByRole('link', { name: 'System', exact: true }).click()
  await page.getByText('Die DTU antwortet.').first().waitFor()
  await check()
})

it('on paper there is what is shown, without what can be clicked', async () => {
  const { page, check } = await visit(`${noon}/history?day=2026-06-20`)
  await chartDrawn(page)
  await page.emulateMedia({ media: 'print' })
  expect(await page.getByRole('navigation').isVisible()).toBe(false)
  expect(await page.getByRole('button').filter({ visible: true }).count()).toBe(0)
  expect(await page.locator('[data-drawn]').first().isVisible()).toBe(true)
  await check()
})

it('can be put on the home screen', async () => {
  const { page, check } = await visit(noon)
  const [manifest, icons] = await page.evaluate(async () => {
    const link = document.querySelector<HTMLLinkElement>('link[rel="manifest"]')?.href ?? ''
    const manifest = (await (await fetch(link)).json()) as { display: string; start_url: string; icons: { src: string; sizes: string }[] }
    const icons = await Promise.all(
      manifest.icons.map(async ({ src, sizes }) => {
        const answer = await fetch(new URL(src, link))
        return `${sizes} ${answer.headers.get('content-type')}`
      }),
    )
    return [manifest, icons] as const
  })
  expect([manifest.display, manifest.start_url]).toEqual(['standalone', './'])
  expect(icons).toEqual(expect.arrayContaining(['192x192 image/png', '512x512 image/png']))
  await check()
})

it.each(['light', 'dark'] as const)('the kiosk is for a wall, %s', async (theme) => {
  const { page, check } = await visit(`${noon}/kiosk`, { theme })
  await headline(page, /Producing/)
  expect(await page.getByRole('navigation').count()).toBe(0)
  await check()
})

it('the language and the colours can be chosen, and stay', async () => {
  const { page, check } = await visit(`${noon}/system`)
  await page.getByLabel('Language').selectOption('de')
  await page.getByRole('button', { name: 'Dunkel' }).click()
  await page.reload()
  await page.getByRole('link', { name: 'Jetzt' }).waitFor()
  expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe('dark')
  expect(await page.evaluate(() => document.documentElement.lang)).toBe('de')
  await check()
})

it('says whose times these are when the visitor is elsewhere', async () => {
  const { page, check } = await visit(noon, { zone: 'America/New_York' })
  await page.getByText(/times are those of the plant \(Europe\/Berlin\), where it is 13:/).waitFor()
  await check()
})

it('a day can be typed as well as picked', async () => {
  const { page, check } = await visit(`${noon}/history?day=2026-06-20`, { locale: 'de-DE' })
  await page.getByText('20.06.2026', { exact: true }).waitFor()
  await page.getByLabel('Tag', { exact: true }).fill('2026-06-14')
  await page.getByRole('heading', { level: 1, name: 'Sonntag, 14. Juni 2026' }).waitFor()
  await check()
})

it('an address that nobody knows leads back', async () => {
  const { page, check } = await visit(`${noon}/nothing-of-the-kind`)
  await page.getByRole('heading', { name: 'There is no such page.' }).waitFor()
  await page.getByRole('link', { name: 'To the plant' }).click()
  await headline(page, /Producing/)
  await check()
})

it('the keyboard alone is enough', async () => {
  const { page, check } = await visit(noon)
  await headline(page, /Producing/)
  await page.keyboard.press('Tab')
  await page.getByText('Skip to the content').and(page.locator(':focus')).waitFor()
  for (let i = 0; i < 3; i++) await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/panels')
  await check()
})
