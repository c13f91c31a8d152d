import { ref, watch } from 'vue'

const KEY = 'hoymiles-smiles.token'

/** Kept on this device only, and sent to no other server than the one that this page came from. */
export const token = ref<string>(read())

/** Set once the bridge has refused a request for want of a token, or of the right one. */
export const tokenWanted = ref<false | 'missing' | 'wrong'>(false)

watch(token, (value) => {
  try {
    if (value) localStorage.setItem(KEY, value)
    else localStorage.removeItem(KEY)
  } catch {
    // A browser that keeps nothing still works until the page is closed.
  }
})

function read(): string {
  try {
    return localStorage.getItem(KEY) ?? ''
  } catch {
    return ''
  }
}

export function authorization(): Record<string, string> {
  return token.value ? { Authorization: `Bearer ${token.value}` } : {}
}
