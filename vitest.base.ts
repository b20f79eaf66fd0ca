import { defineConfig } from 'vitest/config'

/** Tests wait for real processes, files and databases, and several packages are tested at once: slow is not broken. */
export default defineConfig({ test: { testTimeout: 60_000, hookTimeout: 60_000 } })
