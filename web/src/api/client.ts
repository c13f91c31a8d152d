import { base } from './base'
import { authorization, token, tokenWanted } from './token'
import type {
  Coverage,
  Dtu,
  Energy,
  Health,
  Info,
  Layout,
  Plant,
  PlantEvent,
  Power,
  Problem,
  Stats,
} from './types'

/** An answer that is no success, with the sentence of the bridge. `status` 0: no answer at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly kind: string = '',
  ) {
    super(message)
    this.name = 'ApiError'
  }
}

type Query = Record<string, string | number | undefined>

interface Options {
  query?: Query
  signal?: AbortSignal
  method?: 'GET' | 'PUT'
  body?: unknown
  /** Statuses whose body is an answer although they are no success. */
  also?: number[]
}

/** The address of a route, relative to wherever the bridge is mounted. */
export function address(path: string, query: Query = {}): string {
  const given = Object.entries(query).filter((entry) => entry[1] !== undefined)
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
  return base + path + (text && `?${text}`)
}

async function ask<T>(path: string, options: Options = {}): Promise<T> {
  const { query, signal, method = 'GET', body, also = [] } = options
  const init: RequestInit = { method, headers: { Accept: 'application/json', ...authorization() } }
  if (signal) init.signal = signal
  if (body !== undefined) {
    init.body = JSON.stringify(body)
    init.headers = { ...init.headers, 'Content-Type': 'application/json' }
  }
  let response: Response
  try {
    response = await fetch(address(path, query), init)
  } catch (error) {
    if (signal?.aborted) throw error
    throw new ApiError(0, error instanceof Error ? error.message : String(error))
  }
  if (response.ok || also.includes(response.status)) {
    return (response.status === 204 ? undefined : await response.json()) as T
  }
  throw await failure(response)
}

/** What a failed answer says; a 401 also makes the page ask for the token. */
export async function failure(response: Response): Promise<ApiError> {
  if (response.status === 401) tokenWanted.value = token.value ? 'wrong' : 'missing'
  const problem = (await response.json().catch(() => null)) as Problem | null
  const sentence = problem?.detail ?? problem?.title ?? `HTTP ${response.status}`
  return new ApiError(response.status, sentence, problem?.type?.split(':').pop())
}

export type Resolution = 'hour' | 'day' | 'month' | 'year'
export type By = 'plant' | 'dtu' | 'inverter' | 'port'

export interface EnergyQuery {
  from: string
  to: string
  resolution: Resolution
  by?: By
}

export interface PowerQuery {
  day: string
  by?: By
  points?: number
  quantity?: 'power' | 'voltage'
  serial?: string
  port?: number
}

export interface EventQuery {
  from?: string
  to?: string
  limit?: number
}

/** Every route that the dashboard asks. */
export const api = {
  info: (signal?: AbortSignal) => ask<Info>('api/info', opt({}, signal)),
  plant: (signal?: AbortSignal) => ask<Plant>('api/plant', opt({}, signal)),
  dtus: (signal?: AbortSignal) => ask<Dtu[]>('api/dtus', opt({}, signal)),
  energy: (query: EnergyQuery, signal?: AbortSignal) =>
    ask<Energy>('api/energy', opt({ query: { ...query } }, signal)),
  power: (query: PowerQuery, signal?: AbortSignal) =>
    ask<Power>('api/power', opt({ query: { ...query } }, signal)),
  events: (query: EventQuery, signal?: AbortSignal) =>
    ask<PlantEvent[]>('api/events', opt({ query: { ...query } }, signal)),
  coverage: (from: string, to: string, signal?: AbortSignal) =>
    ask<Coverage[]>('api/coverage', opt({ query: { from, to } }, signal)),
  stats: (signal?: AbortSignal) => ask<Stats>('stats', opt({}, signal)),
  health: (signal?: AbortSignal) => ask<Health>('health', opt({ also: [503] }, signal)),
  layout: (signal?: AbortSignal) => ask<Layout>('api/layout', opt({}, signal)),
  saveLayout: (layout: Layout) => ask<unknown>('api/layout', { method: 'PUT', body: layout }),
  namePanel: (serial: string, port: number, name: string | null) =>
    ask<unknown>(`api/panels/${serial}/${port}`, { method: 'PUT', body: { name } }),
  retire: (serial: string, retired: boolean) =>
    ask<unknown>(`api/inverters/${serial}/retired`, { method: 'PUT', body: { retired } }),
}

function opt(options: Options, signal: AbortSignal | undefined): Options {
  return signal ? { ...options, signal } : options
}
