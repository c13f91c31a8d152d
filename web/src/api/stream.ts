import { address, failure } from './client'
import { SseParser, type ServerEvent } from './sse'
import { authorization } from './token'

export type Connection = 'connecting' | 'open' | 'lost' | 'refused'

export interface StreamHandlers {
  onEvent(event: ServerEvent): void
  /** `retryAt`: when the next attempt is made, by the browser's clock, while lost. */
  onConnection(connection: Connection, retryAt: number | null): void
}

/** The bridge sends a comment every 15 s; after three of them were missed nobody is there. */
const SILENCE_MS = 45_000
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 30_000

/** How long to wait before attempt `n` (from 0) after a loss: doubling, with a ceiling. */
export function retryDelay(attempt: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** attempt, LAST_RETRY_MS)
}

/** Follows `/api/stream` until it is told to stop, over losses of the connection. */
export function follow(handlers: StreamHandlers): { stop(): void; retryNow(): void } {
  const stopped = new AbortController()
  let lastId = ''
  let wake: () => void = () => {}
  void run()
  return {
    stop: () => {
      stopped.abort()
      wake()
    },
    retryNow: () => wake(),
  }

  async function run(): Promise<void> {
    let attempt = 0
    handlers.onConnection('connecting', null)
    while (!stopped.signal.aborted) {
      const outcome = await connect(() => {
        attempt = 0
        handlers.onConnection('open', null)
      })
      if (stopped.signal.aborted) return
      if (outcome === 'refused') {
        handlers.onConnection('refused', null)
        return
      }
      const wait = retryDelay(attempt++)
      handlers.onConnection('lost', Date.now() + wait)
      await pause(wait)
    }
  }

  async function connect(onOpen: () => void): Promise<'ended' | 'refused'> {
    const attempt = new AbortController()
    const abort = () => attempt.abort()
    stopped.signal.addEventListener('abort', abort)
    let watchdog = setTimeout(abort, SILENCE_MS)
    try {
      const resume: Record<string, string> = lastId ? { 'Last-Event-ID': lastId } : {}
      const response = await fetch(address('api/stream'), {
        headers: { Accept: 'text/event-stream', ...resume, ...authorization() },
        signal: attempt.signal,
        cache: 'no-store',
      })
      if (!response.ok || !response.body) {
        const error = await failure(response)
        return error.status === 401 ? 'refused' : 'ended'
      }
      onOpen()
      const parser = new SseParser()
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return 'ended'
        clearTimeout(watchdog)
        watchdog = setTimeout(abort, SILENCE_MS)
        for (const event of parser.push(value)) {
          if (event.id) lastId = event.id
          handlers.onEvent(event)
        }
      }
    } catch {
      return 'ended'
    } finally {
      clearTimeout(watchdog)
      stopped.signal.removeEventListener('abort', abort)
      attempt.abort()
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
