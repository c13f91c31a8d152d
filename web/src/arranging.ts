import { reactive, ref, shallowRef, type ComputedRef } from 'vue'
import { api, ApiError } from './api/client'
import type { Layout, PanelPlace } from './api/types'
import { layout, loadLayout } from './live'
import { panelKey, type Panel } from './plant/panels'
import { place } from './plant/roof'

export type Arranging = ReturnType<typeof useArranging>

/** Arranging the roof: a draft that is changed here and sent whole when it is saved. */
export function useArranging(panels: ComputedRef<Panel[]>) {
  const draft = shallowRef<Layout | null>(null)
  const names = reactive(new Map<string, string>())
  const error = ref<string | null>(null)
  const saving = ref(false)

  function begin(): void {
    const places = place(panels.value, layout.value).map((each) => ({ ...each.place }))
    draft.value = { panels: places, roofs: [...(layout.value?.roofs ?? [])] }
    names.clear()
    error.value = null
  }

  function cancel(): void {
    draft.value = null
  }

  function reset(): void {
    if (draft.value) draft.value = { panels: place(panels.value, null).map((each) => each.place), roofs: [] }
  }

  function change(key: string, by: (at: PanelPlace) => Partial<PanelPlace>): void {
    const of = draft.value
    if (!of) return
    const places = of.panels.map((at) =>
      panelKey(at.serial_number, at.port_number) === key ? { ...at, ...by(at) } : at,
    )
    draft.value = { ...of, panels: places }
  }

  /** Puts panels on a roof, which comes into being with its first one and goes with its last. */
  function setRoof(key: string, name: string | null): void {
    change(key, () => ({ roof: name }))
    const of = draft.value
    if (!of) return
    const used = new Set(of.panels.flatMap((at) => at.roof ?? []))
    const kept = of.roofs.filter((roof) => used.has(roof.name))
    const known = new Set(kept.map((roof) => roof.name))
    const added = [...used].filter((roof) => !known.has(roof)).map((roof) => ({ name: roof, azimuth: null, tilt: null }))
    draft.value = { ...of, roofs: [...kept, ...added] }
  }

  function setDirection(name: string, direction: { azimuth?: number | null; tilt?: number | null }): void {
    const of = draft.value
    if (!of) return
    draft.value = {
      ...of,
      roofs: of.roofs.map((roof) => (roof.name === name ? { ...roof, ...direction } : roof)),
    }
  }

  async function saveAll(): Promise<void> {
    const of = draft.value
    if (!of) return
    saving.value = true
    error.value = null
    try {
      await api.saveLayout(of)
      for (const [key, name] of names) {
        const [serial, port] = key.split('/') as [string, string]
        await api.namePanel(serial, Number(port), name.trim() || null)
      }
      await loadLayout()
      draft.value = null
    } catch (reason) {
      if (!(reason instanceof ApiError)) throw reason
      error.value = reason.message
    } finally {
      saving.value = false
    }
  }

  return {
    draft,
    names,
    error,
    saving,
    begin,
    cancel,
    reset,
    move: (key: string, x: number, y: number) => change(key, () => ({ x, y })),
    rotate: (key: string) => change(key, (at) => ({ rotation: (at.rotation + 90) % 360 })),
    setRoof,
    setDirection,
    save: saveAll,
  }
}
