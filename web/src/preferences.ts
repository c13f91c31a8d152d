import { ref, watch } from 'vue'

export type Theme = 'system' | 'light' | 'dark'
export const THEMES: readonly Theme[] = ['system', 'light', 'dark']

/** public/theme.js reads the same key before the first paint. */
const THEME = 'hoymiles-smiles.theme'

export const theme = ref<Theme>(read())
/** Whether the page is dark now, by choice or by the system. */
export const dark = ref(false)

const system = matchMedia('(prefers-color-scheme: dark)')
system.addEventListener('change', apply)
watch(theme, (value) => {
  try {
    localStorage.setItem(THEME, value)
  } catch {
    // Then it holds until the page is closed.
  }
  apply()
})
apply()

export const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)')

function apply(): void {
  dark.value = theme.value === 'dark' || (theme.value === 'system' && system.matches)
  document.documentElement.dataset['theme'] = dark.value ? 'dark' : 'light'
}

function read(): Theme {
  try {
    const stored = localStorage.getItem(THEME)
    return THEMES.find((each) => each === stored) ?? 'system'
  } catch {
    return 'system'
  }
}
