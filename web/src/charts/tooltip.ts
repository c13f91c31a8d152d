import type { Ink } from './ink'

export interface TipRow {
  name: string
  value: string
  colour?: string
}

/** The content of a tooltip, as elements: markup with inline styles is forbidden by our policy. */
export function tip(title: string, rows: readonly TipRow[], notes: readonly string[] = []): HTMLElement {
  const box = document.createElement('div')
  add(box, 'tip-title', title)
  for (const row of rows) {
    const line = add(box, 'tip-row')
    const name = add(line, 'tip-name', row.name)
    if (row.colour) name.style.setProperty('--swatch', row.colour)
    add(line, 'tip-value', row.value)
  }
  for (const note of notes) add(box, 'tip-note', note)
  return box
}

function add(parent: HTMLElement, className: string, text = ''): HTMLElement {
  const child = document.createElement('div')
  child.className = className
  child.textContent = text
  parent.append(child)
  return child
}

/** The frame of every tooltip. */
export function tooltipStyle(ink: Ink) {
  return {
    backgroundColor: ink.surface,
    borderColor: ink.lineStrong,
    borderWidth: 1,
    padding: [10, 12],
    confine: true,
    transitionDuration: 0,
    textStyle: { color: ink.ink, fontFamily: ink.font, fontSize: 13 },
    extraCssText: 'border-radius:10px;box-shadow:0 6px 24px rgb(0 0 0 / 12%);',
  }
}
