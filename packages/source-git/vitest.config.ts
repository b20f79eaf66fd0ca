import { defineConfig } from 'vitest/config'

// The tests start many git processes, which takes long where other packages are tested at the same time.
export default defineConfig({ test: { testTimeout: 30_000 } })
