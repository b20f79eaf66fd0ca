import { defineConfig } from 'vitest/config'

// Files of many megabytes on a machine that does other things meanwhile.
export default defineConfig({ test: { testTimeout: 20_000 } })
