import { defineConfig } from 'vitest/config'

// The walk installs and builds a clone, so it is not part of `pnpm test`: `pnpm --filter @tidemark/repository-tests walk`.
export default defineConfig({ test: { include: ['walk/**/*.test.ts'], hookTimeout: 120_000 } })
