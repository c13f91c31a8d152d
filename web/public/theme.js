// Before the first paint, so that no wrong colours flash. src/preferences.ts owns the key.
let chosen = null
try {
  chosen = localStorage.getItem('hoymiles-smiles.theme')
} catch {
  // A browser that keeps nothing follows the system.
}
if (chosen !== 'light' && chosen !== 'dark') {
  chosen = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}
document.documentElement.dataset.theme = chosen
