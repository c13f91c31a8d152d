import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

// The bridge that `npm run dev` shows: `BRIDGE=http://192.168.1.20:8080 npm run dev`.
const bridge = process.env.BRIDGE ?? 'http://127.0.0.1:8080'

export default defineConfig({
  // Every address in the build is relative, so that it works behind any path prefix.
  base: './',
  plugins: [vue()],
  define: {
    __VUE_OPTIONS_API__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __VUE_I18N_FULL_INSTALL__: 'true',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
  },
  build: {
    target: 'es2022',
    // A `data:` address would need an exception in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    // The charts are a chunk of their own; scripts/finish-build.mjs minds the size of the rest.
    chunkSizeWarningLimit: 800,
  },
  server: {
    proxy: { '^/(api|health|ready|stats|metrics|docs)': bridge },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
})
