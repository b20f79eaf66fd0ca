import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/** Tests wait for real processes, files and databases, and several packages are tested at once: slow is not broken. */
export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Thousands of processes are started: each compiles its code once for all of them.
    env: { NODE_COMPILE_CACHE: join(tmpdir(), 'tidemark-compile-cache') },
  },
})
