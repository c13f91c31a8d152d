/** The roof: playback over the history, and arranging. */
import { expect, inject, it } from 'vitest'
import { headline, useBrowser, visit } from './browser'

useBrowser()
const noon = inject('noon')
const night = inject('night')
const token = inject('token')

it('a whole day is played back, and the next one follows', async () => {
  const { page, check } = await visit(`${noon}/panels?day=2026-06-19`)
  await page.getByRole('slider').waitFor()
  const shown = await page.evaluateHandle(() => {
    const frames: { time: string; first: string }[] = []
    const slider = document.querySelector('input[type="range"]')
    const first = document.querySelector('[data-panel] text')
    const look = () => frames.push({ time: slider?.getAttribute('aria-valuetext') ?? '', first: first?.textContent ?? '' })
    if (slider) new MutationObserver(look).observe(slider, { attributeFilter: ['aria-valuetext'] })
    return frames
  })
  await page.getByRole('button', { name: 'Play the day' }).click()
  await page.waitForURL(/2026-06-20/)
  const frames = await shown.jsonValue()
  const seen = new Set(frames.map((frame) => frame.time))
  const brightest = Math.max(...frames.map((frame) => Number(frame.first) || 0))
  expect(brightest).toBeGreaterThan(100)
  expect(seen.size).toBeGreaterThan(100)
  expect([...seen].some((time) => time.startsWith('06:'))).toBe(true)
  expect([...seen].some((time) => time.startsWith('18:'))).toBe(true)
  await page.getByRole('button', { name: 'Pause' }).click()
  await check()
})

it('during the outage the panels of that gateway are grey, the others are not', async () => {
  const { page, check } = await visit(`${noon}/panels?day=2026-06-20`)
  await page.getByRole('slider').fill(String(12 * 12))
  await page.getByText(/no data of \d+ panels/).waitFor()
  // The house has 24 panels, which were read meanwhile.
  expect(await page.locator('[data-condition="producing"]').count()).toBe(24)
  expect(await page.locator('[data-condition="silent"]').count()).toBe((await page.locator('[data-panel]').count()) - 24)
  await check()
})

it('a panel tells of its day beside its peers', async () => {
  const { page, check } = await visit(`${noon}/panels`)
  await page.locator('[data-panel]').nth(3).focus()
  await page.keyboard.press('Enter')
  const sheet = page.getByRole('dialog')
  await sheet.getByText(/Inverter \d+, port \d/).waitFor()
  await sheet.locator('[data-drawn]').waitFor()
  await check()
})

it('without a token there is nothing to arrange', async () => {
  const { page } = await visit(`${noon}/panels`)
  await page.locator('[data-panel]').first().waitFor()
  expect(await page.getByRole('button', { name: 'Arrange' }).count()).toBe(0)
})

it('a bridge with a token asks for it; with it the roof can be arranged, and stays', async () => {
  const { page, check } = await visit(`${night}/panels`)
  await page.getByLabel('Token').fill('not-the-right-one')
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('alert').waitFor()
  await page.getByLabel('Token').fill(token)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByText('Zzz').first().waitFor()

  await page.getByRole('button', { name: 'Arrange' }).click()
  const panel = page.locator('[data-panel]').first()
  const before = await panel.getAttribute('transform')
  const box = await panel.boundingBox()
  if (!box) throw new Error('the panel is not to be seen')
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width / 2, box.y - box.height * 1.2, { steps: 5 })
  await page.mouse.up()
  await page.getByLabel('Name', { exact: true }).fill('Chimney')
  await page.getByLabel('Roof', { exact: true }).fill('South')
  await page.getByLabel('Roof', { exact: true }).press('Tab')
  await page.getByLabel('Azimuth °').fill('180')
  await panel.focus()
  await page.keyboard.press('r')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('button', { name: 'Arrange' }).waitFor()

  await page.reload()
  await page.getByRole('button', { name: /^Panel Chimney/ }).waitFor()
  const after = await page.locator('[data-panel]').first().getAttribute('transform')
  expect(after).not.toBe(before)
  expect(after).toContain('rotate(90')
  await check()
})

it('at night the sentence says since when, and when light is expected', async () => {
  const { page, check } = await visit(night, { token, theme: 'dark', phone: true })
  await headline(page, /Asleep since \d\d:\d\d, [\d.]+\skWh today\./)
  await page.getByText(/First light about 0\d:\d\d\./).waitFor()
  await check()
})
