import { defineConfig } from 'vitest/config'

// The walk through a clean clone has its own configuration.
export default defineConfig({ test: { include: ['*.test.ts'] } })
