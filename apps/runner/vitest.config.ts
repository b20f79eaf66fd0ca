import { defineConfig } from 'vitest/config'

// Most tests start real processes and wait for them.
export default defineConfig({ test: { testTimeout: 30_000, hookTimeout: 30_000, maxWorkers: 3 } })
