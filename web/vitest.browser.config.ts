import { defineConfig } from 'vitest/config'

/** Each screen in Debian's Chromium, before the real program with simulated DTUs. */
export default defineConfig(({ mode }) => ({
  test: {
    include: [mode === 'screenshots' ? 'tests/screenshots.ts' : 'tests/**/*.test.ts'],
    environment: 'node',
    globalSetup: 'tests/setup.ts',
    testTimeout: 60_000,
    hookTimeout: 180_000,
    // One browser and few bridges are as much as a small machine bears.
    fileParallelism: false,
  },
}))
