/** First run, and what can go wrong while somebody watches. */
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, inject, it } from 'vitest'
import { bridge, dtu, type Running } from './bridge'
import { chartDrawn, headline, useBrowser, visit } from './browser'

useBrowser()
const NOON = '2026-06-21 13:20:00'
const running: (Running | { stop(): Promise<void> })[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop()))
})

async function started<T extends { stop(): Promise<void> }>(each: Promise<T>): Promise<T> {
  const one = await each
  running.push(one)
  return one
}

function configs(...dtus: [string, string][]): string {
  return JSON.stringify(dtus.map(([name, at]) => ({ name, host: at.split(':')[0], port: Number(at.split(':')[1]) })))
}

it('without a gateway it says what to do', async () => {
  const { url } = await started(bridge({}, NOON))
  const { page, check } = await visit(url)
  await headline(page, /No gateway is set up yet\./)
  await page.getByText('DTU_HOST=192.168.1.50').waitFor()
  await check()
})

it('a gateway that is set up at night is welcome', async () => {
  const night = '2026-06-21 23:30:00'
  const house = await started(dtu(night))
  const { url } = await started(bridge({ DTU_CONFIGS: configs(['house', house.url]) }, night))
  const { page, check } = await visit(url, { locale: 'de-DE', phone: true })
  await headline(page, /Das Gateway antwortet, und \d+ Module schlafen: Sie folgen beim ersten Licht\./)
  await check()
})

it('a gateway that cannot be reached is named, with the reason', async () => {
  const { url } = await started(bridge({ DTU_CONFIGS: configs(['house', '127.0.0.1:9']), COMM_RETRIES: '0' }, NOON))
  const { page, check } = await visit(url)
  await headline(page, /The gateway “house” does not answer\./)
  await page.getByText(/127\.0\.0\.1:9 refuses the connection/).first().waitFor()
  await check()
})

it('a gateway falls silent while somebody watches, and comes back', async () => {
  const [house, barn] = [await started(dtu(NOON)), await dtu(NOON)]
  const settings = { DTU_CONFIGS: configs(['house', house.url], ['barn', barn.url]), COMM_RETRIES: '0' }
  const { url } = await started(bridge(settings, NOON))
  const { page, check } = await visit(url)
  await headline(page, /Producing/)
  await barn.kill()
  await headline(page, /but the gateway “barn” does not answer\./)
  await page.getByText(/The gateway “barn” has not answered since 13:/).waitFor()
  await started(dtu(NOON, barn.url))
  await page.getByText(/The gateway “barn” has not answered/).waitFor({ state: 'detached' })
  await check()
})

it('the bridge goes away and comes back: the page says so, and goes on by itself', async () => {
  const house = await started(dtu(NOON))
  const settings = { DTU_CONFIGS: configs(['house', house.url]) }
  const first = await bridge(settings, NOON)
  const { page, check } = await visit(first.url)
  await headline(page, /Producing/)
  await first.stop()
  await page.getByText('No connection to the bridge.').waitFor()
  await started(bridge({ ...settings, HEALTH_PORT: new URL(first.url).port }, NOON))
  await page.getByText('No connection to the bridge.').waitFor({ state: 'detached' })
  await headline(page, /Producing/)
  await check()
})

/** A reverse proxy that takes a path prefix away, and tells in the header of Home Assistant's ingress. */
async function proxy(to: string, prefix: string): Promise<{ url: string; stop(): Promise<void> }> {
  const server: Server = createServer((incoming, answer) => {
    const path = incoming.url ?? ''
    if (!path.startsWith(`${prefix}/`)) {
      answer.writeHead(404).end()
      return
    }
    const onward = request(to + path.slice(prefix.length), { method: incoming.method, headers: { ...incoming.headers, 'x-ingress-path': prefix } }, (found) => {
      answer.writeHead(found.statusCode ?? 502, found.headers)
      found.pipe(answer)
    })
    onward.on('error', () => answer.destroy())
    answer.on('close', () => onward.destroy())
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const stop = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections()
      server.close(() => resolve())
    })
  return { url: `http://127.0.0.1:${port}${prefix}`, stop }
}

it('works behind a path prefix as behind the ingress of Home Assistant, deep links included', async () => {
  const { url } = await started(proxy(inject('noon'), '/api/hassio_ingress/abc-123'))
  const { page, check } = await visit(`${url}/history?day=2026-06-20`)
  await page.getByRole('heading', { level: 1, name: /20 June 2026/ }).waitFor()
  await chartDrawn(page)
  await page.getByRole('link', { name: 'Now', exact: true }).click()
  await headline(page, /Producing/)
  expect(page.url()).toBe(`${url}/`)
  await check()
})
