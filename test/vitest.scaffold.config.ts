import { defineConfig } from 'vitest/config'

// Packs, scaffolds and installs outside of the workspace: `pnpm --filter @tidemark/repository-tests scaffold`.
export default defineConfig({
  test: {
    include: ['scaffold/**/*.test.ts'],
    globalSetup: ['scaffold/pack-once.ts'],
    testTimeout: 300_000,
    hookTimeout: 1_200_000,
  },
})
