import { computed, watch } from 'vue'
import { createI18n } from 'vue-i18n'
import { zone } from '../live'
import { formats } from '../text/format'
import { en, type Messages } from './en'
import { sentenceTold, speak, told } from './told'

export type Language = 'en' | 'de'
export const LANGUAGES: Record<Language, string> = { en: 'English', de: 'Deutsch' }

const KEY = 'hoymiles-smiles.language'

declare module 'vue-i18n' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type
  export interface DefineLocaleMessage extends Messages {}
}

export const i18n = createI18n({
  legacy: false,
  locale: 'en' as Language,
  fallbackLocale: 'en',
  messages: { en } as Record<Language, Messages>,
})

/** Shows the page in this language, which is loaded first where it is not the built-in one. */
export async function setLanguage(language: Language): Promise<void> {
  if (language === 'de') {
    const [{ de }, { toldInGerman }] = await Promise.all([import('./de'), import('./told.de')])
    i18n.global.setLocaleMessage('de', de)
    speak(toldInGerman)
  } else {
    speak(null)
  }
  i18n.global.locale.value = language
}

export function chooseLanguage(language: Language): void {
  try {
    localStorage.setItem(KEY, language)
  } catch {
    // Then it holds until the page is closed.
  }
  void setLanguage(language)
}

/**
 * How numbers and times are written: as the browser's own region writes them, if it speaks the
 * language shown (en-GB, de-AT), else as the language does.
 */
const region = computed(() => {
  const language = i18n.global.locale.value
  return navigator.languages.find((each) => each.split('-')[0] === language) ?? language
})

export const format = computed(() => formats(region.value, zone.value))

/** What the bridge said in words, in the language of the page: as a part of it, and as a sentence. */
export const say = (text: string) => told(text, format.value)
export const saySentence = (text: string) => sentenceTold(text, format.value)

watch(i18n.global.locale, (language) => (document.documentElement.lang = language), {
  immediate: true,
})

export function firstLanguage(): Language {
  const wanted = [stored(), ...navigator.languages]
  for (const each of wanted) {
    const language = each?.split('-')[0]
    if (language === 'en' || language === 'de') return language
  }
  return 'en'
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEY)
  } catch {
    return null
  }
}
