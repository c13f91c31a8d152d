// After the build: a gzip of everything worth it beside the file, which is what the bridge sends,
// and the budget of the first view.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const dist = new URL('../dist/', import.meta.url).pathname
/** What a browser must load to show the first screen, charts aside, in kB of gzip. */
const FIRST_VIEW_KB = 250
const COMPRESSIBLE = /\.(html|js|css|svg|json|webmanifest)$/

const manifestFile = join(dist, '.vite/manifest.json')
const manifest = JSON.parse(await readFile(manifestFile, 'utf8'))
await rm(join(dist, '.vite'), { recursive: true })

const sizes = new Map()
for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue
  const path = join(entry.parentPath, entry.name)
  const content = await readFile(path)
  let size = content.length
  if (COMPRESSIBLE.test(entry.name)) {
    const packed = gzipSync(content, { level: 9 })
    if (packed.length < content.length) {
      await writeFile(`${path}.gz`, packed)
      size = packed.length
    }
  }
  sizes.set(path.slice(dist.length), size)
}

/** The entry with everything it imports before it runs. */
function needed(key, seen = new Set()) {
  const chunk = manifest[key]
  if (!chunk || seen.has(key)) return []
  seen.add(key)
  const own = [chunk.file, ...(chunk.css ?? []), ...(chunk.assets ?? [])]
  return [...own, ...(chunk.imports ?? []).flatMap((other) => needed(other, seen))]
}

const first = [...new Set([...needed('index.html'), 'index.html', 'theme.js', 'icon.svg'])]
const bytes = first.reduce((sum, file) => sum + (sizes.get(file) ?? 0), 0)
const kb = (bytes / 1000).toFixed(1)
console.log(`first view: ${kb} kB of ${FIRST_VIEW_KB} kB allowed (${first.length} files, gzip)`)
if (bytes > FIRST_VIEW_KB * 1000) {
  console.error(`The first view has outgrown its budget: ${kb} kB.`)
  process.exit(1)
}
