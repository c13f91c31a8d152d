import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef, type WatchSource } from 'vue'
import { ApiError } from './api/client'

export interface Asked<T> {
  data: Readonly<ShallowRef<T | null>>
  error: Readonly<Ref<string | null>>
  busy: Readonly<Ref<boolean>>
  again(): void
}

/**
 * Asks the bridge whenever what is asked changes. A question that was overtaken is dropped, so that
 * an old answer never follows a new one; the last answer stays until the next one is there.
 *
 * @param question What is asked; null asks nothing.
 * @param every Also ask again after so many ms, while the page is looked at.
 */
export function useAsked<Q, T>(
  question: WatchSource<Q | null>,
  ask: (question: Q, signal: AbortSignal) => Promise<T>,
  every?: number,
): Asked<T> {
  const data = shallowRef<T | null>(null)
  const error = ref<string | null>(null)
  const busy = ref(false)
  let running: AbortController | null = null
  let latest: Q | null = null

  watch(question, (value) => run(value), { immediate: true, deep: true })
  const timer = every ? setInterval(() => document.visibilityState === 'visible' && run(latest), every) : undefined
  onScopeDispose(() => {
    clearInterval(timer)
    running?.abort()
  })
  return { data, error, busy, again: () => run(latest) }

  function run(value: Q | null): void {
    latest = value
    running?.abort()
    if (value === null) return
    const mine = (running = new AbortController())
    busy.value = true
    ask(value, mine.signal)
      .then((answer) => {
        if (mine.signal.aborted) return
        data.value = answer
        error.value = null
      })
      .catch((reason: unknown) => {
        if (mine.signal.aborted) return
        if (!(reason instanceof ApiError)) throw reason
        error.value = reason.message
      })
      .finally(() => {
        if (running === mine) busy.value = false
      })
  }
}
