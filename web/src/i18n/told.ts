/**
 * What the bridge says in sentences. It speaks English to everybody; here its sentences are put into
 * the language of the page, and its instants, which are in UTC, into the plant's zone. A sentence that
 * is not known here is shown as it came: better English than nothing.
 */
import { shallowRef } from 'vue'
import type { Formats } from '../text/format'

export interface Phrases {
  /** Whole texts. */
  exact: Readonly<Record<string, string>>
  /** Texts with something in them; a part may hold a text of its own, which `inner` translates. */
  patterns: readonly (readonly [RegExp, (parts: readonly string[], inner: (text: string) => string) => string])[]
}

const phrases = shallowRef<Phrases | null>(null)

/** From now on in this language; null for the bridge's own. */
export function speak(of: Phrases | null): void {
  phrases.value = of
}

/** As a part of the page. */
export function told(text: string, format: Formats): string {
  const said = translate(text, phrases.value).replace(INSTANT, (instant) => format.dateTime(instant))
  return said.charAt(0).toUpperCase() + said.slice(1)
}

/** As a sentence among sentences. */
export function sentenceTold(text: string, format: Formats): string {
  return told(text, format).replace(/([^.!?…])$/, '$1.')
}

const INSTANT = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g

export function translate(text: string, of: Phrases | null): string {
  if (of === null) return text
  const exact = of.exact[text]
  if (exact !== undefined) return exact
  for (const [pattern, words] of of.patterns) {
    const found = pattern.exec(text)
    if (found) return words(found.slice(1), (inner) => translate(inner, of))
  }
  return text
}
