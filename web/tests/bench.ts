/** How soon the page shows what is going on: from the first byte asked for to the sentence. */
import { expect, inject, it } from 'vitest'
import { headline, useBrowser, visit } from './browser'

useBrowser()
const RUNS = 7

/** The budget of the first meaningful paint, ms. */
const BUDGET_MS = 1000

it('first meaningful paint', async () => {
  const panels = await countOfPanels()
  const sentence: number[] = []
  const paint: number[] = []
  for (let run = 0; run < RUNS; run++) {
    // A context of its own: nothing is cached.
    const { page } = await visit(inject('noon'))
    await headline(page, /Producing/)
    const [shown, painted] = await page.evaluate(() => [
      performance.getEntriesByName('sentence')[0]?.startTime ?? Number.NaN,
      performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
    ])
    sentence.push(shown ?? Number.NaN)
    paint.push(painted ?? Number.NaN)
    await page.context().close()
  }
  const middle = (values: number[]) => Math.round([...values].sort((a, b) => a - b)[RUNS >> 1] ?? Number.NaN)
  console.log(
    `first paint ${middle(paint)} ms, the sentence ${middle(sentence)} ms after the request ` +
      `(median of ${RUNS} with an empty cache, ${panels} panels; budget ${BUDGET_MS} ms)`,
  )
  expect(middle(sentence)).toBeLessThan(BUDGET_MS)
})

async function countOfPanels(): Promise<number> {
  const answer = (await (await fetch(`${inject('noon')}/api/plant`)).json()) as { panels: { known: number } }
  return answer.panels.known
}
