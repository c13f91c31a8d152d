/** Colours between the stops of a scale, and a text colour that can be read upon each. */

export interface Shade {
  fill: string
  text: string
}

type Rgb = [number, number, number]

/** @param tone 0 to 1; what lies outside is taken as the end. */
export function shade(tone: number, scale: readonly string[]): Shade {
  const at = Math.min(Math.max(tone, 0), 1) * (scale.length - 1)
  const low = Math.floor(at)
  const from = parse(scale[low])
  const to = parse(scale[Math.min(low + 1, scale.length - 1)])
  const mixed = from.map((value, i) => Math.round(value + ((to[i] as number) - value) * (at - low))) as Rgb
  return { fill: `rgb(${mixed.join(',')})`, text: contrast(mixed, DARK) >= contrast(mixed, LIGHT) ? css(DARK) : css(LIGHT) }
}

const DARK: Rgb = [0, 0, 0]
const LIGHT: Rgb = [255, 255, 255]

function parse(hex: string | undefined): Rgb {
  const value = Number.parseInt((hex ?? '#888888').slice(1), 16)
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255]
}

function css(rgb: Rgb): string {
  return `rgb(${rgb.join(',')})`
}

/** WCAG 2.2, contrast ratio. */
export function contrast(a: Rgb, b: Rgb): number {
  const [one, other] = [luminance(a), luminance(b)]
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)
}

function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((value) => {
    const part = value / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  }) as Rgb
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
