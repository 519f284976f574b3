import { defineConfig } from 'vitest/config'

// npx vitest run --config tests/webgpu/bench.config.ts [bench-kernels]
export default defineConfig({ test: { include: ['tests/webgpu/bench-*.ts'], pool: 'forks', fileParallelism: false, testTimeout: 3_600_000 } })
