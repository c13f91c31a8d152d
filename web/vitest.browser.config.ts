import { defineConfig } from 'vitest/config'

/** What is run in the browser: the tests, or with `--mode` the pictures of docs/ or the benchmark. */
const FILES: Record<string, string> = { screenshots: 'tests/screenshots.ts', bench: 'tests/bench.ts' }

/** Each screen in Debian's Chromium, before the real program with simulated DTUs. */
export default defineConfig(({ mode }) => ({
  test: {
    include: [FILES[mode] ?? 'tests/**/*.test.ts'],
    environment: 'node',
    globalSetup: 'tests/setup.ts',
    // A machine may be busy with ten other things. Whoever waits waits for something to happen, and
    // this is only the end of all patience.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // What makes one screen wait in vain makes most of them wait in vain.
    bail: 3,
    // One browser and few bridges are as much as a small machine bears.
    fileParallelism: false,
  },
}))
