/**
 * The shapes of the bridge's answers, from docs/openapi.json: `npm run types` writes schema.ts, the
 * build does so first. A change of the API that breaks the page breaks the build.
 */
import type { components } from './schema'

type Schemas = components['schemas']

/** In an answer every key is there; what may be unknown is null. */
type Told<T> = T extends readonly (infer Each)[]
  ? Told<Each>[]
  : T extends object
    ? { [Key in keyof T]-?: Told<Exclude<T[Key], undefined>> }
    : T

export type Info = Told<Schemas['Info']>
export type Plant = Told<Schemas['Plant']>
export type Dtu = Told<Schemas['Dtu']>
export type Inverter = Told<Schemas['Inverter']>
export type Port = Told<Schemas['Port']>
export type Energy = Told<Schemas['Energy']>
export type EnergyPoint = Told<Schemas['EnergyPoint']>
export type Power = Told<Schemas['Power']>
export type Gap = Told<Schemas['PowerGap']>
export type PlantEvent = Told<Schemas['Event']>
export type Coverage = Told<Schemas['Coverage']>
export type Layout = Told<Schemas['Layout']>
export type PanelPlace = Told<Schemas['PlacedPanel']>
export type Stats = Told<Schemas['Stats']>
export type Health = Told<Schemas['Health']>
export type Problem = Schemas['Problem']

export type StreamState = Told<Schemas['StreamState']>
export type StreamSnapshot = Told<Schemas['StreamSnapshot']>
export type StreamStatus = Told<Schemas['StreamStatus']>
