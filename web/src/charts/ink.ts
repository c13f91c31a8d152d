import { shade } from './shade'

/** The colours of styles/tokens.css as a canvas needs them. */
export interface Ink {
  paper: string
  surface: string
  line: string
  lineStrong: string
  ink: string
  ink2: string
  ink3: string
  sun: string
  night: string
  good: string
  warn: string
  bad: string
  /** For stacked areas. */
  stack: string[]
  /** For lines that must be told apart. */
  lines: string[]
  /** From no sun to full sun. */
  scale: string[]
  font: string
}

export function readInk(): Ink {
  const style = getComputedStyle(document.documentElement)
  const of = (name: string) => style.getPropertyValue(`--${name}`).trim()
  const many = (prefix: string, from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => of(`${prefix}${from + i}`))
  return {
    paper: of('paper'),
    surface: of('surface'),
    line: of('line'),
    lineStrong: of('line-strong'),
    ink: of('ink'),
    ink2: of('ink-2'),
    ink3: of('ink-3'),
    sun: of('sun'),
    night: of('night'),
    good: of('good'),
    warn: of('warn'),
    bad: of('bad'),
    stack: many('s', 1, 8),
    lines: many('c', 1, 6),
    scale: many('roof-', 0, 4),
    font: of('font'),
  }
}

/** The colour of one of `n` series: spread evenly over the stack's colours, from end to end. */
export function spread(colours: readonly string[], index: number, n: number): string {
  return shade(n <= 1 ? 0 : index / (n - 1), colours).fill
}

/** Diagonal lines: time or energy of which the bridge does not know what happened. */
export function hatch(line: string, ground = 'transparent'): { image: HTMLCanvasElement; repeat: 'repeat' } {
  const size = 16
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = size
  const pen = canvas.getContext('2d')
  if (pen) {
    pen.fillStyle = ground
    pen.fillRect(0, 0, size, size)
    pen.strokeStyle = line
    pen.lineWidth = 2
    for (const offset of [-size, -size / 2, 0, size / 2, size]) {
      pen.beginPath()
      pen.moveTo(offset, size)
      pen.lineTo(offset + size, 0)
      pen.stroke()
    }
  }
  return { image: canvas, repeat: 'repeat' }
}
