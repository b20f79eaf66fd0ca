import { defineConfig } from 'vitest/config'

// The walk installs and builds a clone, so it is not part of `pnpm test`: `pnpm --filter @tidemark/repository-tests walk`.
export default defineConfig({ test: { include: ['walk/**/*.test.ts'], testTimeout: 300_000, hookTimeout: 600_000 } })
