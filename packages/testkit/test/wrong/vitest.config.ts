import { defineConfig } from 'vitest/config'

// A wrong destination may also wait for what never comes.
export default defineConfig({ test: { include: ['test/wrong/laws.ts'], testTimeout: 60_000, hookTimeout: 60_000 } })
