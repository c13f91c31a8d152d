import { afterEach, describe, expect, it, vi } from 'vitest'
import { follow, retryDelay } from './stream'

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** An answer of the bridge that stays open, and the means to write into it. */
function open() {
  let controller!: ReadableStreamDefaultController<Uint8Array>
  const body = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) })
  const write = (text: string) => controller.enqueue(new TextEncoder().encode(text))
  return { response: new Response(body), write, end: () => controller.close() }
}

describe('following the bridge', () => {
  it('comes back after a loss and asks for what it has missed', async () => {
    vi.useFakeTimers()
    const [first, second] = [open(), open()]
    const fetch = vi
      .fn<(address: string, init: RequestInit) => Promise<Response>>()
      .mockResolvedValueOnce(first.response)
      .mockRejectedValueOnce(new TypeError('network'))
      .mockResolvedValueOnce(second.response)
    vi.stubGlobal('fetch', fetch)
    const events: string[] = []
    const connections: string[] = []
    const stream = follow({
      onEvent: (event) => events.push(event.data),
      onConnection: (connection) => connections.push(connection),
    })
    await vi.advanceTimersByTimeAsync(0)
    first.write('id: 5f-7\ndata: one\n\n')
    await vi.advanceTimersByTimeAsync(0)
    first.end()
    await vi.advanceTimersByTimeAsync(retryDelay(0) + retryDelay(1))
    second.write('data: two\n\n')
    await vi.advanceTimersByTimeAsync(0)
    expect(events).toEqual(['one', 'two'])
    expect(connections).toEqual(['connecting', 'open', 'lost', 'lost', 'open'])
    expect(fetch.mock.calls.map(([, init]) => new Headers(init.headers).get('last-event-id'))).toEqual([null, '5f-7', '5f-7'])
    stream.stop()
  })

  it('takes silence for a loss', async () => {
    vi.useFakeTimers()
    const connections: string[] = []
    vi.stubGlobal(
      'fetch',
      vi.fn((_: string, init: RequestInit) => {
        const { response } = open()
        return new Promise<Response>((resolve, reject) => {
          init.signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')))
          setTimeout(() => resolve(response), 60_000)
        })
      }),
    )
    const stream = follow({ onEvent: () => {}, onConnection: (connection) => connections.push(connection) })
    await vi.advanceTimersByTimeAsync(46_000)
    expect(connections).toContain('lost')
    stream.stop()
  })

  it('does not knock again at a door that wants a token', async () => {
    vi.useFakeTimers()
    const fetch = vi.fn(() => Promise.resolve(new Response('{"title":"A token is wanted","status":401}', { status: 401 })))
    vi.stubGlobal('fetch', fetch)
    const connections: string[] = []
    follow({ onEvent: () => {}, onConnection: (connection) => connections.push(connection) })
    await vi.advanceTimersByTimeAsync(120_000)
    expect([connections.at(-1), fetch.mock.calls.length]).toEqual(['refused', 1])
  })
})

it('waits longer each time, but half a minute at most', () => {
  expect([0, 1, 2, 3, 4, 5, 20].map(retryDelay)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
})
