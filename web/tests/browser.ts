/** Debian's Chromium, and what every page that a test opens must keep. */
import AxeBuilder from 'axe-core'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect } from 'vitest'

export interface Visit {
  theme?: 'light' | 'dark'
  phone?: boolean
  locale?: string
  zone?: string
  reducedMotion?: boolean
  /** Kept in the browser beforehand. */
  token?: string
}

/** Until whoever waits for something gives up: a busy machine may well take its time. */
const PATIENCE_MS = 90_000

let browser: Browser

/** Call at the top of a file of tests. */
export function useBrowser(): void {
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    })
  })
  afterAll(() => browser.close())
}

/** A visitor with a browser of their own. `check` fails if anything went wrong unseen. */
export async function visit(url: string, how: Visit = {}): Promise<{ page: Page; check: () => Promise<void> }> {
  const { theme = 'light', phone = false, locale = 'en-GB', zone = 'Europe/Berlin' } = how
  const options: BrowserContextOptions = {
    viewport: phone ? { width: 390, height: 844 } : { width: 1280, height: 900 },
    isMobile: phone,
    hasTouch: phone,
    deviceScaleFactor: phone ? 2 : 1,
    colorScheme: theme,
    locale,
    timezoneId: zone,
    reducedMotion: how.reducedMotion ? 'reduce' : 'no-preference',
  }
  const context = await browser.newContext(options)
  context.setDefaultTimeout(PATIENCE_MS)
  const { token } = how
  if (token) await context.addInitScript((value) => localStorage.setItem('hoymiles-smiles.token', value), token)
  const page = await context.newPage()
  const faults: string[] = []
  const origin = new URL(url).origin
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`))
  page.on('console', (message) => {
    // A refused answer is told here too; what it means for the page is for the test to say.
    const expected = message.text().startsWith('Failed to load resource')
    if (message.type() === 'error' && !expected) faults.push(`console: ${message.text()}`)
  })
  page.on('request', (request) => {
    const to = request.url()
    if (!to.startsWith(origin) && !to.startsWith('blob:')) faults.push(`request to elsewhere: ${to}`)
  })
  await page.goto(url)
  return {
    page,
    check: async () => {
      expect(faults).toEqual([])
      await expectAccessible(page)
      await expectToFit(page)
      await context.close()
    },
  }
}

/** axe finds nothing serious. */
async function expectAccessible(page: Page): Promise<void> {
  // The policy of the page forbids inline scripts; a script of the debugger is none.
  await page.evaluate(AxeBuilder.source)
  const serious = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof AxeBuilder }
    const { violations } = await axe.run(document, { resultTypes: ['violations'] })
    return violations
      .filter((each) => each.impact === 'serious' || each.impact === 'critical')
      .map((each) => `${each.id}: ${each.nodes.map((node) => `${node.target.join(' ')} (${node.any[0]?.message ?? ''})`).join(', ')}`)
  })
  expect(serious).toEqual([])
}

/** Nothing sticks out: a phone scrolls down, not sideways. */
async function expectToFit(page: Page): Promise<void> {
  const [needed, given] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
  expect(needed).toBeLessThanOrEqual(given ?? 0)
}

/** The text of the one sentence, once it says something. */
export async function headline(page: Page, sign: RegExp): Promise<void> {
  await page.getByRole('heading', { level: 1, name: sign }).waitFor()
}

/** Until a chart has been drawn. */
export async function chartDrawn(page: Page): Promise<void> {
  await page.locator('[data-drawn]').first().waitFor()
}
