import { defineConfig } from 'vitest/config'

// What Python's readers make of real files. `.ci/install-corpora` downloads both, so it is not part of `pnpm test`:
// `pnpm --filter @tidemark/source-files corpora`.
export default defineConfig({ test: { include: ['corpora/*.test.ts'], testTimeout: 300_000, hookTimeout: 300_000 } })
