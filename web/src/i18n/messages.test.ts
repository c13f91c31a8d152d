import { expect, it } from 'vitest'
import { createI18n } from 'vue-i18n'
import { de } from './de'
import { en } from './en'

function texts(messages: object, path = ''): [string, string][] {
  return Object.entries(messages).flatMap(([key, value]) =>
    typeof value === 'string' ? [[path + key, value] as [string, string]] : texts(value as object, `${path}${key}.`),
  )
}

const placeholders = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort()

// That every key is there is checked by the compiler: both have the same type.
it('German has the values of English in every text', () => {
  const german = new Map(texts(de))
  for (const [key, english] of texts(en)) {
    expect(placeholders(german.get(key) ?? ''), key).toEqual(placeholders(english))
  }
})

it('every text can be read by vue-i18n', () => {
  for (const [locale, messages] of [['en', en], ['de', de]] as const) {
    const i18n = createI18n({ legacy: false, locale, messages: { [locale]: messages }, missingWarn: false })
    for (const [key, text] of texts(messages)) {
      const values = Object.fromEntries(placeholders(text).map((name) => [name.slice(1, -1), 'value']))
      expect(i18n.global.t(key, values, 2), key).not.toMatch(/[{}]|\|/)
    }
  }
})
