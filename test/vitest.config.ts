import { defineConfig } from 'vitest/config'

// The walk through a clean clone has its own configuration. Tests wait for compilers, commands and a database.
export default defineConfig({ test: { include: ['*.test.ts'], testTimeout: 300_000, hookTimeout: 300_000 } })
