/**
 * How soon the page shows what is going on: from the first byte asked for to the sentence. Beside it a
 * page of one line from a bare server in the same browser, in turns: what of it is the browser and the
 * machine.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { headline, useBrowser, visit } from './browser'

useBrowser()
const RUNS = 9

/** The budget of the first meaningful paint, ms. */
const BUDGET_MS = 1000

const bare = createServer((_, answer) => {
  answer.setHeader('content-type', 'text/html; charset=utf-8')
  answer.end('<!doctype html><html lang="en"><title>Bare</title><h1>Producing</h1>')
})
beforeAll(() => new Promise<void>((resolve) => bare.listen(0, '127.0.0.1', resolve)))
afterAll(() => bare.close())

it('first meaningful paint', async () => {
  const panels = await countOfPanels()
  const reference = `http://127.0.0.1:${(bare.address() as AddressInfo).port}`
  const took: Record<'sentence' | 'paint' | 'bare', number[]> = { sentence: [], paint: [], bare: [] }
  for (let run = 0; run < RUNS; run++) {
    // A context of its own: nothing is cached.
    for (const url of [reference, inject('noon')]) {
      const { page } = await visit(url)
      await headline(page, /Producing/)
      const paint = await at(page, 'first-contentful-paint')
      if (url === reference) {
        took.bare.push(paint)
      } else {
        took.paint.push(paint)
        took.sentence.push(await at(page, 'sentence'))
      }
      await page.context().close()
    }
  }
  console.log(
    [
      `median of ${RUNS} visits with an empty cache, ${panels} panels; budget ${BUDGET_MS} ms`,
      `the sentence          ${told(took.sentence)}`,
      `first paint           ${told(took.paint)}`,
      `a page of one line    ${told(took.bare)}`,
    ].join('\n'),
  )
  expect(middle(took.sentence)).toBeLessThan(BUDGET_MS)
})

type Visited = Awaited<ReturnType<typeof visit>>['page']

/** When something happened, ms after the page was asked for. */
async function at(page: Visited, name: string): Promise<number> {
  // A paint is told a moment after it was made.
  const told = await page.waitForFunction((name) => performance.getEntriesByName(name)[0]?.startTime, name)
  return (await told.jsonValue()) ?? Number.NaN
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

function told(values: readonly number[]): string {
  const ms = (value: number) => String(Math.round(value)).padStart(5)
  return `${ms(middle(values))} ms (${ms(Math.min(...values)).trim()} to ${ms(Math.max(...values)).trim()})`
}

async function countOfPanels(): Promise<number> {
  const answer = (await (await fetch(`${inject('noon')}/api/plant`)).json()) as { panels: { known: number } }
  return answer.panels.known
}
