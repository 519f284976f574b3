import { defineConfig } from 'vitest/config'

// One process for all: a device, and the pipelines compiled for it, are shared.
export default defineConfig({
  test: {
    include: ['tests/webgpu/**/*.test.ts', 'executors/webgpu/**/*.gpu.ts'],
    pool: 'forks',
    fileParallelism: false,
    isolate: false,
    testTimeout: 600_000,
  },
})
