import { computed, reactive, readonly, ref, shallowRef } from 'vue'
import { api, ApiError } from './api/client'
import type { ServerEvent } from './api/sse'
import { follow, type Connection } from './api/stream'
import { tokenWanted } from './api/token'
import type {
  Dtu,
  Info,
  Inverter,
  Layout,
  Plant,
  PlantEvent,
  StreamSnapshot,
  StreamState,
  StreamStatus,
} from './api/types'
import { panelsOf } from './plant/panels'

/** The state of everything as the bridge last told it; the only owner of it in this page. */
interface Live {
  info: Info | null
  plant: Plant | null
  dtus: Dtu[]
  inverters: Inverter[]
  connection: Connection
  /** Since when the connection has been lost, by the browser's clock. */
  lostSince: number | null
  retryAt: number | null
}

const state = reactive<Live>({
  info: null,
  plant: null,
  dtus: [],
  inverters: [],
  connection: 'connecting',
  lostSince: null,
  retryAt: null,
})

export const live = readonly(state) as Readonly<Live>
export const panels = computed(() => panelsOf(state.inverters))
export const zone = computed(() => state.plant?.time_zone ?? state.info?.time_zone ?? 'UTC')
/** Of a plant that was never read, or only asleep, there is nothing to show yet. */
export const wasRead = computed(() => {
  const { plant } = state
  if (!plant) return false
  return plant.energy_lifetime_wh !== null || (plant.last_reading_at !== null && plant.state !== 'asleep')
})
export const layout = shallowRef<Layout | null>(null)

/** Counts up when an event began, changed or ended; whoever lists events asks again. */
export const eventsChanged = ref(0)
/** The newest event, for whoever shows it in passing. */
export const newestEvent = shallowRef<PlantEvent | null>(null)

/** The bridge's clock less the browser's, ms: a tablet on a wall may be years off. */
let clockOffset = 0
/** Ticks every second, so that ages grow while nothing arrives. */
export const now = ref(Date.now())
setInterval(() => (now.value = Date.now() + clockOffset), 1000)

/** Seconds from an instant that the bridge told until now, by the bridge's clock. */
export function secondsSince(instant: string | null | undefined): number | null {
  return instant ? Math.max(0, (now.value - Date.parse(instant)) / 1000) : null
}

let stream: ReturnType<typeof follow> | null = null

/** Starts to follow the bridge; again after a token was given. */
export function start(): void {
  stream?.stop()
  tokenWanted.value = false
  void askOnce()
  stream = follow({ onEvent: take, onConnection })
}

export function retryNow(): void {
  stream?.retryNow()
}

async function askOnce(): Promise<void> {
  try {
    // The stream tells it too, but a proxy that collects answers holds a stream back.
    const [info, plant, dtus] = await Promise.all([api.info(), api.plant(), api.dtus()])
    state.info = info
    if (state.plant === null) apply({ plant, dtus })
    await loadLayout()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
  }
}

export async function loadLayout(): Promise<void> {
  layout.value = await api.layout()
}

function onConnection(connection: Connection, retryAt: number | null): void {
  if (connection === 'open') {
    state.lostSince = null
    // What the bridge is may have changed while it was away.
    if (state.connection === 'lost') void askOnce()
  }
  if (connection === 'lost') state.lostSince ??= Date.now()
  state.connection = connection
  state.retryAt = retryAt
}

function take(event: ServerEvent): void {
  const data: unknown = JSON.parse(event.data)
  switch (event.event) {
    case 'state':
      return apply(data as StreamState)
    case 'snapshot': {
      const { dtu_name, plant, dtus, inverters } = data as StreamSnapshot
      const others = state.inverters.filter((each) => each.dtu_name !== dtu_name)
      const all = [...others, ...inverters]
      all.sort((a, b) => (a.serial_number < b.serial_number ? -1 : 1))
      return apply({ plant, dtus, inverters: all })
    }
    case 'status':
      return apply(data as StreamStatus)
    case 'event':
      newestEvent.value = data as PlantEvent
      eventsChanged.value += 1
  }
}

function apply(told: StreamState | StreamStatus): void {
  clockOffset = Date.parse(told.plant.time) - Date.now()
  now.value = Date.now() + clockOffset
  state.plant = told.plant
  state.dtus = told.dtus
  if ('inverters' in told) state.inverters = told.inverters
}
