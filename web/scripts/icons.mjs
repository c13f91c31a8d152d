// Draws public/icon.svg in the sizes that phones ask for. Run after changing the drawing.
import { readFile } from 'node:fs/promises'
import { chromium } from 'playwright-core'

const drawing = await readFile(new URL('../public/icon.svg', import.meta.url), 'utf8')
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
for (const size of [180, 192, 512]) {
  const page = await browser.newPage({ viewport: { width: size, height: size } })
  await page.setContent(`<style>body{margin:0;background:#161b24}svg{display:block}</style>${drawing}`)
  await page.screenshot({ path: `public/icon-${size}.png` })
}
await browser.close()
