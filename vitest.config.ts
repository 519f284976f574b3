import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{src,converters,executors,tests}/**/*.test.ts'],
    exclude: ['tests/webgpu/**', 'tests/peers/**', 'node_modules/**', 'dist/**'],
    testTimeout: 60_000,
  },
})
