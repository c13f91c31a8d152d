import { computed, shallowRef } from 'vue'
import { api, ApiError } from './api/client'
import type { Stats } from './api/types'
import { live, zone } from './live'
import { dayAt } from './text/zone'

const stats = shallowRef<Stats | null>(null)
let asked: Promise<void> | null = null

/** The first local day with readings; null until the database has told. Asked once per visit. */
export const firstDay = computed(() => {
  asked ??= api.stats().then(
    (answer) => void (stats.value = answer),
    (error: unknown) => {
      asked = null
      if (!(error instanceof ApiError)) throw error
    },
  )
  const oldest = stats.value?.oldest_reading
  return oldest ? dayAt(Date.parse(oldest), zone.value) : null
})

/** The plant's day of now. */
export const today = computed(() => live.plant?.day ?? dayAt(Date.now(), zone.value))
